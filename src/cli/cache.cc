#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "command.h"
#include "mosaic/base/file.h"
#include "mosaic/base/text.h"
#include "mosaic/session/measure.h"
#include "output.h"

namespace mosaic::cli {
namespace {

namespace fs = std::filesystem;

std::string count(std::size_t entries) { return fmt::format("{} {}", entries, entries == 1 ? "entry" : "entries"); }

Bytes folder_size(const fs::path& folder) {
  Bytes bytes;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) bytes += Bytes{static_cast<std::int64_t>(entry.file_size(error))};
  }
  return bytes;
}

}  // namespace

void add_cache(CLI::App& app, Context& context) {
  auto& command =
      add_command(app, "cache", "Show or clear the profiles and plans kept from earlier runs", "  mosaic cache show\n  mosaic cache clear");
  command.require_subcommand(1);
  auto json = std::make_shared<bool>(false);
  auto& show = add_command(command, "show", "Say where the cache is and how large", "  mosaic cache show");
  show.add_flag("--json", *json, "Print JSON for scripts");
  show.callback([json, &context] {
    context.action = [json]() -> Result<void> {
      const std::vector<fs::path> folders = cache_entries();
      Bytes bytes;
      for (const fs::path& folder : folders) bytes += folder_size(folder);
      *json ? print_json(Json{{"folder", cache_folder().string()}, {"entries", folders.size()}, {"bytes", bytes.value}})
            : print(fmt::format("{}: {} of model, board and engine, {}\n", cache_folder().string(), count(folders.size()), format_bytes(bytes)));
      return {};
    };
  });
  auto& clear = add_command(command, "clear", "Forget all profiles and plans", "  mosaic cache clear");
  clear.callback([&context] {
    context.action = []() -> Result<void> {
      std::error_code error;
      const std::vector<fs::path> folders = cache_entries();
      for (const fs::path& folder : folders) {
        fs::remove_all(folder, error);
        if (error) return fail(ErrorCode::kIo, fmt::format("cannot remove {}: {}", folder.string(), error.message()));
      }
      print(fmt::format("forgot {} of {}\n", count(folders.size()), cache_folder().string()));
      return {};
    };
  });
}

}  // namespace mosaic::cli
