#pragma once

#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/graph/graph.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/precision/forms.h"
#include "mosaic/quantize/quantize.h"

namespace mosaic {

/// A float model and all that is needed to write it with any assignment of forms to its layers: ranges and corrected biases are found once. Refers to
/// the prepared model. Immutable.
class Variants {
 public:
  /// Errors: those of `quantize::quantize`.
  [[nodiscard]] static Result<Variants> create(const onnx::PreparedModel& prepared, const quantize::Examples& calibration, const quantize::Open& open,
                                               const quantize::Options& options, const quantize::Watch& watch);

  [[nodiscard]] const onnx::PreparedModel& prepared() const { return *prepared_; }
  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const std::vector<precision::LayerForms>& forms() const { return forms_; }

  [[nodiscard]] const quantize::Calibration& calibration() const { return calibration_; }

  /// Every layer in this form, or the most of it that the layer has.
  [[nodiscard]] std::vector<precision::Form> all(precision::Form form) const;

  /// Whether a convolution or product is in int8: without one there is nothing to make.
  [[nodiscard]] bool quantises(std::span<const precision::Form> forms) const;

  /// Errors: kInvalidInput: nothing would be quantised. Requires: a form for each layer.
  [[nodiscard]] Result<quantize::Quantized> make(std::span<const precision::Form> forms) const;

  /// Which form each layer has in a model that was made so: float where nothing of it is in integers, a pooling behind a layer in float, say.
  [[nodiscard]] std::vector<precision::Form> written(const quantize::Scheme& scheme, std::span<const precision::Form> forms) const;

 private:
  Variants() = default;

  const onnx::PreparedModel* prepared_ = nullptr;
  quantize::Options options_;
  Graph graph_;
  quantize::Calibration calibration_;
  quantize::Biases biases_;
  std::vector<precision::LayerForms> forms_;
};

}  // namespace mosaic
