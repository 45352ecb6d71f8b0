#include "mosaic/onnx/zoo.h"

#include <fmt/format.h>

#include "command.h"
#include "output.h"

namespace mosaic::cli {

void add_zoo(CLI::App& app, Context& context) {
  auto& command = add_command(app, "zoo", "Build well-known networks with seeded weights, for trying things out",
                              "  mosaic zoo list\n"
                              "  mosaic zoo build mobilenet_v2_0.5 -o net.onnx\n"
                              "  mosaic inspect zoo:mobilenet_v2_0.5\n"
                              "  mosaic zoo build vgg16 -o vgg16.onnx --seed 7");
  command.require_subcommand(1);
  auto json = std::make_shared<bool>(false);
  auto& list = add_command(command, "list", "List the networks", "  mosaic zoo list --json");
  list.add_flag("--json", *json, "Print JSON for scripts");
  list.callback([json, &context] {
    context.action = [json]() -> Result<void> {
      Json entries = Json::array();
      Table table({"name", "network", "source"});
      for (const onnx::ZooEntry& entry : onnx::zoo()) {
        entries.push_back({{"name", entry.name}, {"description", entry.description}, {"source", entry.source}});
        table.add({entry.name, entry.description, entry.source});
      }
      *json ? print_json(entries)
            : print(table.text() +
                    "\n<width> is a factor on the channels, such as 1.0 or 0.35. Weights are seeded random numbers: nothing is learned.\n"
                    "'mosaic inspect zoo:NAME' shows a network without building it.\n");
      return {};
    };
  });

  struct BuildOptions {
    std::string name;
    std::string output;
    std::uint64_t seed = 1;
  };
  auto build_options = std::make_shared<BuildOptions>();
  auto& build = add_command(command, "build", "Build a network and write it as ONNX", "  mosaic zoo build squeezenet_1.1 -o net.onnx --seed 3");
  build.add_option("NAME", build_options->name, "Network, as in 'mosaic zoo list'")->required();
  build.add_option("-o,--output", build_options->output, "File to write")->required();
  build.add_option("--seed", build_options->seed, "Seed of the weights")->capture_default_str();
  build.callback([build_options, &context] {
    context.action = [build_options]() -> Result<void> {
      MOSAIC_TRY(const onnx::Model model, onnx::build_zoo_model(build_options->name, build_options->seed));
      return onnx::save_model(model, build_options->output);
    };
  });
}

}  // namespace mosaic::cli
