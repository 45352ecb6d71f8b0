#include "mosaic/graph/graph.h"

#include <fmt/format.h>

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
    const Layer& layer = graph.layer(id);
    weights = saturating_add(weights, layer.resident.value_or(layer.weights));
    if (!layer.resident) activations = std::max(activations, layer.activations);
  }
  return saturating_add(weights, activations);
}

Bytes input_bytes(const Graph& graph) { return total_bytes(graph, graph.inputs); }

Bytes weight_bytes(const Graph& graph) {
  Bytes weights;
  for (const Layer& layer : graph.layers) weights = saturating_add(weights, layer.weights);
  return weights;
}

Result<std::vector<Tensor>> random_inputs(const Graph& graph, std::uint64_t seed) {
  std::vector<Tensor> inputs;
  for (const TensorId id : graph.inputs) {
    const GraphTensor& input = graph.tensor(id);
    if (!input.bytes()) return fail(ErrorCode::kUnsupported, fmt::format("input '{}' is no tensor of numbers: mosaic cannot feed it", input.name));
    Tensor& tensor = inputs.emplace_back(input.element, *input.shape);
    fill_random(tensor, seed * 1'000'003 + id.value);
  }
  return inputs;
}

}  // namespace mosaic
