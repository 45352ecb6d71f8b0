#include "mosaic/input/resize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace mosaic {
namespace {

/// For each pixel of a side: its two neighbours and the share of the second.
struct Blend {
  std::size_t low = 0;
  std::size_t high = 0;
  float share = 0;
};

std::vector<Blend> blends(std::int64_t from, std::int64_t to) {
  std::vector<Blend> all;
  for (std::int64_t i = 0; i < to; ++i) {
    const double position =
        std::clamp((static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5, 0.0, static_cast<double>(from - 1));
    const auto low = static_cast<std::size_t>(position);
    all.push_back(
        {.low = low, .high = std::min(low + 1, static_cast<std::size_t>(from - 1)), .share = static_cast<float>(position - std::floor(position))});
  }
  return all;
}

}  // namespace

Result<void> resize_planes(const Tensor& from, Tensor& to) {
  const Shape& a = from.shape();
  const Shape& b = to.shape();
  const bool fits = from.type() == ElementType::kFloat32 && to.type() == ElementType::kFloat32 && a.size() == b.size() && a.size() >= 2 &&
                    std::equal(a.begin(), a.end() - 2, b.begin()) && std::ranges::all_of(a, [](std::int64_t n) { return n > 0; }) &&
                    std::ranges::all_of(b, [](std::int64_t n) { return n > 0; });
  if (!fits) return invalid(fmt::format("{} cannot be resized to {}", to_string(a), to_string(b)));
  const std::int64_t height = a[a.size() - 2];
  const std::int64_t width = a.back();
  const std::vector<Blend> rows = blends(height, b[b.size() - 2]);
  const std::vector<Blend> columns = blends(width, b.back());
  const std::span<const float> source = from.as<float>();
  const std::span<float> target = to.as<float>();
  const auto plane = static_cast<std::size_t>(height * width);
  std::size_t out = 0;
  for (std::size_t begin = 0; begin < source.size(); begin += plane) {
    for (const Blend& row : rows) {
      const std::span<const float> upper = source.subspan(begin + row.low * static_cast<std::size_t>(width), static_cast<std::size_t>(width));
      const std::span<const float> lower = source.subspan(begin + row.high * static_cast<std::size_t>(width), static_cast<std::size_t>(width));
      for (const Blend& column : columns) {
        const float top = upper[column.low] + column.share * (upper[column.high] - upper[column.low]);
        const float bottom = lower[column.low] + column.share * (lower[column.high] - lower[column.low]);
        target[out++] = top + row.share * (bottom - top);
      }
    }
  }
  return {};
}

}  // namespace mosaic
