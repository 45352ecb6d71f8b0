#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"

namespace mosaic {

/// One network of a family.
struct Variant {
  std::string name;             ///< unique in its family, usable in file names
  std::filesystem::path model;  ///< the ONNX file
  double accuracy_percent = 0;  ///< of the family's task
  std::string accuracy_from;    ///< where that number comes from: "10,000 test images of Fashion-MNIST"

  friend bool operator==(const Variant&, const Variant&) = default;
};

/// Networks that do the same task at different cost: files that somebody lists, or sub-networks of an elastic network. Their inputs may differ in
/// resolution. A value; docs/families.md describes the file.
struct Family {
  std::string name;
  std::string task;               ///< for people: "classes of Fashion-MNIST"
  std::vector<Variant> variants;  ///< one or more, by ascending accuracy

  friend bool operator==(const Family&, const Family&) = default;
};

/// From YAML. Paths of models are relative to `folder`. `where` opens error messages. Errors: kInvalidInput, with the key: no variant, a name that
/// stands twice or is empty, an accuracy that is missing or not from 0 to 100.
[[nodiscard]] Result<Family> parse_family(std::string_view yaml, const std::filesystem::path& folder, std::string_view where = "family");

/// Errors: as `parse_family`, and kInvalidInput for a file that cannot be read.
[[nodiscard]] Result<Family> read_family(const std::filesystem::path& path);

/// As YAML that `parse_family` reads back to an equal family, with models relative to `folder` where they lie in it.
[[nodiscard]] std::string format_family(const Family& family, const std::filesystem::path& folder);

}  // namespace mosaic
