#include "run_mapped.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <utility>

#include "classes.h"
#include "examples.h"
#include "mapped.h"
#include "mosaic/base/file.h"
#include "mosaic/base/random.h"
#include "mosaic/input/array_file.h"
#include "mosaic/input/samples.h"
#include "mosaic/integers/modelled_cost.h"
#include "mosaic/session/mapped_run.h"
#include "output.h"

namespace mosaic::cli {
namespace {

using integers::QuantizedNetwork;

/// What came out for the images, by one way to compute.
struct MappedOutcome {
  std::vector<Tensor> outputs;
  std::vector<std::vector<std::size_t>> rankings;
  Score score;
};

/// With the converter, beside without.
struct Converted {
  MappedOutcome outcome;
  std::size_t changed = 0;  ///< images of another best class
};

Shape input_shape(const QuantizedNetwork& network) {
  const network::Extent& in = network.input();
  return {1, in.channels, in.height, in.width};
}

/// One image of seeded noise over what the input can represent.
Result<LabelledImage> random_image(const QuantizedNetwork& network) {
  const integers::Format& format = network.nodes.front().format;
  Random random(1);
  std::vector<float> pixels(static_cast<std::size_t>(network.input().size()));
  for (float& pixel : pixels) pixel = static_cast<float>(random.uniform(format.low * format.scale, format.high * format.scale));
  MOSAIC_TRY(Tensor image, from_floats(ElementType::kFloat32, input_shape(network), pixels));
  return LabelledImage{.name = "random", .image = std::move(image), .label = {}};
}

Result<std::vector<LabelledImage>> images_of(const QuantizedNetwork& network, const MappedRunOptions& options) {
  if (options.inputs.empty()) {
    if (!options.truth.empty()) return fail(ErrorCode::kInvalidInput, "--truth names right classes of images: give --input too");
    MOSAIC_TRY(LabelledImage image, random_image(network));
    return std::vector<LabelledImage>{std::move(image)};
  }
  const InputSpec spec{.name = "input", .type = ElementType::kFloat32, .shape = input_shape(network)};
  MOSAIC_TRY(const quantize::Examples examples,
             read_examples(spec, {.paths = options.inputs, .preprocess = options.preprocess, .truth = options.truth, .limit = 0}));
  return labelled_images(examples);
}

Result<MappedOutcome> judge(std::vector<Tensor> outputs, const std::vector<LabelledImage>& images, std::size_t top) {
  MappedOutcome outcome{.outputs = std::move(outputs), .rankings = {}, .score = {}};
  for (std::size_t i = 0; i < images.size(); ++i) {
    std::vector<std::size_t>& ranked = outcome.rankings.emplace_back(ranking(outcome.outputs[i], std::max<std::size_t>(top, 5)));
    if (images[i].label) {
      const auto label = static_cast<std::int64_t>(*images[i].label);
      MOSAIC_RETURN_IF_ERROR(outcome.score.add(images[i].name, label, outcome.outputs[i], ranked));
    }
    ranked.resize(std::min(ranked.size(), top));
  }
  return outcome;
}

Result<std::optional<Converted>> run_converted(const integers::Simulator& simulator, const std::vector<LabelledImage>& images,
                                               const MappedOutcome& exact, const MappedRunOptions& options, const quantize::Watch& watch) {
  if (!options.analog_noise) return std::nullopt;
  MOSAIC_TRY(integers::AnalogEffects effects, calibrated_effects(simulator, images, *options.analog_noise));
  MOSAIC_TRY(std::vector<Tensor> outputs, simulate_images(simulator, images, std::move(effects), watch, "with the converter"));
  Converted converted;
  MOSAIC_TRY(converted.outcome, judge(std::move(outputs), images, options.top));
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto& before = exact.rankings[i];
    const auto& after = converted.outcome.rankings[i];
    converted.changed += !before.empty() && before.front() != after.front() ? 1 : 0;
  }
  return converted;
}

Json to_json(const MappedModel& mapped, const std::vector<LabelledImage>& images, const MappedOutcome& exact,
             const std::optional<Converted>& converted, const std::optional<EngineComparison>& comparison, const MappedRunOptions& options) {
  Json json{
      {"model", options.model}, {"board", mapped.board.name}, {"simulated", true}, {"costs", "modelled"}, {"layers", layers_json(mapped.network)}};
  json.update(cost_json(integers::modelled_cost(mapped.network)));
  json["samples"] = Json::array();
  for (std::size_t i = 0; i < images.size(); ++i) {
    Json sample{{"name", images[i].name}, {"top", exact.rankings[i]}, {"label", images[i].label ? Json(*images[i].label) : Json(nullptr)}};
    if (converted) sample["top_with_converter"] = converted->outcome.rankings[i];
    json["samples"].push_back(std::move(sample));
  }
  if (exact.score.labelled > 0) json["accuracy"] = exact.score.json();
  if (converted) {
    json["converter"] = {{"noise", *options.analog_noise}, {"changed_classes", converted->changed}};
    if (exact.score.labelled > 0) json["converter"]["accuracy"] = converted->outcome.score.json();
  }
  if (comparison) {
    json["check"] = {{"images", comparison->images},
                     {"integers", comparison->integers},
                     {"different", comparison->different},
                     {"outputs", comparison->outputs},
                     {"outputs_different", comparison->outputs_different}};
  }
  return json;
}

void print_all(const MappedModel& mapped, const std::vector<LabelledImage>& images, const MappedOutcome& exact,
               const std::optional<Converted>& converted, const std::optional<EngineComparison>& comparison, const std::vector<std::string>& labels) {
  print(fmt::format("{} on {}: simulated in the chip's integers; cycles and energies of an image are modelled by published cost functions\n\n{}{}\n",
                    mapped.network.name, mapped.board.name, layers_table(mapped.network, false), cost_text(mapped.network)));
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!exact.rankings[i].empty()) print(classes_text(images[i].name, exact.rankings[i], labels) + "\n");
  }
  if (exact.score.labelled > 0) print(fmt::format("accuracy on {} samples: {}\n", exact.score.labelled, exact.score.text()));
  if (converted) {
    print(fmt::format("with the analog array's 6-bit converter and its noise, range calibrated on these images: another class for {} of {}{}\n",
                      converted->changed, images.size(), exact.score.labelled > 0 ? "; accuracy " + converted->outcome.score.text() : std::string()));
  }
  if (comparison && comparison->equal()) {
    print(fmt::format("ONNX Runtime computes the same: all {} integers of {} layers and inputs and all {} outputs on {} images\n",
                      comparison->integers, mapped.network.nodes.size(), comparison->outputs, comparison->images));
  }
}

