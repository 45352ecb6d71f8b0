#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/mapping/changes.h"
#include "mosaic/mapping/gradients.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

/// How much the loss is expected to suffer from each output channel's weights being ternary instead of 8-bit, by convolution and channel. Not
/// negative; without a unit: good for comparing and for adding up. Zeros in layers of several groups, which are never ternary.
using Sensitivities = std::vector<std::vector<double>>;

/// Measures them on images, one after the other. A channel's sensitivity is the mean over images of
///     (sum over pixels of dL/dy change(x))^2,
/// y being the channel, x the layer's input in the float network, and change(x) what is added to y where the channel is ternary instead of 8-bit,
/// conv(x, W_ternary - W_int8) with plain changes: the square of the change of the loss to first order. With the true label it is a diagonal of the
/// empirical Fisher information in the direction of the change. Thread-compatible. Time: about three runs of the network and one of each convolution
/// an image. Source: the Fisher information as a second-order estimate of a loss, as in Theis and others, "Faster gaze prediction with dense networks
/// and Fisher pruning" (2018).
class SensitivityMeter {
 public:
  /// `changes`: of each convolution (mapping/changes.h). Errors: as Gradients::create; kInvalidInput: changes that are not finite; kUnsupported: no
  /// layer may become ternary.
  [[nodiscard]] static Result<SensitivityMeter> create(const network::Network& network, Labels labels, std::span<const LayerChange> changes);

  SensitivityMeter(SensitivityMeter&&) noexcept;
  SensitivityMeter& operator=(SensitivityMeter&&) noexcept;
  ~SensitivityMeter();

  /// Errors: as Gradients::at, and kInvalidInput where the image leads to numbers that are not finite; it does not count then.
  [[nodiscard]] Result<void> add(const Tensor& image, std::optional<std::size_t> label = {});

  /// The mean over the images added so far. Requires: one or more.
  [[nodiscard]] Sensitivities sensitivities() const;
  [[nodiscard]] std::size_t images() const;

 private:
  struct State;
  explicit SensitivityMeter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mosaic::mapping
