#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "mosaic/cost/chain_costs.h"

namespace mosaic {

/// The paper's device-preferred versions (Han et al., PACT 2019, section VI.A): as many consecutive layers as possible in each slice of the preferred
/// configuration; a layer that no longer fits opens the next slice there; one that cannot run there at all, for an operator or for its memory, gets a slice of its own on
/// the first of `fallbacks` that can run it. Nothing where none can.
[[nodiscard]] std::optional<Chain> preferred(const ChainCosts& costs, std::size_t configuration, std::span<const std::size_t> fallbacks);

/// The paper's HCA version: each layer on the configuration that runs it at the least cost, communication not considered, limits kept.
[[nodiscard]] std::optional<Chain> hca(const ChainCosts& costs);

}  // namespace mosaic
