#include "mosaic/evaluation/xavier_nx/evaluation.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "mosaic/evaluation/xavier_nx/mobilenet.h"

namespace mosaic::xavier_nx {
namespace {

using elastic::AdditiveScores;
using elastic::Candidate;
using elastic::Score;

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// No sub-network is slower or less accurate: every layer's slowest option, and the accuracy of what all have, which no layer takes away from.
Score worst_of(const AdditiveScores& scores) {
  const elastic::Space& space = scores.space();
  Score worst{.latency = Nanoseconds{0}, .accuracy = {std::numeric_limits<std::int64_t>::max()}};
  for (std::size_t r = 0; r < space.resolutions.size(); ++r) {
    Score sum = scores.fixed(r);
    elastic::for_each_place(space, [&](std::size_t stage, std::size_t /*layer*/, std::size_t place) {
      Nanoseconds slowest{0};
      for (std::size_t option = 0; option < space.stages[stage].options(); ++option)
        slowest = std::max(slowest, scores.layer(r, place, option).latency);
      sum.latency += slowest;
    });
    worst.latency = std::max(worst.latency, sum.latency);
    worst.accuracy = std::min(worst.accuracy, sum.accuracy);
  }
  return worst;
}

SeedFronts fronts_of(const AdditiveScores& scores, const DeviceEvaluation& device, elastic::EvolutionOptions options, std::uint64_t seed) {
  options.seed = seed;
  const Stopwatch stopwatch;
  const std::vector<Candidate> evolved = elastic::evolved_front(scores.space(), scores, options);
  const double seconds = stopwatch.seconds();
  const std::vector<Candidate> random = elastic::random_front(scores.space(), scores, elastic::evaluations_of(options), seed);
  return {.seed = seed,
          .evolved_points = evolved.size(),
          .evolved_share = elastic::hypervolume(evolved, device.reference) / device.hypervolume,
          .random_share = elastic::hypervolume(random, device.reference) / device.hypervolume,
          .seconds = seconds};
}

Result<DeviceEvaluation> evaluate_device(const std::filesystem::path& folder, const std::string& name, const EvaluationOptions& options) {
  MOSAIC_TRY(const AdditiveScores scores, read_scores(folder, name));
  DeviceEvaluation device{.device = name, .space = scores.space(), .reference = worst_of(scores)};
  const Stopwatch stopwatch;
  device.front = elastic::exact_front(scores);
  device.exact_seconds = stopwatch.seconds();
  device.hypervolume = elastic::hypervolume(device.front, device.reference);
  for (const std::uint64_t seed : options.seeds) device.seeds.push_back(fronts_of(scores, device, options.evolution, seed));
  elastic::EvolutionOptions published = options.evolution;
  published.seed = options.seeds.front();
  for (Candidate& level : elastic::levels_of(device.front, options.levels)) {
    auto found = elastic::most_accurate_within(scores.space(), scores, level.score.latency, published);
    device.levels.push_back({.exact = std::move(level), .found = found ? std::optional(*std::move(found)) : std::nullopt});
  }
  return device;
}

}  // namespace

bool DeviceEvaluation::holds() const {
  constexpr double kNear = 0.99;
  return !seeds.empty() &&
         std::ranges::all_of(seeds, [](const SeedFronts& each) { return each.evolved_share > each.random_share && each.evolved_share >= kNear; });
}

Result<std::vector<DeviceEvaluation>> evaluate(const std::filesystem::path& folder, const EvaluationOptions& options) {
  std::vector<DeviceEvaluation> devices;
  for (const std::string& name : options.devices) {
    MOSAIC_TRY(DeviceEvaluation device, evaluate_device(folder, name, options));
    devices.push_back(std::move(device));
  }
  return devices;
}

}  // namespace mosaic::xavier_nx
