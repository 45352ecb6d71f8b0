#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "training/checkpoint.h"
#include "training/elastic_design.h"

namespace mosaic::training {

/// A trained elastic network: what its sub-networks are cut out of. A value; its file is that of a checkpoint, whole or not at all, with a checksum.
struct ElasticModel {
  ElasticDesign design;
  std::string only;           ///< the sub-network that alone was trained, as `describe` writes it; empty: all were
  std::string data;           ///< what it was trained on, as --data named it
  std::string preprocess;     ///< what was done to pixels
  std::int64_t held_out = 0;  ///< training images that it has not seen
  std::string training;       ///< how, for people
  std::vector<Checkpoint::Values> weights;
};

[[nodiscard]] std::string format_elastic(const ElasticModel& model);

/// Errors: kInvalidInput: another kind of file, damaged, or a design that cannot be.
[[nodiscard]] Result<ElasticModel> parse_elastic(std::string_view bytes);

/// Errors: those of reading and parsing, with the file's name.
[[nodiscard]] Result<ElasticModel> read_elastic(const std::filesystem::path& path);

/// Errors: kIo.
[[nodiscard]] Result<void> write_elastic(const ElasticModel& model, const std::filesystem::path& path);

}  // namespace mosaic::training
