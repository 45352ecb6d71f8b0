#include "training/batches.h"

#include <algorithm>
#include <numeric>

#include "mosaic/base/check.h"
#include "mosaic/base/random.h"

namespace mosaic::training {
namespace {

/// A seed for one purpose of one epoch.
std::uint64_t seed_of(std::uint64_t seed, std::size_t epoch, std::uint64_t purpose) {
  Random random(seed);
  const std::uint64_t base = random.next();
  return Random(base ^ (static_cast<std::uint64_t>(epoch) * 0x9e3779b97f4a7c15U) ^ (purpose << 56U)).next();
}

}  // namespace

Batches::Batches(const ImageSet& images, const Pixels& pixels, std::size_t batch, std::uint64_t seed, const Augmentation& augmentation)
    : images_(images),
      pixels_(pixels),
      batch_(std::min(batch, images.size())),
      count_(images.size() / batch_),
      seed_(seed),
      augmentation_(augmentation),
      order_(images.size()) {}

void Batches::fill(std::size_t epoch, std::size_t number, std::span<float> inputs, std::span<std::int64_t> labels) {
  const network::Extent& extent = images_.extent;
  MOSAIC_CHECK(number < count_ && labels.size() == batch_ && inputs.size() == batch_ * static_cast<std::size_t>(extent.size()));
  if (ordered_ != epoch + 1) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    Random(seed_of(seed_, epoch, 1)).shuffle(order_);
    ordered_ = epoch + 1;
  }
  Random random(seed_of(seed_, epoch, 2) + number);
  const float inverse = 1 / pixels_.magnitude();
  const auto range = static_cast<std::size_t>(2 * augmentation_.shift + 1);
  float* target = inputs.data();
  for (std::size_t b = 0; b < batch_; ++b) {
    const std::size_t i = order_[number * batch_ + b];
    labels[b] = images_.labels[i];
    const std::uint8_t* const source = images_.image(i).data();
    const std::int64_t down = static_cast<std::int64_t>(random.below(range)) - augmentation_.shift;
    const std::int64_t right = static_cast<std::int64_t>(random.below(range)) - augmentation_.shift;
    const bool mirrored = random.below(2) == 1 && augmentation_.mirror;
    for (std::int64_t c = 0; c < extent.channels; ++c) {
      for (std::int64_t y = 0; y < extent.height; ++y) {
        for (std::int64_t x = 0; x < extent.width; ++x) {
          const std::int64_t from_y = y - down;
          const std::int64_t from_x = (mirrored ? extent.width - 1 - x : x) - right;
          const bool inside = from_y >= 0 && from_y < extent.height && from_x >= 0 && from_x < extent.width;
          const std::uint8_t value = inside ? source[(c * extent.height + from_y) * extent.width + from_x] : std::uint8_t{0};
          *target++ = pixels_.at(c, value) * inverse;
        }
      }
    }
  }
}

}  // namespace mosaic::training
