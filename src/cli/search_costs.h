#pragma once

#include <cstddef>
#include <string>

#include "mosaic/accelerators/diana.h"
#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/network/network.h"

namespace mosaic::cli {

struct CostSearchOptions {
  std::string model;  ///< as it was named
  diana::CostKind objective = diana::CostKind::kLatency;
  std::size_t points = 8;
  std::string output;  ///< folder; empty: none
  bool json = false;
};

/// 'mosaic search --cost-only': the exact front of modelled cost against the error of ternary weights, without images and without accuracies. Into
/// the folder: costs.html, costs.csv and .json, front.csv with every point, NAME.mapping.json. Errors: kInvalidInput, kIo.
[[nodiscard]] Result<void> search_costs(const network::Network& network, const Board& board, const CostSearchOptions& options);

}  // namespace mosaic::cli
