#include "mosaic/session/form_noise.h"

#include <cmath>
#include <memory>
#include <span>
#include <utility>

#include "mosaic/precision/evidence.h"

namespace mosaic {

using precision::Form;

Result<std::vector<quantize::Example>> sample_examples(const quantize::Examples& examples, std::size_t total, std::size_t count) {
  std::vector<quantize::Example> out;
  std::size_t seen = 0;
  const auto take = [&](const quantize::Example& example) -> Result<void> {
    if (seen++ * count % total < count) out.push_back(example);
    return {};
  };
  MOSAIC_RETURN_IF_ERROR(examples.visit(take));
  return out;
}

Result<void> measure_noise(const Variants& variants, const std::vector<quantize::Example>& examples, const quantize::Open& open,
                           const quantize::Watch& watch, precision::FormTable& table) {
  std::vector<std::vector<Tensor>> exact;
  {
    MOSAIC_TRY(const auto runner, open(variants.prepared().model));
    for (const quantize::Example& example : examples) {
      MOSAIC_TRY(std::vector<Tensor> outputs, runner->run(example.inputs));
      exact.push_back(std::move(outputs));
    }
  }
  const auto noise_of = [&](std::span<const Form> forms) -> Result<double> {
    MOSAIC_TRY(const quantize::Quantized made, variants.make(forms));
    MOSAIC_TRY(const auto runner, open(made.model));
    precision::Evidence evidence;
    for (std::size_t i = 0; i < examples.size(); ++i) {
      MOSAIC_TRY(const std::vector<Tensor> outputs, runner->run(examples[i].inputs));
      MOSAIC_RETURN_IF_ERROR(evidence.add(exact[i], outputs, {}));
    }
    const double noise = evidence.noise_to_signal();
    return std::isfinite(noise) ? noise : 1e6;
  };
  const std::size_t layers = variants.forms().size();
  for (std::size_t l = 0; l < layers; ++l) {
    MOSAIC_RETURN_IF_ERROR(watch.at("measuring what each layer spoils", l, layers));
    for (const Form form : {Form::kInt8, Form::kInt8FloatSum}) {
      auto& entry = table.layers[l][static_cast<std::size_t>(form)];
      if (!entry || !variants.forms()[l].has(form)) continue;
      std::vector<Form> forms = variants.all(Form::kFloat);
      forms[l] = form;
      entry->noise = 0;
      if (!variants.quantises(forms)) continue;  // a pooling, say, which spoils what the layer before has spoilt
      MOSAIC_TRY(entry->noise, noise_of(forms));
    }
  }
  return {};
}

}  // namespace mosaic
