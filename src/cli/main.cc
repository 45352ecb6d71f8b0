#include "command.h"
#include "program.h"

namespace mosaic::cli {
namespace {

void add_commands(CLI::App& app, Context& context) {
  add_run(app, context);
  add_search(app, context);
  add_train(app, context);
  add_elastic(app, context);
  add_serve(app, context);
  add_inspect(app, context);
  add_profile(app, context);
  add_plan(app, context);
  add_explain(app, context);
  add_bench(app, context);
  add_board(app, context);
  add_calibrate(app, context);
  add_verify(app, context);
  add_evaluate(app, context);
  add_export(app, context);
  add_quantize(app, context);
  add_devices(app, context);
  add_doctor(app, context);
  add_zoo(app, context);
  add_cache(app, context);
  add_completion(app, context);
}

constexpr const char* kDescription =
    "mosaic decides where each layer of a neural network runs, measures before it decides, proves the plan and checks it against the run.";
constexpr const char* kFooter =
    "First steps:\n"
    "  mosaic zoo build squeezenet_1.1 -o net.onnx    a network to try\n"
    "  mosaic run net.onnx                            profile, plan, confirm and run it here\n"
    "  mosaic COMMAND --help                          options and examples of a command\n"
    "Exit codes: 0 right, 1 a check failed, 2 the input is wrong, 3 engine, disk or device, 130 interrupted (state saved).";

}  // namespace
}  // namespace mosaic::cli

int main(int argc, char** argv) {
  namespace cli = mosaic::cli;
  return cli::run_program(argc, argv, {.description = cli::kDescription, .footer = cli::kFooter, .add_commands = cli::add_commands});
}
