#include "mosaic/session/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/integers/calibrate.h"
#include "mosaic/integers/converter.h"
#include "mosaic/integers/permute.h"
#include "mosaic/integers/quantize.h"
#include "mosaic/integers/simulate.h"
#include "mosaic/mapping/changes.h"
#include "mosaic/mapping/compensated.h"
#include "mosaic/mapping/correction.h"
#include "mosaic/mapping/equalise.h"
#include "mosaic/mapping/quantized_layer.h"
#include "mosaic/mapping/sensitivity.h"
#include "mosaic/onnx/network.h"
#include "mosaic/session/candidates.h"
#include "mosaic/session/mapped_run.h"

namespace mosaic {
namespace {

using mapping::Sensitivities;
using network::Network;

/// Correcting runs the network up to each layer for each image: more images than this take long and change little.
constexpr std::size_t kMostImagesForCorrection = 64;
/// As correcting; but a linear layer has one sample an image, and needs more of them than it has inputs.
constexpr std::size_t kMostImagesForCompensation = 256;

std::size_t best_class(std::span<const float> logits) { return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin()); }

Result<void> announce(const SearchOptions& options, std::string_view what, std::size_t done, std::size_t all) {
  if (options.stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped");
  if (options.progress) options.progress(what, static_cast<double>(done) / static_cast<double>(all));
  return {};
}

class Search {
 public:
  Search(const Network& network, std::span<const LabelledImage> calibration, std::span<const LabelledImage> test, const SearchOptions& options)
      : network_(network), scaled_(network), calibration_(calibration), test_(test), options_(options) {}

  Result<SearchResult> run() {
    MOSAIC_RETURN_IF_ERROR(check());
    MOSAIC_TRY(result_.float_classes, float_classes(network_, test_, options_));
    MOSAIC_RETURN_IF_ERROR(calibrate());
    MOSAIC_RETURN_IF_ERROR(measure_sensitivities());
    Candidates candidates = find_candidates(network_, sensitivities_, options_.objective, options_.points);
    result_.front = candidates.front.points.size();
    result_.excess = candidates.front.excess;
    for (Candidate& each : candidates.all) {
      MOSAIC_TRY(MappedNetwork mapped, build(std::move(each)));
      result_.mapped.push_back(std::move(mapped));
    }
    result_.sensitivities = std::move(sensitivities_);
    result_.ranges = std::move(ranges_);
    return std::move(result_);
  }

 private:
  Result<void> check() const {
    if (calibration_.empty() || test_.empty()) return fail(ErrorCode::kInvalidInput, "a search needs images to calibrate on and images to test on");
    for (const auto& images : {calibration_, test_}) {
      for (const LabelledImage& each : images) {
        if (each.label && std::cmp_greater_equal(*each.label, network_.output().channels)) {
          return fail(ErrorCode::kInvalidInput,
                      fmt::format("{} is of class {}, the network has {} classes", each.name, *each.label, network_.output().channels));
        }
      }
    }
    return {};
  }

  Result<void> report(std::string_view what, std::size_t done, std::size_t all) const { return announce(options_, what, done, all); }

  /// Images, ranges and moments that everything later is brought back to.
  Result<void> calibrate() {
    MOSAIC_RETURN_IF_ERROR(report("ranges", 0, 1));
    for (const LabelledImage& each : calibration_.first(std::min(calibration_.size(), options_.range_images))) {
      pixels_.emplace_back(each.image.as<float>().begin(), each.image.as<float>().end());
    }
    if (options_.equalised) {
      MOSAIC_TRY(scaled_, mapping::equalised(network_, pixels_));
    }
    MOSAIC_TRY(ranges_, integers::calibrate(scaled_, pixels_));
    if (!options_.corrected) return {};
    const std::size_t most = compensated() ? kMostImagesForCompensation : kMostImagesForCorrection;
    for (const LabelledImage& each : calibration_.first(std::min(calibration_.size(), most))) correction_images_.push_back(each.image);
    MOSAIC_TRY(moments_, mapping::channel_moments(scaled_, correction_images_));
    return {};
  }

  [[nodiscard]] bool compensated() const { return options_.corrected && options_.compensated; }

  Result<std::vector<mapping::LayerChange>> changes() const {
    if (compensated()) return mapping::compensated_changes(scaled_, correction_images_);
    return options_.corrected ? mapping::corrected_changes(scaled_, correction_images_) : mapping::plain_changes(scaled_);
  }

  /// Weights and biases of its channels' units.
  Result<std::vector<mapping::QuantizedLayer>> layers_of(const Candidate& candidate) const {
    if (!options_.corrected) return mapping::quantize(scaled_, candidate.mapping);
    MOSAIC_RETURN_IF_ERROR(report(candidate.name + (compensated() ? ": compensation" : ": correction"), 0, 1));
    if (compensated()) return mapping::compensated(scaled_, candidate.mapping, correction_images_);
    return mapping::corrected(scaled_, mapping::quantize(scaled_, candidate.mapping), candidate.mapping, moments_, correction_images_);
  }

  Result<void> measure_sensitivities() {
    const bool labelled = std::ranges::all_of(calibration_, [](const LabelledImage& each) { return each.label.has_value(); });
    result_.own_classes = !labelled;
    MOSAIC_TRY(const auto changes, changes());
    MOSAIC_TRY(auto meter, mapping::SensitivityMeter::create(scaled_, labelled ? mapping::Labels::kGiven : mapping::Labels::kOwn, changes));
    for (const LabelledImage& each : calibration_) {
      MOSAIC_RETURN_IF_ERROR(report("sensitivities", meter.images(), calibration_.size()));
      if (auto added = meter.add(each.image, labelled ? each.label : std::nullopt); !added) return within(each.name, added.error());
    }
    sensitivities_ = meter.sensitivities();
    return {};
  }

  Result<MappedNetwork> build(Candidate candidate) const {
    MOSAIC_TRY(const std::vector<mapping::QuantizedLayer> layers, layers_of(candidate));
    MOSAIC_TRY(MappedNetwork mapped, deploy(scaled_, std::move(candidate.mapping), layers, ranges_));
    mapped.name = std::move(candidate.name);
    mapped.manual = candidate.manual;
    mapped.method = candidate.method;
    mapped.proxy = candidate.proxy;
    MOSAIC_RETURN_IF_ERROR(simulate_classes(mapped, test_, pixels_, options_));
    return mapped;
  }

  const Network& network_;
  Network scaled_;  ///< the same function, its channels of more equal size where that was asked for
  std::span<const LabelledImage> calibration_;
  std::span<const LabelledImage> test_;
  const SearchOptions& options_;
  Sensitivities sensitivities_;
  std::vector<std::vector<float>> pixels_;  ///< of the images that ranges come from
  std::vector<integers::Range> ranges_;
  std::vector<Tensor> correction_images_;
  std::vector<mapping::ChannelMoments> moments_;
  SearchResult result_;
};

}  // namespace

Result<SearchResult> search(const Network& network, std::span<const LabelledImage> calibration, std::span<const LabelledImage> test,
                            const SearchOptions& options) {
  return Search(network, calibration, test, options).run();
}

Result<std::vector<std::size_t>> float_classes(const Network& network, std::span<const LabelledImage> images, const SearchOptions& options) {
  MOSAIC_TRY(const auto reference, ort::Reference::open(onnx::to_model(network), {.threads = 1, .spin = false}));
  std::vector<std::size_t> classes;
  for (const LabelledImage& each : images) {
    MOSAIC_RETURN_IF_ERROR(announce(options, "float network", classes.size(), images.size()));
    MOSAIC_RETURN_IF_ERROR(reference->bind({&each.image}));
    MOSAIC_TRY([[maybe_unused]] const Nanoseconds time, reference->run());
    MOSAIC_TRY(const std::vector<Tensor> outputs, reference->results());
    classes.push_back(best_class(outputs.at(0).as<float>()));
  }
  return classes;
}

std::vector<integers::LayerWeights> layer_weights(const mapping::Mapping& mapping, std::span<const mapping::QuantizedLayer> layers) {
  std::vector<integers::LayerWeights> weights;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    std::vector<bool> digital;
    for (const mapping::Unit unit : mapping.layers[l].channels) digital.push_back(unit == mapping::Unit::kDigital);
    weights.push_back({.values = layers[l].values, .scales = layers[l].scales, .digital = std::move(digital)});
  }
  return weights;
}

