#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"

namespace mosaic::training {

/// Where training stands: enough to go on as if it had not stopped. Values; thread-compatible.
struct Checkpoint {
  struct Values {
    std::string name;
    std::vector<float> values;
    friend bool operator==(const Values&, const Values&) = default;
  };
  /// What was being trained and how, as text: a checkpoint serves only what has the same.
  std::string network;
  std::string options;
  std::int64_t epoch = 0;      ///< whole ones that are done
  std::int64_t step = 0;       ///< done of the epoch after them
  std::vector<double> losses;  ///< mean of each whole epoch; then the sum of the one that has begun
  std::vector<Values> tensors;

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// The same checkpoint gives the same bytes; a checksum ends them.
[[nodiscard]] std::string format_checkpoint(const Checkpoint& checkpoint);

/// Errors: kInvalidInput: another kind of file, or a damaged one.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view bytes);

/// Errors: those of reading and parsing, with the file's name and the way out.
[[nodiscard]] Result<Checkpoint> read_checkpoint(const std::filesystem::path& path);

/// Whole or not at all. Errors: kIo.
[[nodiscard]] Result<void> write_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path);

}  // namespace mosaic::training
