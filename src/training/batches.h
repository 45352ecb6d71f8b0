#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "training/images.h"

namespace mosaic::training {

/// How training images are changed before each use, at random.
struct Augmentation {
  std::int64_t shift = 0;  ///< at most so many pixels each way; what comes in is byte 0
  bool mirror = true;      ///< left and right, every second time
};

/// Training images in random orders, batch by batch. What a batch holds depends on the seed, the epoch and the batch's number alone: a run that goes
/// on in the middle sees what it would have seen. Borrows the images. Thread-compatible.
class Batches {
 public:
  /// Requires: an image or more, batch >= 1.
  Batches(const ImageSet& images, const Pixels& pixels, std::size_t batch, std::uint64_t seed, const Augmentation& augmentation = {});

  /// Batches in an epoch. What is left over at its end is not used, unless it is all there is.
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t batch() const { return batch_; }

  /// Fills in batch `number` of `epoch`. `inputs`: [batch, C, H, W], divided by the pixels' magnitude. Requires: sizes as they must be.
  void fill(std::size_t epoch, std::size_t number, std::span<float> inputs, std::span<std::int64_t> labels);

 private:
  const ImageSet& images_;
  const Pixels& pixels_;
  std::size_t batch_;
  std::size_t count_;
  std::uint64_t seed_;
  Augmentation augmentation_;
  std::size_t ordered_ = 0;  ///< the epoch of the order, plus one
  std::vector<std::size_t> order_;
};

}  // namespace mosaic::training
