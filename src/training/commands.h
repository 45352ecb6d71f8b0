#pragma once

#include <CLI/CLI.hpp>

#include "command.h"

namespace mosaic::training {

/// The commands of mosaic-training; their options are declared in src/cli, for mosaic has them, too.
void add_train(CLI::App& app, cli::Context& context);
void add_search(CLI::App& app, cli::Context& context);
void add_elastic(CLI::App& app, cli::Context& context);
void add_elastic_search(CLI::App& group, cli::Context& context);

}  // namespace mosaic::training
