#include "command.h"

#include <fmt/format.h>

#include <filesystem>

#include "mosaic/profile/profile.h"
#include "output.h"

namespace mosaic::cli {

CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& description, const std::string& examples) {
  CLI::App& command = *app.add_subcommand(name, description);
  command.footer("Examples:\n" + examples);
  command.set_help_flag("-h,--help", "Show this help and exit");
  return command;
}

void ModelOptions::declare(CLI::App& app, bool with_board) {
  app.add_option("MODEL", model, "ONNX file")->required();
  if (with_board) app.add_option("-b,--board", board, "Board: host (default), host-split, the name of a board or a board file");
  app.add_option("--shape", shapes, "Shape of an input that has a symbolic one, for example image=1x3x224x224")->type_name("NAME=SHAPE");
  app.add_flag("--json", json, "Print JSON for scripts");
}

Result<Workspace::Options> ModelOptions::workspace(const std::string& profile_file) const {
  Workspace::Options options{.model = model, .board = board, .shapes = {}, .remark = [](const std::string& text) { note(text); }};
  if (board.empty() && !profile_file.empty()) {
    MOSAIC_TRY(const Profile profile, read_profile(profile_file));
    options.board = profile.board_option;
  }
  for (const std::string& text : shapes) {
    MOSAIC_TRY(auto shape, parse_shape(text));
    options.shapes.insert(std::move(shape));
  }
  return options;
}

Result<void> keep_inputs(const std::string& output, const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    std::error_code error;
    if (!std::filesystem::equivalent(output, input, error)) continue;
    return fail(ErrorCode::kInvalidInput, fmt::format("{} would be overwritten: it is an input of this command", input));
  }
  return {};
}

}  // namespace mosaic::cli
