#pragma once

#include "mosaic/accelerators/conv_shape.h"
#include "mosaic/accelerators/diana.h"

namespace mosaic::training {

/// The cost of a layer of which an expected, not whole, number of output channels is digital, and how it changes with that number.
struct RelaxedCost {
  double cost = 0;   ///< cycles, or joules
  double slope = 0;  ///< for one more digital channel
};

/// DIANA's cost functions (accelerators/diana.h) made smooth, as ODiMO trains with them: ceilings count as they are and have the slope of what they
/// round (straight through); what a unit costs as soon as it has a channel, n, is weighted by n / (n + 1); the longer of both times is their mean
/// weighted by softmax with a temperature of a tenth of the longer one. For the gradient only: what is reported is the exact cost of whole channels.
/// Requires: one group; 0 <= digital <= out_channels. Pure. Source: Risso et al. (ODiMO, ISLPED 2023), with a temperature that does not hang on the
/// unit of cost.
[[nodiscard]] RelaxedCost relaxed_cost(const ConvShape& layer, double digital, diana::CostKind kind);

}  // namespace mosaic::training
