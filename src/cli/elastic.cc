#include <memory>

#include "command.h"
#include "elastic_options.h"
#include "training_program.h"

namespace mosaic::cli {
namespace {

/// Declares a command that the training program does.
template <class Command>
void hand_over(CLI::App& group, Context& context) {
  auto options = std::make_shared<Command>();
  options->declare_command(group).callback([options, &context] { context.action = [&context] { return become_training_program(context); }; });
}

}  // namespace

void add_elastic(CLI::App& app, Context& context) {
  CLI::App& group = declare_elastic(app);
  hand_over<ElasticTrainCommand>(group, context);
  hand_over<ElasticExtractCommand>(group, context);
  hand_over<ElasticSearchCommand>(group, context);
}

}  // namespace mosaic::cli
