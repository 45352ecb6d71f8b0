#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"

namespace mosaic {

/// An image, 8 bits a channel, rows from the top, pixels as red, green, blue.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

/// A JPEG (libjpeg-turbo) or PNG (libpng) file's content; alpha is dropped, grey becomes red = green = blue. Errors: kInvalidInput: neither of the
/// two, damaged, or more than 100 megapixels.
[[nodiscard]] Result<Image> decode_image(std::string_view bytes);

/// What is done to pixel values of 0 to 255.
enum class Preprocess {
  kTf,     ///< x / 127.5 - 1
  kTorch,  ///< (x / 255 - mean) / deviation of ImageNet, by channel
  kCaffe,  ///< blue, green, red minus 104, 117, 123
  kRaw,    ///< as they are
};
[[nodiscard]] Result<Preprocess> parse_preprocess(std::string_view name);

/// Pixels as an input of `shape`: 1 x channels x height x width or 1 x height x width x channels, with 3 channels or 1 (then luminance). An image of
/// another size is scaled until its shorter side is 8/7 of the input's (224 from 256, as usual), then cropped at the centre. Errors: kInvalidInput: a
/// shape that is no image.
[[nodiscard]] Result<Tensor> to_input(const Image& image, ElementType type, const Shape& shape, Preprocess preprocess);

/// The same for values that are already of the input's size: rows of planes (channel first) of `channels` channels.
[[nodiscard]] Result<Tensor> planes_to_input(std::span<const std::uint8_t> planes, ElementType type, const Shape& shape, Preprocess preprocess);

}  // namespace mosaic
