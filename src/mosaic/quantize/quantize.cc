#include "mosaic/quantize/quantize.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "mosaic/base/text.h"
#include "mosaic/onnx/fold.h"
#include "mosaic/onnx/opset.h"
#include "mosaic/onnx/rewrite.h"
#include "mosaic/quantize/calibrate.h"
#include "mosaic/quantize/correct.h"
#include "mosaic/quantize/qdq.h"

namespace mosaic::quantize {
namespace {

/// What the named nodes make.
Result<Kept> find_kept(const onnx::Model& model, const std::vector<std::string>& names) {
  const std::vector<onnx::NodeValue> nodes = onnx::node_values(model);
  Kept kept;
  for (const std::string& name : names) {
    bool found = false;
    std::vector<std::string> all;
    for (const onnx::NodeValue& node : nodes) {
      all.push_back(node.name.empty() ? node.outputs.at(0) : node.name);
      if (node.name != name && std::ranges::find(node.outputs, name) == node.outputs.end()) continue;
      kept.insert(node.outputs.begin(), node.outputs.end());
      found = true;
    }
    if (found) continue;
    const std::string_view meant = closest(name, all);
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the model has no node '{}' to keep in float{}", name, meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant)));
  }
  return kept;
}

std::string describe(const RangeOptions& ranges) {
  if (ranges.method == RangeMethod::kPercentile) return fmt::format("{} {}", name(ranges.method), ranges.percentile);
  return std::string(name(ranges.method));
}

void describe(onnx::Model& model, const Options& options, const Calibration& calibration) {
  onnx::set_metadata(model, "mosaic.quantization", "uint8 activations by tensor, int8 weights by channel, QDQ");
  onnx::set_metadata(model, "mosaic.quantization.ranges", describe(options.ranges));
  onnx::set_metadata(model, "mosaic.quantization.weight_bits", fmt::format("{}", options.weight_bits));
  onnx::set_metadata(model, "mosaic.quantization.bias_correction", options.correct_bias ? "mean by channel" : "none");
  onnx::set_metadata(model, "mosaic.quantization.calibration_images", fmt::format("{}", calibration.examples));
  onnx::set_metadata(model, "mosaic.quantization.calibration_set", calibration.set);
  onnx::set_metadata(model, "mosaic.quantization.kept", fmt::format("{}", fmt::join(options.keep, " ")));
  onnx::set_metadata(model, "mosaic.quantization.version", options.version);
}

/// The model folded, and what of it is quantised.
struct Plan {
  onnx::Model model;
  Scheme scheme;
};

Result<Plan> make_plan(const onnx::PreparedModel& prepared, const std::vector<std::string>& keep) {
  MOSAIC_RETURN_IF_ERROR(refuse_quantised(prepared.model));
  MOSAIC_TRY(Kept kept, find_kept(prepared.model, keep));
  MOSAIC_TRY(const onnx::Model raised, onnx::raise_to_opset_13(prepared.model.copy(), prepared.types));
  Plan plan{.model = onnx::fold(raised, prepared.types, kept), .scheme = {}};
  MOSAIC_TRY(plan.scheme, find_sites(plan.model, prepared.types, kept));
  return plan;
}

Quantized finish(Plan plan, const Scales& scales, const Linears& linears, const Calibration& calibration, const Options& options) {
  Quantized out{.model = write_qdq(plan.model, plan.scheme, scales, linears),
                .scheme = std::move(plan.scheme),
                .examples = calibration.examples,
                .set = calibration.set,
                .members = calibration.members};
  describe(out.model, options, calibration);
  return out;
}

}  // namespace

Result<void> check_options(const onnx::PreparedModel& prepared, const Options& options) {
  MOSAIC_TRY([[maybe_unused]] const Plan accepted, make_plan(prepared, options.keep));
  return {};
}

Result<Calibration> calibrate_all(const onnx::PreparedModel& prepared, const Examples& examples, const Open& open, const Watch& watch) {
  MOSAIC_TRY(const Plan plan, make_plan(prepared, {}));
  return calibrate(plan.model, plan.scheme, without_repeats(examples), open, watch);
}

Result<Quantized> quantize_calibrated(const onnx::PreparedModel& prepared, const Calibration& calibration, const Examples& examples, const Open& open,
                                      const Options& options, const Watch& watch) {
  MOSAIC_TRY(Plan plan, make_plan(prepared, options.keep));
  MOSAIC_TRY(const Scales scales, choose_scales(plan.model, plan.scheme, calibration, options.ranges));
  Linears linears = quantize_linears(plan.model, plan.scheme, scales, options.weight_bits);
  if (options.correct_bias) MOSAIC_RETURN_IF_ERROR(correct_biases(plan.model, plan.scheme, scales, without_repeats(examples), open, watch, linears));
  return finish(std::move(plan), scales, linears, calibration, options);
}

Result<Biases> corrected_biases(const onnx::PreparedModel& prepared, const Calibration& calibration, const Examples& examples, const Open& open,
                                const Options& options, const Watch& watch) {
  if (!options.correct_bias) return Biases{};
  MOSAIC_TRY(const Plan plan, make_plan(prepared, {}));
  MOSAIC_TRY(const Scales scales, choose_scales(plan.model, plan.scheme, calibration, options.ranges));
  Linears linears = quantize_linears(plan.model, plan.scheme, scales, options.weight_bits);
  MOSAIC_RETURN_IF_ERROR(correct_biases(plan.model, plan.scheme, scales, without_repeats(examples), open, watch, linears));
  const std::vector<onnx::NodeValue> nodes = onnx::node_values(plan.model);
  Biases biases;
  for (const auto& [node, linear] : linears) {
    if (!linear.bias.empty()) biases[nodes[node].outputs.at(0)] = linear.bias;
  }
  return biases;
}

Result<Quantized> quantize_corrected(const onnx::PreparedModel& prepared, const Calibration& calibration, const Biases& biases,
                                     const Options& options) {
  MOSAIC_TRY(Plan plan, make_plan(prepared, options.keep));
  MOSAIC_TRY(const Scales scales, choose_scales(plan.model, plan.scheme, calibration, options.ranges));
  Linears linears = quantize_linears(plan.model, plan.scheme, scales, options.weight_bits);
  const std::vector<onnx::NodeValue> nodes = onnx::node_values(plan.model);
  for (auto& [node, linear] : linears) {
    if (const auto found = biases.find(nodes[node].outputs.at(0)); found != biases.end()) linear.bias = found->second;
  }
  return finish(std::move(plan), scales, linears, calibration, options);
}

Result<Quantized> quantize(const onnx::PreparedModel& prepared, const Examples& examples, const Open& open, const Options& options,
                           const Watch& watch) {
  MOSAIC_RETURN_IF_ERROR(check_options(prepared, options));
  MOSAIC_TRY(const Calibration calibration, calibrate_all(prepared, examples, open, watch));
  return quantize_calibrated(prepared, calibration, examples, open, options, watch);
}

}  // namespace mosaic::quantize
