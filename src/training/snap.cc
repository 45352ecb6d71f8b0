#include "training/snap.h"

#include <algorithm>
#include <cstddef>

#include "mosaic/mapping/fronts.h"

namespace mosaic::training {
namespace {

/// Orders channels that want the analog array; all of them together weigh less than any tolerance.
constexpr double kFaint = 1e-9;

}  // namespace

mapping::Mapping discretised(const network::Network& network, const Wishes& wishes) {
  mapping::Mapping result = mapping::all_digital(network);
  const std::vector<ConvShape> shapes = mapping::conv_shapes(network);
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    if (shapes[l].groups > 1) continue;
    std::ranges::transform(wishes[l], result.layers[l].channels.begin(),
                           [](double wish) { return wish > 0.5 ? mapping::Unit::kDigital : mapping::Unit::kAnalog; });
  }
  return result;
}

mapping::Mapping snapped(const network::Network& network, const Wishes& wishes, diana::CostKind kind, double tolerance) {
  const std::vector<ConvShape> shapes = mapping::conv_shapes(network);
  mapping::Sensitivities losses;
  double all = 0;
  for (std::size_t l = 0; l < wishes.size(); ++l) {
    std::vector<double>& layer = losses.emplace_back();
    for (const double wish : wishes[l]) {
      layer.push_back(shapes[l].groups > 1 ? 0 : std::max(0.0, 2 * wish - 1) + kFaint * wish);
      all += std::max(0.0, 2 * wish - 1);
    }
  }
  const double faint = kFaint * static_cast<double>(std::ranges::max(shapes, {}, &ConvShape::out_channels).out_channels * std::ssize(shapes));
  const mapping::CostFront front = mapping::cost_front(shapes, losses, {.kind = kind});
  // Ascending cost, descending loss: the first that loses little enough.
  const auto point = std::ranges::find_if(front.points, [&](const mapping::MappedPoint& each) { return each.proxy <= tolerance * all + faint; });
  return mapping::to_mapping(network, losses, point == front.points.end() ? front.points.back() : *point);
}

}  // namespace mosaic::training
