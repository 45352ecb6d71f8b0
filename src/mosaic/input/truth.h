#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"

namespace mosaic {

/// Right classes of samples, by their names or by their order. Immutable.
class Truth {
 public:
  /// From a CSV file with columns "file" and "class", or from an MNIST idx file of labels, whose order is the samples'. Errors: kInvalidInput, naming
  /// the file: neither of them, a line without a class, two classes for one name.
  [[nodiscard]] static Result<Truth> read(const std::filesystem::path& path);

  /// Whether the order counts, and no name.
  [[nodiscard]] bool is_ordered() const { return !in_order_.empty(); }

  /// Of the sample of this name ("folder/a.jpg", "folder/a.npy#3"), the `index`-th of all. A CSV file may name the file alone or with folders before
  /// it: the longest end of the path that it has counts.
  [[nodiscard]] std::optional<std::int64_t> of(const std::string& sample, std::size_t index) const;

  /// Whether it fits files, or samples, of these names. Errors: kInvalidInput: it names none of them; it means two files by one name.
  [[nodiscard]] Result<void> check_names(std::span<const std::string> names) const;
  /// Errors: kInvalidInput where the order counts and there are more or fewer samples than classes.
  [[nodiscard]] Result<void> check_count(std::size_t samples) const;

 private:
  /// The longest end of the path that is named, for a sample of the file where the file itself is not; empty: none.
  [[nodiscard]] std::string name_of(const std::string& path) const;

  std::string file_;
  std::map<std::string, std::int64_t> by_name_;
  std::vector<std::int64_t> in_order_;
};

}  // namespace mosaic
