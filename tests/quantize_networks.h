#pragma once

// Networks and examples for the tests of quantisation.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mosaic/onnx/rewrite.h"
#include "mosaic/quantize/examples.h"
#include "mosaic/session/quantize_model.h"
#include "tests/support.h"

namespace mosaic::test {

inline onnx::PreparedModel prepared(onnx::Model model) {
  const auto evaluator = expect(ort::make_evaluator());
  return expect(onnx::prepare(std::move(model), {}, *evaluator));
}

/// Seeded examples of one input.
inline quantize::Examples random_examples(const Shape& shape, std::size_t count, std::uint64_t seed = 1) {
  return {.about = count, .visit = [=](const quantize::Examples::Visit& visit) -> Result<void> {
            for (std::size_t i = 0; i < count; ++i) {
              quantize::Example example{.name = "example " + std::to_string(i), .inputs = {Tensor(ElementType::kFloat32, shape)}, .label = {}};
              fill_random(example.inputs[0], seed + i);
              MOSAIC_RETURN_IF_ERROR(visit(example));
            }
            return {};
          }};
}

/// What the engine computes for one of these examples.
inline std::vector<Tensor> outputs_of(const onnx::Model& model, const Shape& shape, std::uint64_t seed = 1) {
  const auto runner = expect(open_on_engine(1)(model));
  std::vector<Tensor> inputs{Tensor(ElementType::kFloat32, shape)};
  fill_random(inputs[0], seed);
  return expect(runner->run(inputs));
}

/// Operators in alphabetical order.
inline std::vector<std::string> sorted_operators(const onnx::Model& model) {
  std::vector<std::string> ops;
  for (const onnx::NodeValue& node : onnx::node_values(model)) ops.push_back(node.op);
  std::ranges::sort(ops);
  return ops;
}

inline std::size_t count_of(const onnx::Model& model, const std::string& op) {
  const std::vector<std::string> ops = sorted_operators(model);
  return static_cast<std::size_t>(std::ranges::count(ops, op));
}

inline const Shape kImage{1, 8, 12, 12};

/// A network with all that is quantised:
///
///              .-> conv+bn+relu -.
///   x -> conv+bn+relu            concat -> max pool -> conv -> add+relu -> global average pool -> flatten -> gemm -> softmax
///              '-> conv+relu ----'             '----------------'
inline onnx::Model mixed_network(std::uint64_t seed = 1) {
  onnx::Builder net("mixed", seed);
  const std::string stem = net.conv_bn(net.input("x", kImage), {.in = 8, .out = 8}, "Relu");
  const std::string left = net.conv_bn(stem, {.in = 8, .out = 4}, "Relu");
  const std::string right = net.relu(net.conv(stem, {.in = 8, .out = 4}));
  const std::string pooled = net.max_pool(net.concat({left, right}), 2, 2);
  const std::string sum = net.relu(net.add(net.conv(pooled, {.in = 8, .out = 8}), pooled));
  net.output(net.softmax(net.fully_connected(net.flatten(net.global_average_pool(sum)), 8, 6)), {1, 6});
  return net.build();
}

}  // namespace mosaic::test
