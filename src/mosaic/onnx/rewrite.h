#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/tensor.h"
#include "mosaic/onnx/builder.h"
#include "mosaic/onnx/model.h"

namespace mosaic::onnx {

/// A node of a model's top-level graph as a value, for code that rewrites models without knowing their format.
struct NodeValue {
  std::string op;                     ///< as in GraphNode::op
  std::string name;                   ///< may be empty
  std::vector<std::string> inputs;    ///< by position, "" where one is left out
  std::vector<std::string> outputs;   ///< likewise
  Attributes attributes;              ///< those that are integers, floats, texts or lists of integers
  std::optional<std::size_t> source;  ///< the node that it was read from: attributes of other kinds, sub-graphs among them, are kept from there

  /// The attribute of this name and kind, or `fallback`.
  [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t fallback) const;
  [[nodiscard]] float number(const std::string& key, float fallback) const;
  [[nodiscard]] std::string text(const std::string& key, const std::string& fallback) const;
  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& key, const std::vector<std::int64_t>& fallback = {}) const;
};

/// The nodes in the model's order.
[[nodiscard]] std::vector<NodeValue> node_values(const Model& model);

/// An initialiser as a tensor; none where there is none of this name, or of a type without elements of a fixed size.
[[nodiscard]] std::optional<Tensor> constant(const Model& model, const std::string& name);

/// The model with these nodes instead of its own, put into topological order (equal ones as given), and with these constants besides its
/// initialisers, or in their place; initialisers that nothing uses are dropped. Inputs and outputs stay. Requires: `source` indices are of `model`;
/// each value is made once; no cycle.
[[nodiscard]] Model with_nodes(const Model& model, std::span<const NodeValue> nodes, const std::map<std::string, Tensor>& constants);

/// The model with exactly these values as outputs; those that it has already keep their types.
[[nodiscard]] Model with_outputs(const Model& model, std::span<const std::string> values);

/// Key and value pairs that a model carries for its users.
[[nodiscard]] std::map<std::string, std::string> metadata(const Model& model);
void set_metadata(Model& model, const std::string& key, const std::string& value);

}  // namespace mosaic::onnx
