#include "mosaic/session/mapped_run.h"

#include <gtest/gtest.h>

#include "mosaic/integers/permute.h"
#include "tests/integer_networks.h"

namespace mosaic {
namespace {

using test::expect;

std::vector<LabelledImage> images_for(const integers::QuantizedNetwork& network, std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<LabelledImage> images;
  const network::Extent& in = network.input();
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<float> pixels(static_cast<std::size_t>(in.size()));
    for (float& pixel : pixels) pixel = static_cast<float>(random.normal());
    images.push_back({.name = "image" + std::to_string(i),
                      .image = expect(from_floats(ElementType::kFloat32, {1, in.channels, in.height, in.width}, pixels)),
                      .label = {}});
  }
  return images;
}

TEST(MappedRun, AgreesWithTheEngineOnEveryInteger) {
  for (std::uint64_t seed = 100; seed < 120; ++seed) {
    const auto network = integers::permute(test::quantized_network(test::random_network(seed), seed));
    const auto comparison = expect(compare_with_engine(integers::Simulator(network), images_for(network, 2, seed)));
    EXPECT_TRUE(comparison.equal()) << comparison.first;
    std::size_t values = 0;
    for (const auto& node : network.nodes) values += static_cast<std::size_t>(node.extent.size());
    EXPECT_EQ(comparison.integers, 2 * values);
    EXPECT_EQ(comparison.images, 2U);
  }
}

TEST(MappedRun, PermutationChangesNoOutput) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto network = test::quantized_network(test::random_network(seed), seed);
    const auto images = images_for(network, 3, seed);
    const auto before = expect(simulate_images(integers::Simulator(network), images));
    const auto after = expect(simulate_images(integers::Simulator(integers::permute(network)), images));
    for (std::size_t i = 0; i < images.size(); ++i) EXPECT_TRUE(compare(before[i], after[i]).equal_bits) << seed;
  }
}

TEST(MappedRun, AnImagesNoiseDoesNotHangOnThoseBefore) {
  const auto network = test::quantized_network(test::cifar_resnet(1, 9), 9, 0);
  const integers::Simulator simulator(network);
  auto images = images_for(network, 3, 5);
  auto effects = expect(calibrated_effects(simulator, images, 2.0));
  const auto all = expect(simulate_images(simulator, images, effects));
  const auto exact = expect(simulate_images(simulator, images));
  EXPECT_FALSE(compare(all[2], exact[2]).equal_bits);
  std::swap(images[0], images[1]);
  EXPECT_TRUE(compare(expect(simulate_images(simulator, images, effects))[2], all[2]).equal_bits);
}

TEST(MappedRun, NamesTheImageThatDoesNotFit) {
  const auto network = test::quantized_network(test::random_network(1), 1);
  auto images = images_for(network, 2, 1);
  images[1].image = Tensor(ElementType::kFloat32, {1, 1, 1, 1});
  EXPECT_TRUE(test::error_of(simulate_images(integers::Simulator(network), images)).starts_with("image1: "));
}

TEST(MappedRun, StopsOnRequest) {
  const auto network = test::quantized_network(test::random_network(1), 1);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = simulate_images(integers::Simulator(network), images_for(network, 1, 1), {}, {.stop = stop.get_token()});
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace mosaic
