// Reads any bytes as a model and goes with it as far as is possible without an engine: structure, preparation, layers, slices. In the engine's place
// stands one that believes every model and says something made up, but consistent, of each value: what comes through here is what a real one would
// see.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "mosaic/base/check.h"
#include "mosaic/base/hash.h"
#include "mosaic/onnx/extract.h"
#include "mosaic/onnx/import.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/onnx/proto.h"
#include "mosaic/onnx/structure.h"

namespace mosaic::onnx {
namespace {

/// Static and small, static and absurdly large, of unknown shape, or no tensor at all: the value's name decides.
ValueType made_up_type(const std::string& name) {
  switch (Hasher().add(name).fingerprint().front() % 8) {
    case 0:
      return {.element = ElementType::kFloat32, .shape = std::nullopt};
    case 1:
      return {};
    case 2:
      return {.element = ElementType::kInt64, .shape = Shape{2}};
    case 3:
      return {.element = ElementType::kFloat32, .shape = Shape{1, std::int64_t{1} << 31, std::int64_t{1} << 28}};
    default:
      return {.element = ElementType::kFloat32, .shape = Shape{1, 4, 2, 2}};
  }
}

class BelievingEvaluator final : public Evaluator {
 public:
  Result<ValueTypes> infer(const Model& model) override {
    ValueTypes types;
    const ::onnx::GraphProto& graph = proto_of(model).graph();
    for (const auto& input : graph.input()) types[input.name()] = declared_type(input);
    for (const auto& each : graph.initializer()) types[each.name()] = {static_cast<ElementType>(each.data_type()), shape_of(each)};
    for (const Structure::Node& node : structure(model).nodes) {
      for (const std::string& name : node.outputs) types.emplace(name, made_up_type(name));
    }
    return types;
  }

  Result<std::vector<Tensor>> evaluate(const Model& model) override {
    std::vector<Tensor> values;
    for (const std::string& name : output_names(model)) {
      const ValueType type = made_up_type(name);
      if (!type.shape || byte_size(type.element, *type.shape).value_or(Bytes{kMost + 1}).value > kMost) {
        return fail(ErrorCode::kInvalidInput, "refused");
      }
      values.emplace_back(type.element, *type.shape);
    }
    return values;
  }

 private:
  static constexpr std::int64_t kMost = 4096;

  static ValueType declared_type(const ::onnx::ValueInfoProto& info) {
    ValueType type{.element = static_cast<ElementType>(info.type().tensor_type().elem_type()), .shape = Shape{}};
    for (const auto& extent : info.type().tensor_type().shape().dim()) type.shape->push_back(extent.dim_value());
    return type;
  }
};

/// A slice as backends cut it: the nodes of one layer with what they need from the others.
void cut_out(const PreparedModel& prepared, const Graph& graph, const Layer& layer) {
  std::vector<std::size_t> nodes;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  for (const NodeId id : layer.nodes) nodes.push_back(id.index());
  for (const TensorId id : layer.inputs) inputs.push_back(graph.tensor(id).name);
  for (const TensorId id : layer.outputs) outputs.push_back(graph.tensor(id).name);
  MOSAIC_CHECK(output_names(extract(prepared.model, nodes, inputs, outputs, prepared.types)) == outputs);
}

void read(std::string_view bytes) {
  auto model = parse_model(bytes);
  if (!model) return;
  const std::string written = serialize_model(*model);
  const auto again = parse_model(written);
  MOSAIC_CHECK(again.has_value() && serialize_model(*again) == written);

  BelievingEvaluator evaluator;
  const auto prepared = prepare(*std::move(model), {}, evaluator);
  if (!prepared) return;
  const auto graph = import_graph(*prepared, "fuzzed");
  if (!graph) return;
  std::set<NodeId> seen;
  for (const Layer& layer : graph->layers) {
    seen.insert(layer.nodes.begin(), layer.nodes.end());
    cut_out(*prepared, *graph, layer);
  }
  MOSAIC_CHECK(seen.size() == graph->nodes.size());
}

}  // namespace
}  // namespace mosaic::onnx

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaic::onnx::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
