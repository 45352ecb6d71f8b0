#pragma once

#include <cstddef>
#include <optional>
#include <set>

#include "mosaic/base/random.h"
#include "mosaic/cost/chain_costs.h"

namespace mosaic {

/// Everything on one configuration, in as few slices as its limit allows, each as long as possible. Nothing where it cannot run a layer, or does not
/// fit.
[[nodiscard]] std::optional<Chain> single_configuration(const ChainCosts& costs, std::size_t configuration);

/// Each layer on the configuration that runs it fastest, whatever getting there costs; slices are split where a limit asks for it. Nothing where a
/// layer has nowhere to run, or a memory space is too small.
[[nodiscard]] std::optional<Chain> greedy(const ChainCosts& costs);

/// What a random chain may look like.
struct RandomChains {
  std::size_t fewest_slices = 1;
  std::size_t most_slices = 8;
  bool neighbours_differ = true;   ///< no two slices in a row on one configuration
  std::size_t fewest_devices = 1;  ///< places
  std::set<std::size_t> cuts;      ///< cuts that must be used; more than most_slices - 1 of them raise the number of slices
};

/// A feasible chain with a random number of slices, cuts and configurations; nothing if none was found in many tries.
[[nodiscard]] std::optional<Chain> random_chain(const ChainCosts& costs, Random& random, const RandomChains& options);

/// The cheapest of `count` random chains of up to 8 slices; nothing if none is feasible.
[[nodiscard]] std::optional<Chain> best_random(const ChainCosts& costs, std::uint64_t seed, std::size_t count = 1000);

}  // namespace mosaic
