#include "mosaic/input/image.h"

#include <fmt/format.h>
#include <png.h>
#include <stb/stb_image_resize.h>
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>

namespace mosaic {
namespace {

constexpr std::int64_t kMostPixels = 100'000'000;

Result<Image> allocate(std::int64_t width, std::int64_t height) {
  if (width < 1 || height < 1 || width * height > kMostPixels) return invalid(fmt::format("an image of {} x {} pixels is not read", width, height));
  Image image{.width = static_cast<int>(width), .height = static_cast<int>(height), .pixels = {}};
  image.pixels.resize(static_cast<std::size_t>(width * height) * 3);
  return image;
}

Result<Image> decode_jpeg(std::string_view bytes) {
  const std::unique_ptr<void, decltype(&tjDestroy)> decoder(tjInitDecompress(), &tjDestroy);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  const int status = tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling, &colours);
  if (status != 0 || width < 1 || height < 1) return invalid("the JPEG's header is damaged");  // of a cut header only the sizes tell
  MOSAIC_TRY(Image image, allocate(width, height));
  if (tjDecompress2(decoder.get(), data, bytes.size(), image.pixels.data(), width, 0, height, TJPF_RGB, TJFLAG_ACCURATEDCT) != 0) {
    return invalid(fmt::format("the JPEG is damaged: {}", tjGetErrorStr2(decoder.get())));
  }
  return image;
}

Result<Image> decode_png(std::string_view bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, decltype(&png_image_free)> cleanup(&png, &png_image_free);
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) return invalid(fmt::format("the PNG is damaged: {}", png.message));
  png.format = PNG_FORMAT_RGBA;  // without the A, libpng would blend with a background
  MOSAIC_TRY(Image image, allocate(png.width, png.height));
  std::vector<std::uint8_t> rgba(image.pixels.size() / 3 * 4);
  if (png_image_finish_read(&png, nullptr, rgba.data(), 0, nullptr) == 0) return invalid(fmt::format("the PNG is damaged: {}", png.message));
  for (std::size_t i = 0; i < rgba.size() / 4; ++i) std::copy_n(&rgba[4 * i], 3, &image.pixels[3 * i]);
  return image;
}

/// An input's extents, whichever way its channels lie.
struct Layout {
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool channels_first = true;
};

std::optional<Layout> find_layout(const Shape& shape) {
  if (shape.size() != 4 || shape[0] != 1) return std::nullopt;
  const auto is_channels = [](std::int64_t extent) { return extent == 1 || extent == 3; };
  if (is_channels(shape[1])) return Layout{.channels = shape[1], .height = shape[2], .width = shape[3], .channels_first = true};
  if (is_channels(shape[3])) return Layout{.channels = shape[3], .height = shape[1], .width = shape[2], .channels_first = false};
  return std::nullopt;
}

Result<Image> scale(const Image& image, int width, int height) {
  if (width == image.width && height == image.height) return image;
  MOSAIC_TRY(Image out, allocate(width, height));
  if (stbir_resize_uint8(image.pixels.data(), image.width, image.height, 0, out.pixels.data(), width, height, 0, 3) == 0)
    return invalid("the image cannot be scaled");
  return out;
}

/// Scaled so that the shorter side has a rim of a sixteenth on each side, then the middle of it.
Result<Image> fit(const Image& image, std::int64_t width, std::int64_t height) {
  if (image.width == width && image.height == height) return image;
  constexpr double kRim = 8.0 / 7.0;
  const double factor = std::max(kRim * static_cast<double>(width) / image.width, kRim * static_cast<double>(height) / image.height);
  const auto scaled_width = std::max<std::int64_t>(width, std::llround(image.width * factor));
  const auto scaled_height = std::max<std::int64_t>(height, std::llround(image.height * factor));
  if (scaled_width * scaled_height > kMostPixels)
    return invalid(fmt::format("an image of {} x {} pixels is too long and thin", image.width, image.height));
  MOSAIC_TRY(const Image scaled, scale(image, static_cast<int>(scaled_width), static_cast<int>(scaled_height)));
  MOSAIC_TRY(Image out, allocate(width, height));
  const std::int64_t left = (scaled_width - width) / 2;
  const std::int64_t top = (scaled_height - height) / 2;
  for (std::int64_t y = 0; y < height; ++y) {
    const auto* row = scaled.pixels.data() + ((top + y) * scaled_width + left) * 3;
    std::copy_n(row, width * 3, out.pixels.data() + y * width * 3);
  }
  return out;
}

