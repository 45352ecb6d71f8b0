#include "command.h"

#include <fmt/format.h>
#include <unistd.h>

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
  const auto is_same = [&](const std::string& input) {  // also of a file that is yet to be written
    std::error_code error;
    if (output.empty() || input.empty()) return false;
    if (std::filesystem::equivalent(output, input, error)) return true;
    return std::filesystem::weakly_canonical(output, error) == std::filesystem::weakly_canonical(input, error) && !error;
  };
  for (const std::string& input : inputs) {
    if (is_same(input)) return fail(ErrorCode::kInvalidInput, fmt::format("{} would be overwritten: it is an input of this command", input));
  }
  return {};
}

Result<void> check_output_file(const std::string& output) {
  const std::filesystem::path file(output);
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    return fail(ErrorCode::kInvalidInput, fmt::format("{} is a folder, no file can be written there", output));
  if (!std::filesystem::is_directory(folder, error))
    return fail(ErrorCode::kInvalidInput, fmt::format("{} cannot be written: there is no folder {}", output, folder.string()));
  if (::access(folder.c_str(), W_OK) != 0)
    return fail(ErrorCode::kIo, fmt::format("{} cannot be written: no right to write to {}", output, folder.string()));
  return {};
}

}  // namespace mosaic::cli
