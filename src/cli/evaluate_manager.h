#pragma once

#include "command.h"

namespace mosaic::cli {

/// 'mosaic evaluate manager'.
void add_evaluate_manager(CLI::App& group, Context& context);

}  // namespace mosaic::cli
