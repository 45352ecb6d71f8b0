#pragma once

// Running what this room builds, image by image. Not installed.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/mapping/backward.h"
#include "mosaic/mapping/gradients.h"
#include "mosaic/network/network.h"
#include "mosaic/onnx/builder.h"

namespace mosaic::mapping {

/// A whole network with the gradients of its loss, in a model that is being built.
struct LossGradients {
  onnx::NetworkValues values;
  std::vector<std::string> gradients;  ///< by node, as of add_gradients
};

/// Adds them; with labels that are given, an input "target" [1, classes, 1, 1] as well. Errors: as Gradients::create.
[[nodiscard]] Result<LossGradients> add_loss_gradients(onnx::Builder& net, const network::Network& network, Labels labels);

/// A session on a model with the inputs "input" and perhaps "target". Thread-compatible.
class ImageRuns {
 public:
  /// `classes`: of the target; none: the model has no such input. Errors: kEngine, kInvalidInput where the engine refuses the model.
  [[nodiscard]] static Result<ImageRuns> open(const onnx::Model& model, const network::Extent& input, std::optional<std::int64_t> classes);

  /// The model's outputs. Errors: kInvalidInput: an image of another type or shape, a label that is missing, not asked for or not below the number of
  /// classes; kEngine.
  [[nodiscard]] Result<std::vector<Tensor>> run(const Tensor& image, std::optional<std::size_t> label = {});

 private:
  ImageRuns(std::unique_ptr<ort::Reference> session, Shape shape, std::optional<std::int64_t> classes);

  std::unique_ptr<ort::Reference> session_;
  Shape shape_;
  std::optional<std::int64_t> classes_;
};

}  // namespace mosaic::mapping
