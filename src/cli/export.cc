#include "mosaic/session/export.h"

#include <fmt/format.h>

#include "command.h"
#include "output.h"

namespace mosaic::cli {

void add_export(CLI::App& app, Context& context) {
  auto& command = add_command(app, "export", "Write each slice of a plan as an ONNX model of its own, usable without mosaic",
                              "  mosaic export model.onnx --plan plan.json -o slices/");
  struct Options : ModelOptions {
    std::string plan;
    std::string output;
  };
  auto options = std::make_shared<Options>();
  options->declare(command);
  command.add_option("-p,--plan", options->plan, "Plan")->required();
  command.add_option("-o,--output", options->output, "Folder to make")->required();
  command.callback([options, &context] {
    context.action = [options]() -> Result<void> {
      MOSAIC_TRY(Plan plan, read_plan(options->plan));
      if (options->board.empty()) options->board = plan.sources.board;
      MOSAIC_TRY(const Workspace::Options workspace_options, options->workspace());
      MOSAIC_TRY(const auto workspace, Workspace::open(workspace_options));
      const auto valid = validate(workspace->graph(), workspace->board(), std::move(plan));
      if (!valid) return within(options->plan, valid.error());
      MOSAIC_RETURN_IF_ERROR(export_plan(*workspace, *valid, options->output));
      options->json ? print_json(Json{{"folder", options->output}, {"slices", valid->size()}})
                    : print(fmt::format("{} slices and manifest.json written to {}\n", valid->size(), options->output));
      return {};
    };
  });
}

}  // namespace mosaic::cli
