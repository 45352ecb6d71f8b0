#pragma once

#include <filesystem>

#include "mosaic/base/error.h"

namespace mosaic::cli {

/// Whether something can be written here before hours are spent on it: in the folder, or in the nearest one above it that is there. Leaves nothing
/// behind. Errors: kIo; kInvalidInput: the path is no folder.
[[nodiscard]] Result<void> check_output_folder(const std::filesystem::path& folder);

/// Deletes what an earlier run has left here of mappings: NAME.mapping.json, .integers.json, .onnx and .plan.json of the names in its table, a file
/// as report::save_table writes it with a column "mapping". Nothing where there is no such table. Errors: kIo.
[[nodiscard]] Result<void> remove_mappings(const std::filesystem::path& table);

}  // namespace mosaic::cli
