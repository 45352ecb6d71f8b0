#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/network/network.h"

namespace mosaic::training {

/// Networks that can be trained from nothing.
[[nodiscard]] std::vector<std::string> architectures();
[[nodiscard]] bool is_architecture(const std::string& name);

/// "resnet8" or "resnet20": 3 x 3 convolutions of 16, 32 and 64 channels in residual blocks (one a width, or three), shortcuts of 1 x 1 convolutions
/// where the width changes, mean over pixels, a linear layer; the stem has stride 2, so that an image of 28 x 28 pixels takes 2.55 and 8.52 million
/// multiplications. Weights are normal with variance 2 / inputs, the first layer's divided by `magnitude`, that of the pixels; biases are zero.
/// Source: He and others, "Deep residual learning for image recognition" (2016); ResNet-8 as in MLPerf Tiny. Errors: kInvalidInput: another name, an
/// image of less than 8 pixels a side, fewer than two classes.
[[nodiscard]] Result<network::Network> make_architecture(const std::string& name, const network::Extent& input, std::int64_t classes, float magnitude,
                                                         std::uint64_t seed);

}  // namespace mosaic::training
