#include "mosaic/mapping/moments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/mapping/image_runs.h"

namespace mosaic::mapping {
namespace {

constexpr double kMostGain = 4;

/// Mean and sum of squared deviations, joined set by set without cancellation. Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise
/// algorithm for computing sample variances" (1979).
struct Moments {
  double count = 0;
  double mean = 0;
  double squares = 0;

  void join(double other_count, double other_mean, double other_squares) {
    const double all = count + other_count;
    const double apart = other_mean - mean;
    squares += other_squares + apart * apart * count * other_count / all;
    mean += apart * other_count / all;
    count = all;
  }
};

/// Adds, for one image, each channel's mean over pixels and the sum of squared deviations from it as outputs.
void add_moments(onnx::Builder& net, const Watched& watched) {
  const Shape shape{1, watched.extent.channels, 1, 1};
  const std::string mean = net.mean_of_image(watched.value);
  const std::string off = net.node("Sub", {watched.value, mean});
  net.output(mean, shape);
  net.output(net.node("ReduceSumSquare", {off}, {{"axes", std::vector<std::int64_t>{2, 3}}, {"keepdims", std::int64_t{1}}}), shape);
}

Result<void> join(std::vector<Moments>& moments, const Watched& watched, std::span<const float> means, std::span<const float> squares) {
  const auto pixels = static_cast<double>(watched.extent.height * watched.extent.width);
  for (std::size_t c = 0; c < moments.size(); ++c) {
    if (!std::isfinite(means[c]) || !std::isfinite(squares[c]))
      return fail(ErrorCode::kInvalidInput, fmt::format("channel {} of '{}' is not finite", c, watched.layer));
    moments[c].join(pixels, static_cast<double>(means[c]), static_cast<double>(squares[c]));
  }
  return {};
}

ChannelMoments finished(const std::vector<Moments>& moments) {
  ChannelMoments result;
  for (const Moments& each : moments) {
    result.mean.push_back(each.mean);
    result.deviation.push_back(std::sqrt(each.squares / each.count));
  }
  return result;
}

}  // namespace

Result<std::vector<ChannelMoments>> moments_of(onnx::Builder& net, const network::Extent& input, std::span<const Watched> watched,
                                               std::span<const Tensor> images) {
  MOSAIC_CHECK(!images.empty());
  std::vector<std::vector<Moments>> moments;
  for (const Watched& each : watched) {
    add_moments(net, each);
    moments.emplace_back(static_cast<std::size_t>(each.extent.channels));
  }
  MOSAIC_TRY(ImageRuns runs, ImageRuns::open(net.build(), input, {}));
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto outputs = runs.run(images[i]);
    if (!outputs) return within(fmt::format("image {}", i), outputs.error());
    for (std::size_t w = 0; w < watched.size(); ++w) {
      const auto joined = join(moments[w], watched[w], (*outputs)[2 * w].as<float>(), (*outputs)[2 * w + 1].as<float>());
      if (!joined) return within(fmt::format("image {}", i), joined.error());
    }
  }
  std::vector<ChannelMoments> result;
  for (const std::vector<Moments>& each : moments) result.push_back(finished(each));
  return result;
}

double gain_of(double wanted, double there) {
  if (!(wanted > 0) || !(there > 0)) return 1;
  return std::clamp(wanted / there, 1 / kMostGain, kMostGain);
}

}  // namespace mosaic::mapping
