#pragma once

#include <filesystem>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/elastic/additive.h"
#include "mosaic/elastic/space.h"

namespace mosaic::xavier_nx {

/// The elastic MobileNetV3 of width 1.2 that the published tables of a Jetson Xavier NX are of: five stages of two to four blocks, each with a kernel
/// of 3, 5 or 7 and an expansion of 3, 4 or 6, at 160, 192 or 224 pixels. Source: Cai et al., "Once-for-all" (ICLR 2020), OFAMobileNetV3.
[[nodiscard]] elastic::Space elastic_mobilenet();

/// What the tables call a block: "expanded_conv-input:20x20x48-output:10x10x96-expand:144-kernel:3-stride:2-idskip:0-se:0-hs:1". `layer`: within
/// its stage. Requires: values that the space has.
[[nodiscard]] std::string block_key(int resolution, std::size_t stage, std::size_t layer, int kernel, int expansion);

/// Adds the accuracy that stands for a sub-network's here: a PROXY made by hand, which nobody measured. It adds up over blocks, each worth more where
/// it is deeper, wider and has a larger kernel, in late stages more than in early ones, so that the smallest sub-network has 71.1 % and the
/// largest 79.5 %, about as far apart as those of Dynamic-OFA. It serves to compare searches with each other and says nothing about a network's
/// accuracy.
void add_accuracy_proxy(elastic::AdditiveScores& scores);

/// The latencies of a folder's DEVICE.160.json, DEVICE.192.json and DEVICE.224.json, where a block's entry is {"count", "mean", "std"} in
/// milliseconds, and the proxy of accuracy. Means are taken: the tables have nothing else. Errors: kInvalidInput, naming file and block: no such
/// file, an entry that is missing, no positive mean.
[[nodiscard]] Result<elastic::AdditiveScores> read_scores(const std::filesystem::path& folder, const std::string& device);

}  // namespace mosaic::xavier_nx
