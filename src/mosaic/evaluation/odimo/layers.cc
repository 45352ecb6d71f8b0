#include "mosaic/evaluation/odimo/layers.h"

#include <utility>

namespace mosaic::odimo {

ConvShape conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t pixels) {
  return {.in_channels = in, .out_channels = out, .kernel_x = kernel, .kernel_y = kernel, .out_x = pixels, .out_y = pixels};
}

std::vector<ConvShape> resnet20() {
  std::vector<ConvShape> layers{conv(3, 16, 3, 32)};
  layers.insert(layers.end(), 6, conv(16, 16, 3, 32));
  for (const auto& [channels, pixels] : {std::pair(32, 16), std::pair(64, 8)}) {
    layers.insert(layers.end(),
                  {conv(channels / 2, channels, 3, pixels), conv(channels, channels, 3, pixels), conv(channels / 2, channels, 1, pixels)});
    layers.insert(layers.end(), 4, conv(channels, channels, 3, pixels));
  }
  layers.push_back(conv(64, 10, 1, 1));
  return layers;
}

std::vector<ConvShape> resnet18() {
  std::vector<ConvShape> layers{conv(3, 64, 3, 64)};
  layers.insert(layers.end(), 4, conv(64, 64, 3, 64));
  for (const auto& [channels, pixels] : {std::pair(128, 32), std::pair(256, 16), std::pair(512, 8)}) {
    layers.insert(layers.end(),
                  {conv(channels / 2, channels, 3, pixels), conv(channels, channels, 3, pixels), conv(channels / 2, channels, 1, pixels)});
    layers.insert(layers.end(), 2, conv(channels, channels, 3, pixels));
  }
  layers.push_back(conv(512, 200, 1, 1));
  return layers;
}

std::map<std::size_t, ConvShape> mobilenet_pointwise() {
  return {{2, conv(8, 16, 1, 48)}, {12, conv(64, 128, 1, 6)}, {24, conv(128, 256, 1, 3)}, {26, conv(256, 256, 1, 3)}};
}

}  // namespace mosaic::odimo
