#pragma once

#include "command.h"

namespace mosaic::cli {

/// 'mosaic evaluate xavier_nx'.
void add_evaluate_xavier_nx(CLI::App& group, Context& context);

}  // namespace mosaic::cli
