#pragma once

#include <cstddef>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/precision/choose.h"
#include "mosaic/quantize/examples.h"
#include "mosaic/session/variants.h"

namespace mosaic {

/// `count` examples, evenly spread over the set of `total`, in memory; all where there are no more. Errors: those of visiting.
[[nodiscard]] Result<std::vector<quantize::Example>> sample_examples(const quantize::Examples& examples, std::size_t total, std::size_t count);

/// Fills in the noise of every layer's forms: the sum of squares of what changes in the outputs when that layer alone is not in float, over the sum
/// of squares of the outputs. Errors: those of the engine; kCancelled. Complexity: a session and a run of each example for each layer and form.
[[nodiscard]] Result<void> measure_noise(const Variants& variants, const std::vector<quantize::Example>& examples, const quantize::Open& open,
                                         const quantize::Watch& watch, precision::FormTable& table);

}  // namespace mosaic
