#pragma once

// Integers chosen by the layer's output. Serves this room alone; it is not installed.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mosaic/mapping/cholesky.h"
#include "mosaic/mapping/quantizers.h"
#include "mosaic/mapping/second_moments.h"

namespace mosaic::mapping {

/// Integers for a channel's weights that are chosen by what they change in its output, not in the weights. Around the weights v of least error, what
/// other weights q cost is
///     error(v - q) = (v - q)' H (v - q),    H = covariance of the inputs + damping * I,
/// in units of the output squared; what the mean of the output loses is left to the bias. Where inputs are uncorrelated and vary alike, this is the
/// squared error of weights, and the integers are those of quantizers.h. Immutable, thread-safe.
///
/// Source: Hassibi and Stork, "Second order derivatives for network pruning: optimal brain surgeon" (1993), for the error that the other weights make
/// good; Frantar, Ashkboos, Hoefler and Alistarh, "GPTQ" (2022), for rounding one weight after the other, the inputs that vary most first, in the
/// same order for all channels, with a Cholesky factor; that this is Babai's nearest plane, which needs no inverse, as here: Chen and others, "The
/// geometry of LLM quantization: GPTQ as Babai's nearest plane algorithm" (2025).
class OutputError {
 public:
  /// `damping`: by the mean variance of the inputs, positive: what keeps weights from following a few images. Requires: some input varies.
  /// Complexity: inputs^3 / 6.
  OutputError(const GroupMoments& moments, double damping);

  /// The v of channel `output`: what its inputs, which other integers before it may have changed, best make its wanted output of, damped towards
  /// `weights`: those that minimise mean((wanted - v' inputs)^2) + damping |v - weights|^2. Equal to `weights` where nothing has changed.
  [[nodiscard]] std::vector<double> best_weights(std::span<const float> weights, std::size_t output) const;

  [[nodiscard]] double of(std::span<const double> difference) const;

  /// Never worse than quantize_ternary(v) with the scale of least error. Its scale is that of least error for its values; but where that is not
  /// positive, it is quantize_ternary(v). Complexity: some ten times inputs^2.
  [[nodiscard]] TernaryChannel ternary(std::span<const double> v) const;

  /// Of the weights values * 2^exponent. Never worse than rounding each to the nearest.
  [[nodiscard]] std::vector<std::int8_t> int8(std::span<const double> v, int exponent) const;

 private:
  template <class Round>
  [[nodiscard]] std::vector<std::int8_t> nearest_plane(std::span<const double> v, double scale, Round round) const;
  [[nodiscard]] std::vector<double> times(std::span<const double> x) const;  ///< H x
  [[nodiscard]] std::span<const double> row(std::size_t i) const { return std::span(matrix_).subspan(i * size_, size_); }
  struct Ternary;
  void improve(Ternary& channel, std::span<const double> target) const;

  std::size_t size_;
  double damping_;
  std::vector<double> matrix_;      ///< H
  std::vector<double> cross_;       ///< [outputs, inputs]
  std::vector<std::size_t> order_;  ///< inputs in the factor's order: those that vary least first
  Cholesky factor_;                 ///< of H in that order
};

}  // namespace mosaic::mapping
