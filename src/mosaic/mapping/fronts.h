#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mosaic/accelerators/conv_shape.h"
#include "mosaic/accelerators/diana.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/mapping/sensitivity.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

/// From sensitivities to all mappings worth having. The proxy of a mapping is the sum of the sensitivities of its analog channels; its cost is that
/// of DIANA's published cost functions, latency or energy. Pure, deterministic.

/// The modelled cost of a layer in whole units, so that sums are exact and equal costs compare equal: latency in 1/40 of a cycle (an evaluation of
/// the analog array takes 18.2 cycles, shared by up to eight pixels), energy in 10 uW for as long, 9.6e-16 J. Requires: as diana::layer_cost.
[[nodiscard]] std::int64_t whole_cost(const ConvShape& layer, std::int64_t digital, diana::CostKind kind);

/// One way to compute a layer.
struct Choice {
  std::int64_t digital = 0;  ///< channels
  std::int64_t cost = 0;     ///< as whole_cost
  double proxy = 0;

  friend bool operator==(const Choice&, const Choice&) = default;
};

/// Numbers of digital channels, the most sensitive ones first, that no other number beats or equals in both cost and proxy; of equal ones, the most
/// digital. Ascending cost, descending proxy. Exact: costs depend on the number alone. Layers of several groups have the one choice there is.
/// Requires: a sensitivity for each channel, finite and not negative.
[[nodiscard]] std::vector<Choice> layer_front(const ConvShape& layer, std::span<const double> sensitivities, diana::CostKind kind);

/// Channels, the most sensitive first; of equals, the lower index.
[[nodiscard]] std::vector<std::size_t> by_sensitivity(std::span<const double> sensitivities);

struct MappedPoint {
  std::vector<std::int64_t> digital;  ///< channels, by layer
  diana::NetworkCost cost;            ///< exact, by both kinds
  double proxy = 0;
};

struct CostFront {
  std::vector<MappedPoint> points;  ///< ascending cost of the kind asked for, descending proxy: none beats another
  double excess = 0;  ///< 0: proved whole. Else for every mapping there is a point that costs no more and whose proxy is at most (1 + excess)
                      ///< times the mapping's: the cap on labels bound
};

struct FrontOptions {
  diana::CostKind kind = diana::CostKind::kLatency;
  std::size_t label_cap = 250'000;  ///< partial mappings kept at most behind each layer; three or more
};

/// All mappings that no other one beats or equals in both cost and proxy; of equal ones, the one with the most digital channels. Exact up to the
/// rounding of sums of proxies, taken in the order of layers. Dynamic programming over layers: each choice of a layer shifts the front of those
/// before it, the shifted fronts are merged, what is dominated is dropped. Where more labels than `label_cap` remain, one stands for those after it
/// (which cost more) as long as its proxy is no more than a factor above theirs, so that a cap only makes the front coarser, by a factor that is
/// given: an approximation of fronts as in Papadimitriou and Yannakakis, "On the approximability of trade-offs" (2000). Complexity: for each layer
/// the labels before it times its choices times the logarithm of these. Requires: as many sensitivities as layers and channels.
[[nodiscard]] CostFront cost_front(std::span<const ConvShape> layers, const Sensitivities& sensitivities, const FrontOptions& options = {});

/// About `count` points of the front, its ends among them, with costs as evenly spread by ratio as there are points. Requires: two or more.
[[nodiscard]] std::vector<MappedPoint> spread_points(const CostFront& front, diana::CostKind kind, std::size_t count);

/// The most sensitive channels of each layer digital, as many as the point says. Requires: all of the same network.
[[nodiscard]] Mapping to_mapping(const network::Network& network, const Sensitivities& sensitivities, const MappedPoint& point);

/// The sum of the sensitivities of its analog channels. Requires: of the same network.
[[nodiscard]] double proxy_of(const Mapping& mapping, const Sensitivities& sensitivities);

}  // namespace mosaic::mapping
