#include <fmt/format.h>

#include <filesystem>

#include "command.h"
#include "mosaic/base/file.h"
#include "mosaic/base/text.h"
#include "output.h"

namespace mosaic::cli {
namespace {

namespace fs = std::filesystem;

struct Content {
  std::size_t entries = 0;
  Bytes bytes;
};

Content measure(const fs::path& folder) {
  Content content;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) content.entries += entry.is_directory(error) ? 1 : 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) content.bytes += Bytes{static_cast<std::int64_t>(entry.file_size(error))};
  }
  return content;
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
      const Content content = measure(cache_folder());
      *json ? print_json(Json{{"folder", cache_folder().string()}, {"entries", content.entries}, {"bytes", content.bytes.value}})
            : print(fmt::format("{}: {} models, {}\n", cache_folder().string(), content.entries, format_bytes(content.bytes)));
      return {};
    };
  });
  auto& clear = add_command(command, "clear", "Forget all profiles and plans", "  mosaic cache clear");
  clear.callback([&context] {
    context.action = []() -> Result<void> {
      std::error_code error;
      fs::remove_all(cache_folder(), error);
      if (error) return fail(ErrorCode::kIo, fmt::format("cannot clear {}: {}", cache_folder().string(), error.message()));
      return {};
    };
  });
}

}  // namespace mosaic::cli
