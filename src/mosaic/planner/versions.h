#pragma once

// The versions that MOSAIC's evaluation compares (Han et al., PACT 2019, section VI.A), as functions of costs. MOSAIC's own is `algorithm1` of
// `paper_view`, or `solve_chain`. Under the on-demand governor a preferred version runs the chain of `preferred`: what the governor does to the
// clocks of its devices is a matter of whoever runs it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/cost/chain_costs.h"
#include "mosaic/planner/chain.h"

namespace mosaic {

/// TF-BIG, TF-LITTLE, TF-GPU, TF-NPU: everything on one configuration, as many consecutive layers as possible in each slice. A layer that does not
/// fit into the slice for its memory begins the next one. A layer that the configuration cannot run, or not hold even alone, is a slice of its own on
/// the first fallback that can. Nothing where no fallback can, or a limit on sums of memory is broken.
[[nodiscard]] std::optional<Chain> preferred(const ChainCosts& costs, std::size_t configuration, const std::vector<std::size_t>& fallbacks);

/// HCA: each layer on whichever of the configurations costs least, limits respected and communication not considered. Nothing as for `greedy`.
[[nodiscard]] std::optional<Chain> hca(const ChainCosts& costs, const std::vector<std::size_t>& configurations);

/// HCCA: the cheapest chain of these configurations, communication considered. Nothing as for `solve_chain`.
[[nodiscard]] std::optional<ChainResult> hcca(const ChainCosts& costs, const std::vector<std::size_t>& configurations);

/// A chain and what it really cost.
struct Judged {
  Chain chain;
  double cost = 0;
};

/// Exhaustive: the best by `judge`, which stands for measuring, among the other versions' chains and `count` different random ones (fewer where there
/// are not as many). Ties to the others in their order, then to the one drawn first. Errors: those of `judge`; kUnsupported where there is no chain.
[[nodiscard]] Result<Judged> exhaustive(const ChainCosts& costs, const std::vector<Chain>& others,
                                        const std::function<Result<double>(const Chain&)>& judge, std::uint64_t seed, std::size_t count = 1000);

}  // namespace mosaic
