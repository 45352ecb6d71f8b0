#pragma once

// Small labelled images for tests: which band of rows is bright says the class, also in a mirror.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "mosaic/base/file.h"
#include "mosaic/base/random.h"
#include "tests/support.h"
#include "training/images.h"

namespace mosaic::test {

inline constexpr std::int64_t kSyntheticSide = 8;

/// Four classes: two bright rows on noise.
inline training::ImageSet synthetic_images(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  training::ImageSet images{.extent = {.channels = 1, .height = kSyntheticSide, .width = kSyntheticSide}, .pixels = {}, .labels = {}};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t label = i < 4 ? i : random.below(4);  // each class is there
    images.labels.push_back(static_cast<std::uint8_t>(label));
    for (std::int64_t y = 0; y < kSyntheticSide; ++y) {
      for (std::int64_t x = 0; x < kSyntheticSide; ++x) {
        const bool bright = static_cast<std::size_t>(y / 2) == label;
        images.pixels.push_back(static_cast<std::uint8_t>(random.below(100) + (bright ? 120 : 0)));
      }
    }
  }
  return images;
}

/// An idx file of bytes.
inline std::string idx(const std::vector<std::int64_t>& shape, const std::string& data) {
  std::string bytes("\0\0\x08", 3);
  bytes += static_cast<char>(shape.size());
  for (const std::int64_t extent : shape) {
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(extent >> shift & 0xff);
  }
  return bytes + data;
}

struct SyntheticData {
  std::size_t train = 200;
  std::size_t test = 60;
};

/// A folder as MNIST's.
inline void write_synthetic_data(const std::filesystem::path& folder, const SyntheticData& data = {}) {
  const auto write = [&](const std::string& name, const training::ImageSet& images) {
    const auto count = static_cast<std::int64_t>(images.size());
    expect(write_file(folder / (name + "-images-idx3-ubyte"),
                      idx({count, kSyntheticSide, kSyntheticSide}, {images.pixels.begin(), images.pixels.end()})));
    expect(write_file(folder / (name + "-labels-idx1-ubyte"), idx({count}, {images.labels.begin(), images.labels.end()})));
  };
  write("train", synthetic_images(data.train, 1));
  write("t10k", synthetic_images(data.test, 2));
}

}  // namespace mosaic::test
