#include "output_folder.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "mapped.h"
#include "mosaic/base/file.h"
#include "mosaic/base/json.h"

namespace mosaic::cli {

namespace fs = std::filesystem;

Result<void> check_output_folder(const fs::path& folder) {
  std::error_code error;
  fs::path there = fs::absolute(folder, error);
  while (!fs::exists(there, error) && there.has_parent_path() && there != there.parent_path()) there = there.parent_path();
  if (!fs::is_directory(there, error)) return fail(ErrorCode::kInvalidInput, fmt::format("{} is not a folder", there.string()));
  const fs::path probe = there / ".mosaic-probe";
  MOSAIC_RETURN_IF_ERROR(write_file(probe, "can this be written?\n"));
  fs::remove(probe, error);
  return {};
}

Result<void> remove_mappings(const fs::path& table) {
  std::error_code error;
  if (!fs::exists(table, error)) return {};
  MOSAIC_TRY(const std::string text, read_file(table));
  const auto json = parse_json(text);
  if (!json || !json->is_object() || !json->contains("rows") || !json->at("rows").is_array()) return {};  // no table of ours
  for (const Json& row : json->at("rows")) {
    if (!row.is_object() || !row.contains("mapping") || !row.at("mapping").is_string()) continue;
    const std::string name = file_name(row.at("mapping").get<std::string>());
    for (const char* const ending : {".mapping.json", ".integers.json", ".onnx", ".plan.json"}) {
      if (!fs::remove(table.parent_path() / (name + ending), error) && error)
        return fail(ErrorCode::kIo, fmt::format("cannot remove {}: {}", (table.parent_path() / (name + ending)).string(), error.message()));
    }
  }
  return {};
}

}  // namespace mosaic::cli
