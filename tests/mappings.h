#pragma once

// Images and mappings for the tests of what rounding changes in layers.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mosaic/base/random.h"
#include "mosaic/mapping/mapping.h"
#include "tests/network_reference.h"

namespace mosaic::test {

inline Tensor image_of(const Shape& shape, const std::vector<float>& values) {
  Tensor image(ElementType::kFloat32, shape);
  std::ranges::copy(values, image.as<float>().begin());
  return image;
}

inline std::vector<Tensor> random_images(const network::Network& network, std::size_t count, std::uint64_t first_seed) {
  std::vector<Tensor> images;
  for (std::size_t i = 0; i < count; ++i) images.push_back(random_image(network, first_seed + i));
  return images;
}

/// Some channels of layers of one group analog.
inline mapping::Mapping random_mapping(const network::Network& network, std::uint64_t seed) {
  Random random(seed);
  mapping::Mapping made = mapping::all_digital(network);
  const auto shapes = mapping::conv_shapes(network);
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    for (mapping::Unit& unit : made.layers[l].channels) {
      if (shapes[l].groups == 1 && random.below(3) > 0) unit = mapping::Unit::kAnalog;
    }
  }
  return made;
}

}  // namespace mosaic::test
