#include "mosaic/session/unsliced.h"

#include <fmt/format.h>

#include <algorithm>

#include "mosaic/base/check.h"
#include "mosaic/power/clock_control.h"

namespace mosaic {

Result<Unsliced> Unsliced::open(const Workspace& workspace, const ort::Reference::Options& options) {
  Unsliced unsliced;
  MOSAIC_TRY(unsliced.reference_, ort::Reference::open(workspace.options().model, options));
  const Graph& graph = workspace.graph();
  const auto name_of = [&](TensorId id) { return graph.tensor(id).name; };
  for (const std::string& name : unsliced.reference_->inputs()) {
    const auto found = std::ranges::find(graph.inputs, name, name_of);
    if (found == graph.inputs.end()) return fail(ErrorCode::kEngine, fmt::format("the file has an input '{}' that the graph lacks", name));
    unsliced.inputs_.push_back(static_cast<std::size_t>(found - graph.inputs.begin()));
  }
  const std::vector<std::string>& made = unsliced.reference_->outputs();
  for (const TensorId id : graph.outputs) {
    const auto found = std::ranges::find(made, name_of(id));
    if (found == made.end()) return fail(ErrorCode::kEngine, fmt::format("the graph has an output '{}' that the file lacks", name_of(id)));
    unsliced.outputs_.push_back(static_cast<std::size_t>(found - made.begin()));
  }
  return unsliced;
}

Result<void> Unsliced::bind(const std::vector<Tensor>& inputs) {
  std::vector<const Tensor*> in_order;
  for (const std::size_t index : inputs_) in_order.push_back(&inputs.at(index));
  return reference_->bind(in_order);
}

Result<Nanoseconds> Unsliced::run() {
  MOSAIC_RETURN_IF_ERROR(ClockControl::rest_all());
  return reference_->run();
}

Result<std::vector<Tensor>> Unsliced::outputs() {
  MOSAIC_TRY(std::vector<Tensor> results, reference_->results());
  std::vector<Tensor> in_order;
  for (const std::size_t index : outputs_) in_order.push_back(results[index]);
  return in_order;
}

Result<std::vector<Tensor>> Unsliced::outputs_of(const std::vector<Tensor>& inputs) {
  MOSAIC_RETURN_IF_ERROR(bind(inputs));
  MOSAIC_RETURN_IF_ERROR(run());
  return outputs();
}

double default_tolerance(const Graph& graph) {
  const auto is_half = [](const GraphTensor& tensor) { return tensor.element == ElementType::kFloat16 || tensor.element == ElementType::kBfloat16; };
  return std::ranges::any_of(graph.tensors, is_half) ? 2e-3 : 1e-4;
}

Difference compare_all(const std::vector<Tensor>& expected, const std::vector<Tensor>& actual) {
  MOSAIC_CHECK(expected.size() == actual.size());
  Difference worst{.equal_bits = true, .relative = 0};
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const Difference each = compare(expected[i], actual[i]);
    worst.equal_bits = worst.equal_bits && each.equal_bits;
    worst.relative = std::max(worst.relative, each.relative);
  }
  return worst;
}

}  // namespace mosaic
