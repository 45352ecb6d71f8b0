#include "mosaic/integers/calibrate.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "mosaic/integers/upper_quantile.h"
#include "mosaic/network/forward.h"

namespace mosaic::integers {
namespace {

struct Seen {
  UpperQuantile magnitude;
  bool negative = false;
  bool finite = true;

  void add(std::span<const float> values) {
    for (const float value : values) {
      negative |= value < 0;
      finite &= std::isfinite(value);
      magnitude.add(std::abs(value));
    }
  }
};

}  // namespace

Result<std::vector<Range>> calibrate(const network::Network& network, std::span<const std::vector<float>> images, const CalibrateOptions& options) {
  if (images.empty()) return fail(ErrorCode::kInvalidInput, "no images to calibrate with: a few hundred would do");
  if (std::isnan(options.quantile) || options.quantile <= 0 || options.quantile > 1)
    return fail(ErrorCode::kInvalidInput, fmt::format("quantile {} lies outside (0, 1]", options.quantile));
  std::vector<Seen> seen;
  seen.reserve(network.nodes.size());
  for (const network::Node& node : network.nodes)
    seen.push_back({.magnitude = UpperQuantile(options.quantile, static_cast<std::size_t>(node.extent.size()) * images.size())});
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (static_cast<std::int64_t>(images[i].size()) != network.input().size())
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("calibration image {} has {} numbers, {} takes {}", i, images[i].size(), network.name, network.input().size()));
    const std::vector<std::vector<float>> values = network::forward(network, images[i]);
    for (std::size_t node = 0; node < values.size(); ++node) {
      seen[node].add(values[node]);
      if (!seen[node].finite)
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("'{}' gives numbers that are not finite on calibration image {}", network.nodes[node].name, i));
    }
  }
  std::vector<Range> ranges;
  ranges.reserve(seen.size());
  for (const Seen& each : seen) ranges.push_back({.magnitude = each.magnitude.value(), .negative = each.negative});
  return ranges;
}

}  // namespace mosaic::integers
