// mosaic-training: the commands of mosaic that need libtorch: train, elastic, and search --method gradient. mosaic becomes this program for them.

#include "program.h"
#include "training/commands.h"

namespace {

void add_commands(CLI::App& app, mosaic::cli::Context& context) {
  mosaic::training::add_train(app, context);
  mosaic::training::add_search(app, context);
  mosaic::training::add_elastic(app, context);
}

}  // namespace

int main(int argc, char** argv) {
  return mosaic::cli::run_program(
      argc, argv,
      {.description = "The part of mosaic that trains: 'mosaic train', 'mosaic elastic' and 'mosaic search --method gradient'.",
       .footer = "",
       .add_commands = add_commands});
}
