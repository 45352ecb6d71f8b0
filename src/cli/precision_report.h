#pragma once

#include <filesystem>
#include <optional>

#include "mosaic/base/error.h"
#include "mosaic/base/json.h"
#include "mosaic/precision/record.h"

namespace mosaic::cli {

/// The record of a model whose precision was chosen by layer; none of other models. Errors: kInvalidInput, after the file's name: no model, or a
/// record that cannot be read.
[[nodiscard]] Result<std::optional<precision::Record>> read_record(const std::filesystem::path& model);

/// Which layers compute in which precision, and why.
void print_record(const precision::Record& record);
[[nodiscard]] Json record_json(const precision::Record& record);

}  // namespace mosaic::cli
