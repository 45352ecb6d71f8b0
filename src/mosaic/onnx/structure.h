#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "mosaic/onnx/model.h"

namespace mosaic::onnx {

/// Who makes and uses what in a model's top-level graph, without weights and attributes.
struct Structure {
  struct Node {
    std::string op;                      ///< as in GraphNode::op
    std::vector<std::string> arguments;  ///< its inputs by position, "" where one is left out
    std::vector<std::string> inputs;     ///< what it uses, captured values of sub-graphs included, sorted
    std::vector<std::string> outputs;
  };
  std::vector<Node> nodes;                   ///< in the model's order
  std::map<std::string, std::size_t> maker;  ///< value -> node
  std::set<std::string> constants;           ///< names of initialisers

  /// The nodes that any of these values needs, ascending.
  [[nodiscard]] std::vector<std::size_t> ancestors(std::span<const std::string> values) const;
};

[[nodiscard]] Structure structure(const Model& model);

}  // namespace mosaic::onnx
