#pragma once

#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/base/ids.h"
#include "mosaic/board/board.h"
#include "mosaic/integers/quantized_network.h"
#include "mosaic/plan/plan.h"

namespace mosaic {

/// The two arrays of a board that split layers by channels, by the cost functions that its devices name.
struct Arrays {
  ConfigurationId digital;  ///< cost function "diana/digital": 8-bit weights
  ConfigurationId analog;   ///< cost function "diana/analog": ternary ones
};

/// Errors: kUnsupported: a board whose devices are not modelled, or that has one of the two arrays alone, or with a
/// clock or power that the cost functions do not know; the message says which boards will do.
[[nodiscard]] Result<Arrays> find_arrays(const Board& board);

/// A network in integers as a plan: its layers are its convolutions, numbered in their order; each part of `channels` is a block of neighbouring rows
/// (`Convolution::rows`) of one accelerator, both parts of a layer come after those of the layer before, and times and energies are those of the
/// published cost functions: modelled. `graph` is the network's fingerprint. `sources`: the network's file, and the board as it was named.
/// `objective`: what it was made for. Errors: as `find_arrays`.
[[nodiscard]] Result<Plan> mapped_plan(const integers::QuantizedNetwork& network, const Board& board, const Plan::Sources& sources,
                                       std::string_view objective = "latency");

/// Judges a plan of a network in integers, whoever wrote it. Errors: as `find_arrays` and `divide_layers`; kInvalidInput: made for another network or
/// board; channels on an array that does not compute in the precision of their weights; kUnsupported: a layer of several groups on the analog array.
[[nodiscard]] Result<void> validate_mapped(const integers::QuantizedNetwork& network, const Board& board, const Plan& plan);

}  // namespace mosaic