Result<MappedNetwork> deploy(const Network& network, mapping::Mapping mapping, std::span<const mapping::QuantizedLayer> layers,
                             std::span<const integers::Range> ranges) {
  MOSAIC_TRY(const integers::QuantizedNetwork plain,
             integers::quantize(mapping::with_layers(network, layers), layer_weights(mapping, layers), ranges));
  const auto cost = diana::network_cost(mapping::conv_shapes(network), mapping::digital_counts(mapping));
  return MappedNetwork{
      .name = {}, .mapping = std::move(mapping), .cost = cost, .network = integers::permute(plain), .classes = {}, .analog_classes = {}};
}

Result<void> simulate_classes(MappedNetwork& mapped, std::span<const LabelledImage> images, std::span<const std::vector<float>> pixels,
                              const SearchOptions& options) {
  const quantize::Watch watch{.stop = options.stop, .progress = options.progress};
  const integers::Simulator simulator(mapped.network);
  const auto classes = [&](const std::string& what, std::optional<integers::AnalogEffects> effects) -> Result<std::vector<std::size_t>> {
    MOSAIC_TRY(const std::vector<Tensor> outputs, simulate_images(simulator, images, std::move(effects), watch, what));
    std::vector<std::size_t> best;
    for (const Tensor& each : outputs) best.push_back(best_class(each.as<float>()));
    return best;
  };
  MOSAIC_TRY(mapped.classes, classes(mapped.name, {}));
  if (!options.analog_noise) return {};
  MOSAIC_TRY(std::vector<std::int32_t> steps, integers::calibrate_steps(simulator, pixels));
  MOSAIC_TRY(mapped.analog_classes,
             classes(mapped.name + " with converter", integers::AnalogEffects{.steps = std::move(steps), .noise = *options.analog_noise}));
  return {};
}

std::size_t right_answers(std::span<const LabelledImage> test, std::span<const std::size_t> classes) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < test.size(); ++i) right += test[i].label == classes[i] ? 1 : 0;
  return right;
}

std::vector<std::optional<std::size_t>> manual_rivals(const SearchResult& result, std::span<const LabelledImage> test, diana::CostKind objective) {
  std::vector<RatedMapping> rated;
  for (const MappedNetwork& each : result.mapped) {
    rated.push_back({.method = each.method,
                     .trained = each.trained,
                     .cost = each.cost.of(objective),
                     .accuracy = 100 * static_cast<double>(right_answers(test, each.classes)) / static_cast<double>(test.size()),
                     .held_out = each.held_out_percent});
  }
  return mosaic::manual_rivals(rated);
}

}  // namespace mosaic
