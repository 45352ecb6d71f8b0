#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/json.h"
#include "mosaic/base/tensor.h"

namespace mosaic::cli {

/// Classes of a vector of scores, the best first, of equals the lower index; empty for other outputs.
[[nodiscard]] std::vector<std::size_t> ranking(const Tensor& output, std::size_t most);

/// How often the right class was found.
struct Score {
  std::size_t labelled = 0;
  std::size_t top1 = 0;
  std::size_t top5 = 0;

  /// Of what came out for a sample and its `ranking`; nothing where there is none. Requires: five or more classes in `ranked`, or as many as there
  /// are. Errors: kInvalidInput: a class that the model does not have, after the sample's name.
  [[nodiscard]] Result<void> add(const std::string& name, std::int64_t label, const Tensor& output, std::span<const std::size_t> ranked);
  [[nodiscard]] Json json() const;         ///< {"samples", "top1", "top5"}, shares. Requires: a labelled one
  [[nodiscard]] std::string text() const;  ///< "top-1 0.750, top-5 1.000". Requires: as above
};

/// "cat.jpg: tabby; tiger cat": names where there are any, else "class 281".
[[nodiscard]] std::string classes_text(const std::string& name, std::span<const std::size_t> ranked, std::span<const std::string> labels);

}  // namespace mosaic::cli
