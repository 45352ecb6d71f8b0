#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "command.h"

namespace mosaic::cli {

/// A program of commands.
struct Program {
  std::string description;
  std::string footer;
  std::function<void(CLI::App&, Context&)> add_commands;
};

/// Parses the arguments and does what the command says; Ctrl-C and the end of the terminal ask it to stop, a second one ends it. Gives the exit code:
/// 0 right, 1 a check failed, 2 the input is wrong, 3 engine, disk or device, 130 interrupted. To be called before any thread is made.
[[nodiscard]] int run_program(int argc, char** argv, const Program& program);

}  // namespace mosaic::cli
