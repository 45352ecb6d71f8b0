#include "training/gradient_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "mapped.h"
#include "mosaic/base/random.h"
#include "mosaic/mapping/fronts.h"
#include "mosaic/mapping/quantized_layer.h"

namespace mosaic::training {
namespace {

using mapping::Mapping;
using network::Network;

constexpr std::uint64_t kCalibrationSeed = 1;

/// Of Adam, for what chooses accelerators: in a few epochs each channel has to reach its side.
constexpr double kChoiceRate = 0.02;

struct Candidate {
  std::string name;
  bool manual = false;
  MappingMethod method = MappingMethod::kHeuristic;
  Mapping mapping;
  const Network* start = nullptr;  ///< weights that fine-tuning begins with
};

class GradientSearch {
 public:
  GradientSearch(const Network& network, const TrainingImages& images, std::span<const LabelledImage> test, const GradientOptions& options)
      : network_(network), images_(images), test_(test), options_(options), shapes_(mapping::conv_shapes(network)) {}

  Result<SearchResult> run() {
    if (options_.lambdas.empty()) return fail(ErrorCode::kInvalidInput, "a search by gradients needs a lambda or more (--lambda)");
    MOSAIC_RETURN_IF_ERROR(search_without_training());
    MOSAIC_RETURN_IF_ERROR(search_with_lambdas());
    const bool tuned = options_.tune_epochs > 0;
    for (const Candidate& each : tuned ? candidates() : found_) MOSAIC_RETURN_IF_ERROR(add_tuned(each));
    for (MappedNetwork& each : untrained_.mapped) {
      if (tuned && each.method != MappingMethod::kTrainingFree) each.name += " untrained";
      result_.mapped.push_back(std::move(each));
    }
    untrained_.mapped = std::move(result_.mapped);
    return std::move(untrained_);
  }

 private:
  Result<void> search_without_training() {
    SearchOptions options = options_.search;
    options.range_images = kCalibrationImages;
    std::vector<LabelledImage> calibration = labelled(sample(images_.train, kCalibrationImages, kCalibrationSeed), images_.pixels, "training image");
    Random(kCalibrationSeed).shuffle(calibration);  // the search takes the first few for what takes long
    for (const LabelledImage& each : calibration) {
      const auto values = each.image.as<float>();
      pixels_.emplace_back(values.begin(), values.end());
    }
    MOSAIC_TRY(untrained_, search(network_, calibration, test_, options));
    return {};
  }

  Result<void> search_with_lambdas() {
    for (const double lambda : options_.lambdas) {
      const SearchSettings settings{.objective = options_.search.objective, .lambda = lambda};
      TrainOptions training = stage(fmt::format("ODiMO {} search", lambda), options_.search_epochs);
      training.schedule.choice_rate = kChoiceRate;
      MOSAIC_TRY(Trained found, search_channels(network_, settings, untrained_.ranges, images_, training));
      Mapping mapped = snapped(found.network, found.wishes, settings.objective);
      const bool known = std::ranges::any_of(found_, [&](const Candidate& each) { return each.mapping.layers == mapped.layers; });
      if (known) continue;
      searched_.push_back(std::make_unique<Network>(std::move(found.network)));
      found_.push_back(
          {.name = fmt::format("ODiMO {}", lambda), .method = MappingMethod::kOdimo, .mapping = std::move(mapped), .start = searched_.back().get()});
    }
    std::ranges::stable_sort(found_, {}, [&](const Candidate& each) { return cost_of(each.mapping); });
    return {};
  }

  double cost_of(const Mapping& mapped) const { return diana::network_cost(shapes_, mapping::digital_counts(mapped)).of(options_.search.objective); }

  Candidate min_cost(const std::string& name, diana::CostKind kind) const {
    const mapping::MappedPoint cheapest{.digital = diana::min_cost(shapes_, kind), .cost = {}, .proxy = 0};
    return {.name = name, .method = MappingMethod::kMinCost, .mapping = mapping::to_mapping(network_, untrained_.sensitivities, cheapest)};
  }

  std::vector<Candidate> candidates() const {
    std::vector<Candidate> all;
    for (const MappedNetwork& each : untrained_.mapped) {
      if (each.method == MappingMethod::kHeuristic) all.push_back({.name = each.name, .manual = true, .mapping = each.mapping});
    }
    all.push_back(min_cost("Min-Cost latency", diana::CostKind::kLatency));
    all.push_back(min_cost("Min-Cost energy", diana::CostKind::kEnergy));
    if (all[all.size() - 2].mapping.layers == all.back().mapping.layers) {
      all.pop_back();
      all.back().name = "Min-Cost";
    }
    all.insert(all.end(), found_.begin(), found_.end());
    for (const MappedNetwork& each : untrained_.mapped) {
      if (each.method != MappingMethod::kTrainingFree) continue;
      all.push_back({.name = each.name + " tuned", .method = MappingMethod::kTrainingFree, .mapping = each.mapping});
    }
    return all;
  }

  TrainOptions stage(const std::string& name, std::int64_t epochs) const {
    return {.name = name,
            .schedule = {.epochs = epochs, .batch = options_.batch, .optimiser = Optimiser::kAdam, .rate = options_.tune_rate},
            .mirrored = options_.mirrored,
            .seed = options_.seed,
            .threads = options_.threads,
            .checkpoint = options_.folder.empty() ? options_.folder : options_.folder / (cli::file_name(name) + ".checkpoint"),
            .resume = options_.resume,
            .progress = options_.search.progress,
            .stop = options_.search.stop};
  }

  /// ODiMO's weights have been trained by the search already: the others get as many epochs in all.
  Result<void> add_tuned(const Candidate& candidate) {
    const Network& start = candidate.start != nullptr ? *candidate.start : network_;
    const std::int64_t epochs = candidate.start != nullptr ? options_.tune_epochs : options_.search_epochs + options_.tune_epochs;
    MOSAIC_TRY(const Trained tuned, fine_tune(start, candidate.mapping, untrained_.ranges, images_, stage(candidate.name, epochs)));
    Mapping mapped = candidate.mapping;
    mapped.network = network::fingerprint(tuned.network);
    const std::vector<mapping::QuantizedLayer> layers = mapping::quantize(tuned.network, mapped);
    MOSAIC_TRY(MappedNetwork deployed, deploy(tuned.network, std::move(mapped), layers, untrained_.ranges));
    deployed.name = candidate.name;
    deployed.manual = candidate.manual;
    deployed.method = candidate.method;
    deployed.trained = true;
    deployed.held_out_percent = tuned.held_out_percent;
    deployed.epochs = options_.search_epochs + options_.tune_epochs;
    deployed.proxy = mapping::proxy_of(deployed.mapping, untrained_.sensitivities);
    MOSAIC_RETURN_IF_ERROR(simulate_classes(deployed, test_, pixels_, options_.search));
    result_.mapped.push_back(std::move(deployed));
    return {};
  }

  const Network& network_;
  const TrainingImages& images_;
  std::span<const LabelledImage> test_;
  const GradientOptions& options_;
  std::vector<ConvShape> shapes_;
  std::vector<std::vector<float>> pixels_;  ///< of the calibration images
  SearchResult untrained_;
  SearchResult result_;
  std::vector<std::unique_ptr<Network>> searched_;
  std::vector<Candidate> found_;
};

}  // namespace

Result<SearchResult> search_by_gradient(const Network& trained, const TrainingImages& images, std::span<const LabelledImage> test,
                                        const GradientOptions& options) {
  return GradientSearch(trained, images, test, options).run();
}

}  // namespace mosaic::training
