#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

/// What an image's class is taken from.
enum class Labels : std::uint8_t {
  kGiven,  ///< it is given with the image
  kOwn,    ///< the network's own best class, where there are no labels
};

/// Gradients of a trained network's loss: cross-entropy of the softmax of its output with an image's label. They are computed by a model of standard
/// operators, forward and backward, on the inference engine: nothing is trained, and no framework for training is needed. Float32, one thread.
/// Thread-compatible.
class Gradients {
 public:
  struct Sample {
    Tensor logits;               ///< [1, classes, 1, 1]
    std::vector<Tensor> layers;  ///< dL/dy by convolution, y being its output before the activation: [1, C, H, W]
  };

  /// Errors: kInvalidInput: a network that gives no classes, a convolution that does not reach the output; kEngine.
  [[nodiscard]] static Result<Gradients> create(const network::Network& network, Labels labels);

  Gradients(Gradients&&) noexcept;
  Gradients& operator=(Gradients&&) noexcept;
  ~Gradients();

  /// `image`: float32 [1, C, H, W]. `label`: with labels that are given, and only then. Errors: kInvalidInput: an image of another shape, a label
  /// that is missing, not asked for, or not below the number of classes; kEngine.
  [[nodiscard]] Result<Sample> at(const Tensor& image, std::optional<std::size_t> label = {});

 private:
  struct State;
  explicit Gradients(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mosaic::mapping
