#include "mosaic/graph/graph.h"

#include <algorithm>

namespace mosaic {
namespace {

Bytes total_bytes(const Graph& graph, const std::vector<TensorId>& tensors) {
  Bytes total;
  for (const TensorId id : tensors) total = saturating_add(total, graph.tensor(id).bytes().value_or(Bytes{}));
  return total;
}

}  // namespace

std::optional<Bytes> GraphTensor::bytes() const { return shape ? byte_size(element, *shape) : std::nullopt; }

Bytes slice_memory(const Graph& graph, std::span<const LayerId> layers) {
  Bytes weights;
  Bytes activations;
  for (const LayerId id : layers) {
    weights = saturating_add(weights, graph.layer(id).weights);
    activations = std::max(activations, graph.layer(id).activations);
  }
  return saturating_add(weights, activations);
}

Bytes input_bytes(const Graph& graph) { return total_bytes(graph, graph.inputs); }
Bytes output_bytes(const Graph& graph) { return total_bytes(graph, graph.outputs); }

}  // namespace mosaic
