#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "mosaic/accelerators/conv_shape.h"

namespace mosaic::odimo {

/// The layers of networks that Risso et al. (ODiMO, ISLPED 2023) map, in the order of their repository: shortcuts among the convolutions, the linear
/// layer last.

/// A square convolution.
[[nodiscard]] ConvShape conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t pixels);

/// For CIFAR-10, with shortcuts of 1 x 1 convolutions: 22 layers.
[[nodiscard]] std::vector<ConvShape> resnet20();

/// For images of 64 x 64 and 200 classes, without pooling in front: 21 layers.
[[nodiscard]] std::vector<ConvShape> resnet18();

/// Pointwise layers of MobileNetV1-0.25 for images of 96 x 96 whose splits the repository has written out, by their place in the network.
[[nodiscard]] std::map<std::size_t, ConvShape> mobilenet_pointwise();

}  // namespace mosaic::odimo
