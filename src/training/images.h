#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/input/image.h"
#include "mosaic/network/network.h"
#include "mosaic/session/search.h"

namespace mosaic::training {

/// Labelled images of one size, as bytes. Values; thread-compatible.
struct ImageSet {
  network::Extent extent;
  std::vector<std::uint8_t> pixels;  ///< of image after image, plane after plane
  std::vector<std::uint8_t> labels;  ///< one an image

  [[nodiscard]] std::size_t size() const { return labels.size(); }
  [[nodiscard]] std::span<const std::uint8_t> image(std::size_t i) const;
};

struct Dataset {
  std::string name;
  ImageSet train;
  ImageSet test;
  std::int64_t classes = 0;  ///< one more than the largest label of the training images
};

/// Images to train on and to test on: of a folder with the files of MNIST and its like (train-images-idx3-ubyte, train-labels-idx1-ubyte,
/// t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each also as .gz), or of CIFAR-10 in its binary form (data_batch_1.bin and so on, test_batch.bin).
/// "fashion-mnist" stands for the folder of Debian's package dataset-fashion-mnist, where `scripts/setup training` or the system has put it.
/// Errors: kInvalidInput: no such folder or file, with where it was looked for; damaged; another number of labels than of images; a label of a test
/// image that no training image has; training and test images of different size.
[[nodiscard]] Result<Dataset> read_dataset(const std::string& where);

/// Keeps all images but `count`, chosen by the seed, in their order; the second set has those. Errors: kInvalidInput: not more images than `count`.
[[nodiscard]] Result<std::pair<ImageSet, ImageSet>> hold_out(const ImageSet& images, std::size_t count, std::uint64_t seed);

/// Up to `count` images, chosen by the seed, in their order.
[[nodiscard]] ImageSet sample(const ImageSet& images, std::size_t count, std::uint64_t seed);

/// What each byte of each channel becomes as input of the network.
class Pixels {
 public:
  /// Errors: kUnsupported: `kCaffe`, which also changes the order of channels.
  [[nodiscard]] static Result<Pixels> create(Preprocess preprocess, std::int64_t channels);

  [[nodiscard]] float at(std::int64_t channel, std::uint8_t value) const { return values_[static_cast<std::size_t>(channel * 256 + value)]; }

  /// The power of two at or above the largest magnitude of any value.
  [[nodiscard]] float magnitude() const { return magnitude_; }

  /// Equal where each byte becomes the same.
  [[nodiscard]] Fingerprint fingerprint() const;

  /// An image as the network takes it.
  [[nodiscard]] std::vector<float> input(const ImageSet& images, std::size_t i) const;

 private:
  std::vector<float> values_;
  float magnitude_ = 1;
};

/// The images as a search takes them, named "NAME#0" and so on.
[[nodiscard]] std::vector<LabelledImage> labelled(const ImageSet& images, const Pixels& pixels, const std::string& name);

}  // namespace mosaic::training
