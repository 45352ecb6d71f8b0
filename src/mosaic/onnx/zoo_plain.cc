#include <fmt/format.h>

#include <array>
#include <span>

#include "mosaic/onnx/zoo_networks.h"

namespace mosaic::onnx::networks {
namespace {

std::string activated(Builder& net, const std::string& x, std::int64_t in, std::int64_t out, std::int64_t kernel) {
  return net.relu(net.conv(x, {.in = in, .out = out, .kernel = {kernel, kernel}}));
}

/// One fire module: squeeze to few channels, expand by two kinds of filters. What follows it may pool.
struct Fire {
  std::int64_t squeeze;
  std::int64_t expand;         ///< channels of each kind
  const char* pool = nullptr;  ///< padding of the pooling behind it, if there is one
};

void squeezenet(Builder& net, std::string x, std::int64_t channels, std::span<const Fire> fires) {
  int number = 1;
  for (const Fire& fire : fires) {
    net.block(fmt::format("fire{}", ++number));
    const std::string squeezed = activated(net, x, channels, fire.squeeze, 1);
    const std::string narrow = activated(net, squeezed, fire.squeeze, fire.expand, 1);
    x = net.concat({narrow, activated(net, squeezed, fire.squeeze, fire.expand, 3)});
    channels = 2 * fire.expand;
    if (fire.pool != nullptr) x = net.max_pool(x, 3, 2, fire.pool);
  }
  net.block("conv10");
  x = net.relu(net.conv(x, {.in = channels, .out = kClasses, .kernel = {1, 1}, .gain = 2.0}));
  net.output(net.softmax(net.flatten(net.global_average_pool(x))), {1, kClasses});
}

}  // namespace

void squeezenet_1_0(Builder& net) {
  net.block("conv1");
  std::string x = net.relu(net.conv(image(net, 224), {.in = 3, .out = 96, .kernel = {7, 7}, .stride = 2, .auto_pad = "VALID"}));
  x = net.max_pool(x, 3, 2);
  // The published poolings round up: 109 -> 54 -> 27 -> 13.
  constexpr std::array<Fire, 8> kFires{{{16, 64}, {16, 64}, {32, 128, "SAME_UPPER"}, {32, 128}, {48, 192}, {48, 192}, {64, 256, "VALID"}, {64, 256}}};
  squeezenet(net, x, 96, kFires);
}

void squeezenet_1_1(Builder& net) {
  net.block("conv1");
  std::string x = net.relu(net.conv(image(net, 224), {.in = 3, .out = 64, .stride = 2, .auto_pad = "VALID"}));
  x = net.max_pool(x, 3, 2);
  constexpr std::array<Fire, 8> kFires{{{16, 64}, {16, 64, "VALID"}, {32, 128}, {32, 128, "VALID"}, {48, 192}, {48, 192}, {64, 256}, {64, 256}}};
  squeezenet(net, x, 64, kFires);
}

void vgg16(Builder& net) {
  std::int64_t channels = 3;
  struct Stage {
    std::int64_t out;
    int convolutions;
  };
  constexpr std::array<Stage, 5> kStages{{{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}};
  std::string x = image(net, 224);
  int number = 0;
  for (const Stage& stage : kStages) {
    ++number;
    for (int i = 0; i < stage.convolutions; ++i) {
      net.block(fmt::format("conv{}_{}", number, i + 1));
      x = activated(net, x, channels, stage.out, 3);
      channels = stage.out;
    }
    x = net.max_pool(x, 2, 2);
  }
  net.block("fc6");
  x = net.relu(net.dense(x, std::int64_t{512} * 7 * 7, 4096));
  net.block("fc7");
  x = net.relu(net.dense(x, 4096, 4096));
  net.block("fc8");
  classify(net, net.flatten(x), 4096, 1);
}

}  // namespace mosaic::onnx::networks
