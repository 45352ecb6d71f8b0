#pragma once

#include "command.h"

namespace mosaic::cli {

/// 'mosaic evaluate search'.
void add_evaluate_search(CLI::App& group, Context& context);

}  // namespace mosaic::cli
