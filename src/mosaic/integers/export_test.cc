#include "mosaic/integers/export.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/integers/permute.h"
#include "mosaic/integers/simulate.h"
#include "mosaic/onnx/model.h"
#include "tests/integer_networks.h"

namespace mosaic::integers {
namespace {

/// A model in a session of plain ONNX Runtime.
class Engine {
 public:
  explicit Engine(const onnx::Model& model) {
    test::expect(onnx::save_model(model, folder_ / "model.onnx"));
    session_ = test::expect(ort::Reference::open(folder_ / "model.onnx", {.threads = 1, .spin = false}));
  }

  std::vector<Tensor> run(const network::Extent& extent, const std::vector<float>& image) {
    const Tensor input = test::expect(from_floats(ElementType::kFloat32, {1, extent.channels, extent.height, extent.width}, image));
    test::expect(session_->bind({&input}));
    test::expect(session_->run());
    return test::expect(session_->results());
  }

 private:
  test::TemporaryFolder folder_;
  std::unique_ptr<ort::Reference> session_;
};

std::vector<std::int32_t> integers(const Tensor& tensor, const Format& format) {
  std::vector<std::int32_t> result;
  const std::int32_t offset = tensor.type() == ElementType::kUint8 ? -format.low : 0;
  for (const double value : tensor.to_doubles()) result.push_back(static_cast<std::int32_t>(value) - offset);
  return result;
}

/// Compares every integer of every node, and the real outputs.
void expect_same_integers(const QuantizedNetwork& net, std::uint64_t seed, int images) {
  const Simulator simulator(net);
  Engine engine(to_model(net, {.every_tensor = true}));
  Random random(seed);
  for (int i = 0; i < images; ++i) {
    std::vector<float> image(static_cast<std::size_t>(net.input().size()));
    for (float& value : image) value = static_cast<float>(random.normal());
    const auto expected = test::expect(simulator.run_all(image));
    const std::vector<Tensor> actual = engine.run(net.input(), image);
    ASSERT_EQ(actual.size(), expected.size() + 1);
    EXPECT_TRUE(std::ranges::equal(actual[0].as<float>(), simulator.outputs(expected.back()))) << net.name;
    for (std::size_t node = 0; node < expected.size(); ++node)
      ASSERT_EQ(integers(actual[node + 1], net.nodes[node].format), expected[node]) << net.name << " " << net.nodes[node].name;
  }
}

TEST(Export, AgreesWithTheSimulatorOnEveryInteger) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const QuantizedNetwork net = test::quantized_network(test::random_network(seed), seed);
    expect_same_integers(seed % 2 == 0 ? net : permute(net), seed, 2);
  }
}

TEST(Export, AgreesOnResNet8) { expect_same_integers(permute(test::quantized_network(test::cifar_resnet(1, 9), 9)), 10, 3); }

/// Sums beyond 2^24, where float32 would lose units: 300 channels of 3 x 3, all weights and pixels large.
TEST(Export, AgreesOnLargeSums) {
  test::NetworkMaker maker(3, {.channels = 2000, .height = 4, .width = 4});
  maker.convolution(0, {.out = 2, .activation = network::Activation::kNone});
  const network::Network net = maker.take();
  std::vector<LayerWeights> layers = test::split_weights(net, 3, 1);
  for (std::size_t i = 0; i < layers[0].values.size(); ++i) layers[0].values[i] = static_cast<std::int8_t>(127 - i % 2);
  const std::vector<Range> ranges{{.magnitude = 1, .negative = false}, {.magnitude = 2000, .negative = true}};
  const QuantizedNetwork quantized = test::expect(quantize(net, layers, ranges));
  const Simulator simulator(quantized);
  Engine engine(to_model(quantized, {.every_tensor = true}));
  std::vector<float> image(32'000, 1.0F);
  image[0] = 0.5F;
  const std::vector<std::int32_t> expected = test::expect(simulator.run(image));
  EXPECT_EQ(integers(engine.run(net.input(), image)[2], quantized.nodes.back().format), expected);
  EXPECT_GT(*std::ranges::max_element(expected) / value_of(quantized.nodes.back().convolution.rows[0].multiplier), 0x1p24);
}

TEST(Export, HasABranchForEachAccelerator) {
  test::NetworkMaker maker(1, {.channels = 2, .height = 3, .width = 3});
  maker.convolution(0, {.out = 8});
  const std::string bytes = onnx::serialize_model(to_model(permute(test::quantized_network(maker.take(), 1))));
  for (const std::string_view name : {"node.1.digital/ConvInteger_0", "node.1.analog/ConvInteger_1", "node.1/Concat_0"})
    EXPECT_TRUE(bytes.contains(name)) << name;
}

TEST(Export, IsDeterministic) {
  const QuantizedNetwork net = test::quantized_network(test::random_network(4), 4);
  EXPECT_EQ(onnx::serialize_model(to_model(net)), onnx::serialize_model(to_model(net)));
}

}  // namespace
}  // namespace mosaic::integers
