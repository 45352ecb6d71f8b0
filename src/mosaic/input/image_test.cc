#include "mosaic/input/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>
#include <zlib.h>

#include <cmath>

#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;
using Pixels = std::vector<std::uint8_t>;

/// A PNG of these pixels, which lie as `format` says.
std::string png(int width, int height, const Pixels& pixels, png_uint_32 format = PNG_FORMAT_RGB) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = format;
  std::string bytes(100'000 + pixels.size(), '\0');
  png_alloc_size_t size = bytes.size();
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr) == 0) throw std::runtime_error(image.message);
  bytes.resize(size);
  return bytes;
}

std::string jpeg(int width, int height, const Pixels& pixels) {
  const tjhandle handle = tjInitCompress();
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  const int failed = tjCompress2(handle, pixels.data(), width, 0, height, TJPF_RGB, &buffer, &size, TJSAMP_444, 100, TJFLAG_ACCURATEDCT);
  const std::string bytes = failed != 0 ? "" : std::string(reinterpret_cast<const char*>(buffer), size);
  tjFree(buffer);
  tjDestroy(handle);
  return bytes;
}

Image gradient(int width, int height) {
  Image image{.width = width, .height = height, .pixels = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int value : {x * 3, y * 3, 100}) image.pixels.push_back(static_cast<std::uint8_t>(value));
    }
  }
  return image;
}

TEST(DecodeImage, ReadsPngExactly) {
  const Pixels pixels{255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Image image = expect(decode_image(png(3, 2, pixels)));
  EXPECT_EQ(image.width, 3);
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.pixels, pixels);
}

TEST(DecodeImage, MakesGreyThreeEqualChannels) {
  EXPECT_THAT(expect(decode_image(png(2, 1, {10, 200}, PNG_FORMAT_GRAY))).pixels, ElementsAre(10, 10, 10, 200, 200, 200));
}

TEST(DecodeImage, DropsAlphaAndKeepsTheColours) {
  EXPECT_THAT(expect(decode_image(png(2, 1, {10, 20, 30, 128, 40, 50, 60, 255}, PNG_FORMAT_RGBA))).pixels, ElementsAre(10, 20, 30, 40, 50, 60));
}

TEST(DecodeImage, ReadsJpegAlmostExactly) {
  // Neighbours differ by 3; at quality 100 without subsampling the quantisation is 1 and rounding alone remains.
  const Image image = gradient(16, 16);
  const Image decoded = expect(decode_image(jpeg(16, 16, image.pixels)));
  ASSERT_EQ(decoded.pixels.size(), image.pixels.size());
  for (std::size_t i = 0; i < image.pixels.size(); ++i) EXPECT_NEAR(decoded.pixels[i], image.pixels[i], 3) << i;
}

TEST(DecodeImage, RefusesFilesWithoutAllTheirPixels) {
  const Image image = gradient(24, 24);
  for (const std::string& bytes : {png(24, 24, image.pixels), jpeg(24, 24, image.pixels)}) {
    const Image whole = expect(decode_image(bytes));
    for (std::size_t part = 0; part < 16; ++part) {
      const auto decoded = decode_image(bytes.substr(0, bytes.size() * part / 16));
      EXPECT_TRUE(!decoded || (part == 15 && decoded->pixels == whole.pixels)) << part;  // the last bytes only mark the end
    }
  }
}

TEST(DecodeImage, NeverCrashesOnDamagedFiles) {
  const Image image = gradient(8, 8);
  for (const std::string& bytes : {png(8, 8, image.pixels), jpeg(8, 8, image.pixels)}) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x15);
      const auto decoded = decode_image(damaged);
      EXPECT_TRUE(decoded.has_value() || !decoded.error().message.empty());
    }
  }
}

TEST(DecodeImage, RefusesWhatItCannotHold) {
  EXPECT_THAT(error_of(decode_image("")), HasSubstr("neither a JPEG nor a PNG"));
  EXPECT_THAT(error_of(decode_image("GIF89a")), HasSubstr("neither a JPEG nor a PNG"));
  // A PNG's header alone, which claims 20,000 x 20,000 pixels (CRC by zlib of what lies before it).
  std::string huge("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x02\0\0\0", 29);
  const auto crc = static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const unsigned char*>(huge.data()) + 12, 17));
  for (const std::uint32_t shift : {24U, 16U, 8U, 0U}) huge += static_cast<char>(crc >> shift & 0xffU);
  huge += std::string("\0\0\0\0IDAT\x35\xaf\x06\x1e", 12);
  EXPECT_THAT(error_of(decode_image(huge)), HasSubstr("20000 x 20000"));
}

TEST(ParsePreprocess, KnowsItsPresets) {
  EXPECT_EQ(expect(parse_preprocess("tf")), Preprocess::kTf);
  EXPECT_EQ(expect(parse_preprocess("torch")), Preprocess::kTorch);
  EXPECT_EQ(expect(parse_preprocess("caffe")), Preprocess::kCaffe);
  EXPECT_EQ(expect(parse_preprocess("raw")), Preprocess::kRaw);
  EXPECT_EQ(error_of(parse_preprocess("keras")), "there is no preprocessing 'keras'; there are tf, torch, caffe and raw");
}

/// What a preset makes of one pixel: red 255, green 0, blue 51.
std::vector<double> pixel_as(Preprocess preprocess) {
  const Image image{.width = 1, .height = 1, .pixels = {255, 0, 51}};
  return expect(to_input(image, ElementType::kFloat32, {1, 3, 1, 1}, preprocess)).to_doubles();
}

