#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/json.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/session/workspace.h"

namespace mosaic::cli {

/// What every command gets from main.
struct Context {
  std::stop_token stop;                  ///< requested on Ctrl-C
  std::vector<std::string> arguments;    ///< the program's, its name first
  std::function<Result<void>()> action;  ///< set by the command that was named
  bool ends_when_stopped = false;        ///< set by an action that has no other end: it was not interrupted then
};

/// Options that commands share.
struct ModelOptions {
  std::string model;
  std::string board;
  std::vector<std::string> shapes;
  bool json = false;

  /// Declares MODEL, --board, --shape and --json.
  void declare(CLI::App& app, bool with_board = true);

  /// Without --board, a profile that is given says which board is meant. Errors: those of `read_profile`.
  [[nodiscard]] Result<Workspace::Options> workspace(const std::string& profile_file = "") const;
};

/// Makes a subcommand: its one-line description, its examples for --help, and what it does.
CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& description, const std::string& examples);

void add_bench(CLI::App& app, Context& context);
void add_board(CLI::App& app, Context& context);
void add_cache(CLI::App& app, Context& context);
void add_calibrate(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);
void add_devices(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_elastic(CLI::App& app, Context& context);
void add_evaluate(CLI::App& app, Context& context);
void add_evaluate_accelerators(CLI::App& group, Context& context);
void add_evaluate_host(CLI::App& group, Context& context);
void add_evaluate_paper(CLI::App& group, Context& context);
void add_explain(CLI::App& app, Context& context);
void add_export(CLI::App& app, Context& context);
void add_inspect(CLI::App& app, Context& context);
void add_plan(CLI::App& app, Context& context);
void add_profile(CLI::App& app, Context& context);
void add_quantize(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_search(CLI::App& app, Context& context);
void add_serve(CLI::App& app, Context& context);
void add_train(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);
void add_zoo(CLI::App& app, Context& context);

/// Errors: kInvalidInput where `output` is, or is to be, one of the other files.
[[nodiscard]] Result<void> keep_inputs(const std::string& output, const std::vector<std::string>& inputs);

/// For commands that take long before they write. Errors: kInvalidInput: a folder, or none to write to; kIo: no right to.
[[nodiscard]] Result<void> check_output_file(const std::string& output);

}  // namespace mosaic::cli
