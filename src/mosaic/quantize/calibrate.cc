#include "mosaic/quantize/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "mosaic/onnx/rewrite.h"

namespace mosaic::quantize {
namespace {

/// All quantised values, in the order of the sites.
std::vector<std::string> quantised_values(const onnx::Model& model, const Scheme& scheme) {
  const std::vector<onnx::NodeValue> nodes = onnx::node_values(model);
  std::vector<std::string> values;
  std::set<std::string> seen;
  const auto add = [&](const std::string& value) {
    if (seen.insert(value).second) values.push_back(value);
  };
  for (const Site& site : scheme.sites) {
    for (const std::size_t i : site.reads) add(nodes[site.node].inputs[i]);
    add(site.result);
  }
  return values;
}

class Collector {
 public:
  Collector(const onnx::Model& model, const Scheme& scheme) : inputs_(onnx::input_names(model)) {
    for (const std::string& value : quantised_values(model, scheme)) {
      Histogram& histogram = out_.values[value];
      if (const auto held = onnx::constant(model, value)) {
        histogram.add(held->as<float>());
      } else if (std::ranges::find(inputs_, value) == inputs_.end()) {
        outputs_.push_back(value);
      }
    }
  }

  [[nodiscard]] const std::vector<std::string>& outputs() const { return outputs_; }

  void add_inputs(const Example& example) {
    ++out_.examples;
    out_.members.insert(fingerprint(example));
    hash_inputs(example, set_);
    for (std::size_t i = 0; i < example.inputs.size(); ++i) {
      const Tensor& tensor = example.inputs[i];
      const auto found = i < inputs_.size() ? out_.values.find(inputs_[i]) : out_.values.end();
      if (found != out_.values.end()) found->second.add(tensor.as<float>());
    }
  }
  void add_outputs(std::span<const Tensor> tensors) {
    for (std::size_t i = 0; i < tensors.size(); ++i) out_.values.at(outputs_[i]).add(tensors[i].as<float>());
  }

  Calibration take() {
    out_.set = set_.fingerprint();
    return std::move(out_);
  }

 private:
  std::vector<std::string> inputs_;
  std::vector<std::string> outputs_;  // of the model that is run
  Calibration out_;
  Hasher set_;
};

class Chooser {
 public:
  Chooser(const Scheme& scheme, const Calibration& calibration, const RangeOptions& options)
      : scheme_(scheme), calibration_(calibration), options_(options) {
    for (const Site& site : scheme.sites) {
      if (site.bounds) bounds_[site.result] = *site.bounds;
    }
  }

  Result<Range> range_of(const std::string& value) {
    const auto bounds = bounds_.find(value);
    if (const auto tie = scheme_.ties.find(value); tie != scheme_.ties.end()) {
      MOSAIC_TRY(const Range tied, range_of(tie->second));
      if (bounds == bounds_.end() || (tied.low >= bounds->second.low && tied.high <= bounds->second.high)) return tied;
    }
    const auto histogram = calibration_.values.find(value);
    if (histogram == calibration_.values.end()) return fail(ErrorCode::kInvalidInput, fmt::format("value '{}' was not watched", value));
    auto range = choose_range(histogram->second, options_);
    if (!range) return within(fmt::format("value '{}'", value), range.error());
    if (bounds != bounds_.end()) {
      range->low = std::max(range->low, bounds->second.low);
      range->high = std::min(range->high, bounds->second.high);
    }
    return range;
  }

 private:
  const Scheme& scheme_;
  const Calibration& calibration_;
  const RangeOptions& options_;
  std::map<std::string, Range> bounds_;
};

}  // namespace

Result<Calibration> calibrate(const onnx::Model& model, const Scheme& scheme, const Examples& examples, const Open& open, const Watch& watch) {
  Collector collector(model, scheme);
  MOSAIC_TRY(const std::unique_ptr<Runner> runner, open(onnx::with_outputs(model, collector.outputs())));
  std::size_t done = 0;
  const auto add = [&](const Example& example) -> Result<void> {
    MOSAIC_RETURN_IF_ERROR(watch.at("calibrating", done, examples.about));
    const auto outputs = runner->run(example.inputs);
    if (!outputs) return within(example.name, outputs.error());
    collector.add_inputs(example);
    collector.add_outputs(*outputs);
    ++done;
    return {};
  };
  MOSAIC_RETURN_IF_ERROR(examples.visit(add));
  if (done == 0) return fail(ErrorCode::kInvalidInput, "there is no image to calibrate on");
  return collector.take();
}

Result<Scales> choose_scales(const onnx::Model& model, const Scheme& scheme, const Calibration& calibration, const RangeOptions& options) {
  Chooser chooser(scheme, calibration, options);
  Scales scales;
  for (const std::string& value : quantised_values(model, scheme)) {
    MOSAIC_TRY(const Range range, chooser.range_of(value));
    scales[value] = affine_of(range);
  }
  return scales;
}

}  // namespace mosaic::quantize
