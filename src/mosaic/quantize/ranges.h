#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/quantize/histogram.h"

namespace mosaic::quantize {

/// Values that 8 bits stand for; those outside are taken for its ends. Holds 0.
struct Range {
  double low = 0;
  double high = 0;
};

/// How a tensor's range is chosen from what it held while it was watched.
enum class RangeMethod : std::uint8_t {
  kPercentile,    ///< all but the same share of values at either end
  kSquaredError,  ///< the least expected squared error of clipping and rounding
  kMinMax,        ///< everything that was seen
};
/// "percentile", "mse", "minmax". Errors: kInvalidInput.
[[nodiscard]] Result<RangeMethod> parse_range_method(std::string_view text);
[[nodiscard]] std::string_view name(RangeMethod method);

struct RangeOptions {
  RangeMethod method = RangeMethod::kSquaredError;
  double percentile = 99.99;  ///< of values below the upper end, and above the lower one; 50 to 100
};

/// The range of a tensor. The squared error is that of Nagel and others, A White Paper on Neural Network Quantization, 2021 (arXiv:2106.08295),
/// section 3.1: of what is clipped as the histogram says, of the rest scale^2 / 12, of zeros none; the least of 128 lower and 128 upper ends is
/// taken. Errors: kInvalidInput: values that are no numbers, or no values at all. Complexity: linear in the bins.
[[nodiscard]] Result<Range> choose_range(const Histogram& histogram, const RangeOptions& options);

/// What 8-bit values mean: real = scale * (value - zero_point).
struct Affine {
  float scale = 1;
  std::uint8_t zero_point = 0;

  friend bool operator==(const Affine&, const Affine&) = default;
};

/// The 256 values spread over a range, 0 being one of them: the scale is the range's width / 255, the ends move by half a step at most.
[[nodiscard]] Affine affine_of(const Range& range);

}  // namespace mosaic::quantize
