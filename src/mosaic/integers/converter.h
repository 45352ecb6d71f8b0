#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/integers/simulate.h"

namespace mosaic::integers {

/// What the chip has and the paper's arithmetic leaves out: each partial sum of the analog array goes through a converter of few bits, and has noise.
///
///   code = saturate(round(sum / step + noise * n), -2^(bits - 1), 2^(bits - 1) - 1)      n normal with deviation 1; rounded half to even
///   what goes on = code * step
///
/// Source of the 6 bits: Ueyoshi et al. (DIANA, ISSCC 2022). Step and noise are ours to choose: no published figure says them for a trained network.
struct AnalogEffects {
  int bits = 6;                     ///< of the converter, 2 to 31
  std::vector<std::int32_t> steps;  ///< of each node: one code in units of the sums, 1 or more; what is no convolution is not looked at
  double noise = 0;                 ///< deviation, in codes
  std::uint64_t seed = 1;
};

/// A converter with these effects; its copies share one stream of random numbers, so each image wants one of its own (another seed an image) for
/// results that do not depend on order or threads. Errors: kInvalidInput: bits, a step below 1, noise that is negative or not finite.
[[nodiscard]] Result<Converter> make_converter(const AnalogEffects& effects);

/// Steps with which the converter's range just holds the given quantile of the magnitudes of a layer's exact partial sums on these images; 1 where a
/// node has none. Errors: kInvalidInput: no images, one of another size, bits outside 2 to 31.
[[nodiscard]] Result<std::vector<std::int32_t>> calibrate_steps(const Simulator& simulator, std::span<const std::vector<float>> images, int bits = 6,
                                                                double quantile = 0.9995);

}  // namespace mosaic::integers
