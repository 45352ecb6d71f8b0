#include "mosaic/session/variants.h"

#include <utility>

#include "mosaic/onnx/import.h"

namespace mosaic {

using precision::Form;

Result<Variants> Variants::create(const onnx::PreparedModel& prepared, const quantize::Examples& calibration, const quantize::Open& open,
                                  const quantize::Options& options, const quantize::Watch& watch) {
  Variants out;
  out.prepared_ = &prepared;
  out.options_ = options;
  MOSAIC_RETURN_IF_ERROR(quantize::check_options(prepared, options));
  MOSAIC_TRY(out.graph_, onnx::import_graph(prepared, "float"));
  MOSAIC_TRY(out.calibration_, quantize::calibrate_all(prepared, calibration, open, watch));
  MOSAIC_TRY(out.biases_, quantize::corrected_biases(prepared, out.calibration_, calibration, open, options, watch));
  MOSAIC_TRY(const quantize::Quantized whole, quantize::quantize_corrected(prepared, out.calibration_, out.biases_, options));
  out.forms_ = precision::layer_forms(out.graph_, whole.scheme);
  return out;
}

std::vector<Form> Variants::all(Form form) const {
  std::vector<Form> out;
  for (const precision::LayerForms& layer : forms_) out.push_back(form == Form::kInt8FloatSum && !layer.sum ? Form::kInt8 : form);
  return out;
}

bool Variants::quantises(std::span<const Form> forms) const {
  for (std::size_t l = 0; l < forms.size(); ++l) {
    if (forms_[l].linear && forms[l] != Form::kFloat) return true;
  }
  return false;
}

Result<quantize::Quantized> Variants::make(std::span<const Form> forms) const {
  quantize::Options options = options_;
  const std::vector<std::string> kept = precision::kept_nodes(graph_, forms);
  options.keep.insert(options.keep.end(), kept.begin(), kept.end());
  return quantize::quantize_corrected(*prepared_, calibration_, biases_, options);
}

std::vector<Form> Variants::written(const quantize::Scheme& scheme, std::span<const Form> forms) const {
  const std::vector<precision::LayerForms> made = precision::layer_forms(graph_, scheme);
  std::vector<Form> out;
  for (std::size_t l = 0; l < forms.size(); ++l) out.push_back(made[l].integer ? forms[l] : Form::kFloat);
  return out;
}

}  // namespace mosaic
