#pragma once

#include "mosaic/accelerators/conv_shape.h"
#include "mosaic/base/units.h"

namespace mosaic::darkside {

/// The cost functions of the Darkside chip: a cluster of cores for any convolution and an engine for depthwise ones. Cycles are modelled. Source:
/// Risso et al., "Optimizing DNN Inference on Multi-Accelerator SoCs at Training-time" (2024), as its authors' code has them. Pure, reentrant.

/// The unit is not given by the source; milliwatts are assumed.
inline constexpr Watts kClusterPower{168e-3};
inline constexpr Watts kDepthwisePower{118e-3};
inline constexpr Watts kIdlePower{1.32e-3};

/// Cycles of the cluster for the whole layer. Requires: one group.
[[nodiscard]] double cluster_cycles(const ConvShape& layer);

/// Cycles of the depthwise engine for `out_channels` channels of 3 x 3 windows.
[[nodiscard]] double depthwise_cycles(const ConvShape& layer);

}  // namespace mosaic::darkside