/// A pixel value as the network wants it; `channel`: 0 red, 1 green, 2 blue.
float preprocess_value(float value, std::size_t channel, Preprocess preprocess) {
  constexpr std::array<float, 3> kMean{0.485F, 0.456F, 0.406F};
  constexpr std::array<float, 3> kDeviation{0.229F, 0.224F, 0.225F};
  constexpr std::array<float, 3> kCaffeMean{123.0F, 117.0F, 104.0F};
  switch (preprocess) {
    case Preprocess::kTf:
      return value / 127.5F - 1.0F;
    case Preprocess::kTorch:
      return (value / 255.0F - kMean.at(channel)) / kDeviation.at(channel);
    case Preprocess::kCaffe:
      return value - kCaffeMean.at(channel);
    case Preprocess::kRaw:
      break;
  }
  return value;
}

/// Lays out values that `pixel(channel, y, x)` gives, channels in the order the preset asks for.
template <class Pixel>
Result<Tensor> lay_out(const Layout& layout, ElementType type, const Shape& shape, Preprocess preprocess, const Pixel& pixel) {
  const auto width = static_cast<std::size_t>(layout.width);
  const auto height = static_cast<std::size_t>(layout.height);
  const auto channels = static_cast<std::size_t>(layout.channels);
  std::vector<float> values(width * height * channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const std::size_t colour = preprocess == Preprocess::kCaffe && channels == 3 ? 2 - c : c;
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        const std::size_t at = layout.channels_first ? (c * height + y) * width + x : (y * width + x) * channels + c;
        values[at] = preprocess_value(pixel(colour, y, x), colour, preprocess);
      }
    }
  }
  return from_floats(type, shape, values);
}

std::unexpected<Error> no_image(const Shape& shape) {
  return invalid(fmt::format("an input of shape {} takes no image (1 x 3 x height x width and the like do)", to_string(shape)));
}

}  // namespace

Result<Image> decode_image(std::string_view bytes) {
  if (bytes.starts_with("\xff\xd8\xff")) return decode_jpeg(bytes);
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return decode_png(bytes);
  return invalid("neither a JPEG nor a PNG");
}

Result<Preprocess> parse_preprocess(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Preprocess>, 4> kNames{
      {{"tf", Preprocess::kTf}, {"torch", Preprocess::kTorch}, {"caffe", Preprocess::kCaffe}, {"raw", Preprocess::kRaw}}};
  for (const auto& [known, preprocess] : kNames) {
    if (known == name) return preprocess;
  }
  return invalid(fmt::format("there is no preprocessing '{}'; there are tf, torch, caffe and raw", name));
}

Result<Tensor> to_input(const Image& image, ElementType type, const Shape& shape, Preprocess preprocess) {
  const auto layout = find_layout(shape);
  if (!layout) return no_image(shape);
  MOSAIC_TRY(const Image fitted, fit(image, layout->width, layout->height));
  const auto stride = static_cast<std::size_t>(fitted.width);
  const auto value = [&](std::size_t channel, std::size_t y, std::size_t x) {
    return static_cast<float>(fitted.pixels[(y * stride + x) * 3 + channel]);
  };
  if (layout->channels == 3) return lay_out(*layout, type, shape, preprocess, value);
  const auto luminance = [&](std::size_t, std::size_t y, std::size_t x) {
    return 0.299F * value(0, y, x) + 0.587F * value(1, y, x) + 0.114F * value(2, y, x);
  };  // ITU-R BT.601
  return lay_out(*layout, type, shape, preprocess, luminance);
}

Result<Tensor> planes_to_input(std::span<const std::uint8_t> planes, ElementType type, const Shape& shape, Preprocess preprocess) {
  const auto layout = find_layout(shape);
  if (!layout) return no_image(shape);
  const auto width = static_cast<std::size_t>(layout->width);
  const auto height = static_cast<std::size_t>(layout->height);
  if (planes.size() != width * height * static_cast<std::size_t>(layout->channels)) {
    return invalid(fmt::format("{} values are not an image for an input of shape {}", planes.size(), to_string(shape)));
  }
  return lay_out(*layout, type, shape, preprocess,
                 [&](std::size_t channel, std::size_t y, std::size_t x) { return static_cast<float>(planes[(channel * height + y) * width + x]); });
}

}  // namespace mosaic