Result<void> save_outputs(const std::filesystem::path& folder, const std::vector<Tensor>& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i)
    MOSAIC_RETURN_IF_ERROR(write_file(folder / fmt::format("{}_output.npy", i), format_npy(outputs[i])));
  return {};
}

}  // namespace

Result<void> run_in_integers(const MappedRunOptions& options, const Context& context) {
  MOSAIC_TRY(const MappedModel mapped, open_mapped(options.model, options.plan, options.board));
  MOSAIC_TRY(const std::vector<LabelledImage> images, images_of(mapped.network, options));
  std::vector<std::string> labels;
  if (!options.labels.empty()) {
    MOSAIC_TRY(labels, read_labels(options.labels));
    if (std::cmp_not_equal(labels.size(), mapped.network.output().size())) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{} has {} names, the network has {} classes", options.labels, labels.size(), mapped.network.output().size()));
    }
  }
  Progress progress(options.json);
  const quantize::Watch watch{.stop = context.stop, .progress = [&](std::string_view what, double share) { progress.show(what, share); }};
  const integers::Simulator simulator(mapped.network);
  MOSAIC_TRY(std::vector<Tensor> outputs, simulate_images(simulator, images, {}, watch));
  MOSAIC_TRY(const MappedOutcome exact, judge(std::move(outputs), images, options.top));
  MOSAIC_TRY(const std::optional<Converted> converted, run_converted(simulator, images, exact, options, watch));
  std::optional<EngineComparison> comparison;
  if (options.check) {
    MOSAIC_TRY(comparison, compare_with_engine(simulator, images, watch));
  }
  progress.clear();
  if (!options.output.empty()) MOSAIC_RETURN_IF_ERROR(save_outputs(options.output, exact.outputs));
  options.json ? print_json(to_json(mapped, images, exact, converted, comparison, options))
               : print_all(mapped, images, exact, converted, comparison, labels);
  if (comparison && !comparison->equal()) {
    return fail(ErrorCode::kCheckFailed,
                fmt::format("simulator and ONNX Runtime differ in {} of {} integers and {} of {} outputs; first in {}", comparison->different,
                            comparison->integers, comparison->outputs_different, comparison->outputs, comparison->first));
  }
  return {};
}

}  // namespace mosaic::cli
