#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/elastic/additive.h"
#include "training/extractor.h"

namespace mosaic::training {

struct LatencyOptions {
  std::vector<int> threads{1};  ///< each network is timed with each number of them
  std::size_t runs = 50;        ///< timed ones
  std::function<void(std::string_view, double)> progress = {};
  std::stop_token stop = {};
};

/// The median time of one image, [threads][network], by the inference engine on this machine; all take turns (session/race.h). Errors: those of
/// Extractor and engine; kCancelled.
[[nodiscard]] Result<std::vector<std::vector<Nanoseconds>>> time_networks(const Extractor& extractor, std::span<const elastic::SubNetwork> networks,
                                                                          const LatencyOptions& options);

/// The sub-networks that a table is made of: for each resolution the smallest, the smallest with each other depth of a stage, and each of these with
/// each option of one layer.
[[nodiscard]] std::vector<elastic::SubNetwork> table_networks(const elastic::Space& space);

/// Fills in the latencies of `scores` from those of whole networks: what an option adds is the difference between two networks that differ in it
/// alone. A layer is timed in its place, with what the engine makes of its neighbours, and no layer has to run by itself. Requires: a time for each
/// of `table_networks`.
void fill_latencies(elastic::AdditiveScores& scores, std::span<const Nanoseconds> times);

}  // namespace mosaic::training
