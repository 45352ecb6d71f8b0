#include <memory>

#include "command.h"
#include "train_options.h"
#include "training_program.h"

namespace mosaic::cli {

void add_train(CLI::App& app, Context& context) {
  auto options = std::make_shared<TrainCommand>();
  options->declare_command(app).callback([options, &context] { context.action = [&context] { return become_training_program(context); }; });
}

}  // namespace mosaic::cli
