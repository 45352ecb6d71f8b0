#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/ids.h"
#include "mosaic/base/tensor.h"
#include "mosaic/base/units.h"

namespace mosaic {

/// A value that depends on the model's input: an input, or what a node computes. Weights and folded constants are not listed.
struct GraphTensor {
  std::string name;
  ElementType element = ElementType::kUndefined;  ///< undefined for what is no tensor (a sequence, a map)
  std::optional<Shape> shape;                     ///< none where it depends on the data

  /// Its size, or nothing where it cannot be moved between devices: shape or type are not static.
  [[nodiscard]] std::optional<Bytes> bytes() const;
};

/// Kinds of convolutions that machines run at very different speeds.
enum class Convolution {
  kNone,       ///< another operator
  kSpatial,    ///< a window over all channels, or over groups of several
  kPointwise,  ///< a window of one pixel over all channels
  kDepthwise,  ///< each channel with weights of its own
};

/// One operator of the model.
struct GraphNode {
  std::string name;
  std::string op;                 ///< "Conv"; outside ONNX's own domain with it: "com.microsoft.FusedConv"
  std::vector<TensorId> inputs;   ///< only those listed in Graph::tensors, each once; what sub-graphs capture included
  std::vector<TensorId> outputs;  ///< each once
  std::int64_t macs = 0;          ///< multiply-accumulates for one run
  std::int64_t parameters = 0;    ///< elements of its constant inputs
  Bytes weights;                  ///< bytes of its constant inputs
  Convolution convolution = Convolution::kNone;
  Fingerprint signature;  ///< operator, attributes, shapes and types of inputs and outputs; not the weights' values, not names
};

/// A group of nodes that no sensible engine would part; what is measured, placed and never cut.
struct Layer {
  std::string name;               ///< of its main node
  std::string kind;               ///< operators in order, "Conv+Clip"
  std::vector<NodeId> nodes;      ///< in topological order
  std::vector<TensorId> inputs;   ///< made outside, used inside
  std::vector<TensorId> outputs;  ///< made inside, used outside or an output of the model
  std::int64_t macs = 0;
  std::int64_t parameters = 0;
  Bytes weights;
  Bytes activations;              ///< inputs and outputs together; dynamic ones count 0
  std::optional<Bytes> resident;  ///< memory it needs for itself, where that is known and not reckoned from weights and activations
  Fingerprint signature;          ///< of its nodes and how they are connected: equal layers can share a measurement
};

/// The place between two neighbouring layers, and what must travel when the model is cut there.
struct Cut {
  std::vector<TensorId> tensors;  ///< made before, used after; the model's inputs are not listed, they are at hand everywhere
  Bytes bytes;                    ///< of all of them
};

/// Two neighbouring groups that were joined because the place between them cannot be cut, and why.
struct Join {
  LayerId layer;       ///< the layer they ended up in
  std::string reason;  ///< "tensor 'boxes' has a shape that depends on the data"
};

/// A model as layers in topological order: layer i uses nothing made by a layer after it. Immutable once built (see layers.h).
struct Graph {
  std::string name;
  Fingerprint fingerprint;  ///< of structure, shapes and types; two trainings of one network share it
  std::vector<GraphTensor> tensors;
  std::vector<GraphNode> nodes;  ///< in topological order
  std::vector<Layer> layers;
  std::vector<Cut> cuts;  ///< cuts[i] lies between layers[i] and layers[i + 1]; one fewer than layers
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;
  std::vector<Join> joins;

  [[nodiscard]] const GraphTensor& tensor(TensorId id) const { return tensors[id.index()]; }
  [[nodiscard]] const GraphNode& node(NodeId id) const { return nodes[id.index()]; }
  [[nodiscard]] const Layer& layer(LayerId id) const { return layers[id.index()]; }
};

/// Memory that layers occupy together on a device: all weights and the largest layer's activations, and besides what layers are known to need.
[[nodiscard]] Bytes slice_memory(const Graph& graph, std::span<const LayerId> layers);

/// Bytes of the model's inputs; dynamic ones count 0.
[[nodiscard]] Bytes input_bytes(const Graph& graph);

/// Bytes of all layers' weights.
[[nodiscard]] Bytes weight_bytes(const Graph& graph);

/// Seeded values for the model's inputs. Errors: kUnsupported for an input that is no tensor of numbers of a static shape.
[[nodiscard]] Result<std::vector<Tensor>> random_inputs(const Graph& graph, std::uint64_t seed);

}  // namespace mosaic