TEST(ToInput, PreprocessesByThePresetsFormula) {
  using testing::DoubleNear;
  const auto near = [](double value) { return DoubleNear(value, 1e-5); };
  EXPECT_THAT(pixel_as(Preprocess::kRaw), ElementsAre(255, 0, 51));
  EXPECT_THAT(pixel_as(Preprocess::kTf), ElementsAre(near(1), near(-1), near(-0.6)));  // 51 / 127.5 - 1
  // (1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0.2 - 0.406) / 0.225
  EXPECT_THAT(pixel_as(Preprocess::kTorch), ElementsAre(near(2.248908), near(-2.035714), near(-0.915556)));
  EXPECT_THAT(pixel_as(Preprocess::kCaffe), ElementsAre(51 - 104, 0 - 117, 255 - 123));  // blue first
}

TEST(ToInput, LaysOutChannelsAsTheShapeAsks) {
  const Image image{.width = 2, .height = 1, .pixels = {1, 2, 3, 4, 5, 6}};
  EXPECT_THAT(expect(to_input(image, ElementType::kFloat32, {1, 3, 1, 2}, Preprocess::kRaw)).to_doubles(), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(expect(to_input(image, ElementType::kFloat32, {1, 1, 2, 3}, Preprocess::kRaw)).to_doubles(), testing::SizeIs(6));
  EXPECT_THAT(expect(to_input(image, ElementType::kUint8, {1, 3, 1, 2}, Preprocess::kRaw)).to_doubles(), ElementsAre(1, 4, 2, 5, 3, 6));
  const Image tall{.width = 2, .height = 2, .pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  EXPECT_THAT(expect(to_input(tall, ElementType::kFloat32, {1, 2, 2, 3}, Preprocess::kRaw)).to_doubles(),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
}

TEST(ToInput, TakesTheLuminanceForOneChannel) {
  // 0.299 * 100 + 0.587 * 50 + 0.114 * 200 = 82.05
  const Image image{.width = 1, .height = 1, .pixels = {100, 50, 200}};
  EXPECT_NEAR(expect(to_input(image, ElementType::kFloat32, {1, 1, 1, 1}, Preprocess::kRaw)).to_doubles()[0], 82.05, 1e-4);
}

TEST(ToInput, CropsTheMiddle) {
  // 24 x 8 for an input of 7 x 7: the shorter side is to be 8, which it is, so nothing is scaled. Columns from (24 - 7) / 2 = 8, rows from 0.
  const Tensor input = expect(to_input(gradient(24, 8), ElementType::kFloat32, {1, 3, 7, 7}, Preprocess::kRaw));
  const auto values = input.as<float>();
  EXPECT_EQ(values[0], 8 * 3);   // red: three times the column
  EXPECT_EQ(values[6], 14 * 3);  // the last of the row
  EXPECT_EQ(values[7 * 7], 0);   // green: three times the row
  EXPECT_EQ(values[7 * 7 + 6 * 7], 6 * 3);
}

TEST(ToInput, ScalesAnyImageToTheInput) {
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{1, 1}, {500, 3}, {3, 500}, {56, 56}, {64, 64}, {200, 100}}) {
    const Image image{.width = width, .height = height, .pixels = Pixels(static_cast<std::size_t>(width * height) * 3, 77)};
    const Tensor input = expect(to_input(image, ElementType::kFloat32, {1, 3, 56, 40}, Preprocess::kRaw));
    EXPECT_EQ(input.shape(), (Shape{1, 3, 56, 40}));
    EXPECT_THAT(input.as<float>(), testing::Each(77.0F)) << width << " x " << height;
  }
}

TEST(ToInput, RefusesShapesThatAreNoImage) {
  const Image image = gradient(4, 4);
  for (const Shape& shape : {Shape{}, Shape{3, 4, 4}, Shape{2, 3, 4, 4}, Shape{1, 4, 4, 4}, Shape{1, 3, 4, 4, 1}}) {
    EXPECT_THAT(error_of(to_input(image, ElementType::kFloat32, shape, Preprocess::kRaw)), HasSubstr("takes no image"));
  }
  EXPECT_FALSE(to_input(image, ElementType::kFloat32, {1, 3, 0, 4}, Preprocess::kRaw).has_value());
  EXPECT_THAT(
      error_of(to_input(Image{.width = 1, .height = 100'000, .pixels = Pixels(300'000)}, ElementType::kFloat32, {1, 3, 64, 64}, Preprocess::kRaw)),
      HasSubstr("too long and thin"));
}

TEST(PlanesToInput, ReadsPlaneAfterPlane) {
  const Pixels planes{1, 2, 3, 4, 5, 6};  // red 1 2, green 3 4, blue 5 6
  EXPECT_THAT(expect(planes_to_input(planes, ElementType::kFloat32, {1, 3, 1, 2}, Preprocess::kRaw)).to_doubles(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(expect(planes_to_input(planes, ElementType::kFloat32, {1, 2, 1, 3}, Preprocess::kRaw)).to_doubles(), ElementsAre(1, 3, 5, 2, 4, 6));
  EXPECT_THAT(error_of(planes_to_input(planes, ElementType::kFloat32, {1, 3, 2, 2}, Preprocess::kRaw)), HasSubstr("6 values are not an image"));
  EXPECT_THAT(error_of(planes_to_input(planes, ElementType::kFloat32, {6}, Preprocess::kRaw)), HasSubstr("takes no image"));
}

}  // namespace
}  // namespace mosaic
