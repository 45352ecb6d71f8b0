#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mosaic/onnx/model.h"

namespace mosaic::onnx {

/// Who makes and who uses the values of a model's top-level graph; captured values of sub-graphs count as used.
struct Wiring {
  explicit Wiring(const Model& model);

  std::map<std::string, std::size_t> maker;               ///< value -> node
  std::map<std::string, std::vector<std::size_t>> users;  ///< value -> nodes, ascending, each once
  std::set<std::string> outputs;                          ///< of the model
  std::set<std::string> constants;

  /// The node that alone uses a value, which is no output of the model.
  [[nodiscard]] std::optional<std::size_t> only_user(const std::string& value) const;
  [[nodiscard]] std::optional<std::size_t> maker_of(const std::string& value) const;
};

}  // namespace mosaic::onnx
