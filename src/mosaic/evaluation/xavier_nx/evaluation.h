#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/elastic/evolution.h"
#include "mosaic/elastic/front.h"

namespace mosaic::xavier_nx {

struct EvaluationOptions {
  std::vector<std::string> devices{"jetson_GPU", "jetson"};  ///< what the tables' files begin with: GPU and CPU
  std::vector<std::uint64_t> seeds{1, 2, 3};
  std::size_t levels = 6;
  elastic::EvolutionOptions evolution;  ///< its seed is not looked at
};

/// One seed's fronts, as shares of what the exact front covers.
struct SeedFronts {
  std::uint64_t seed = 0;
  std::size_t evolved_points = 0;
  double evolved_share = 0;
  double random_share = 0;
  double seconds = 0;  ///< wall-clock, of the evolution
};

/// A latency that was asked for, and what the published search finds within it.
struct LevelSearch {
  elastic::Candidate exact;                 ///< the most accurate there is, proved
  std::optional<elastic::Candidate> found;  ///< with the first seed; none where no sub-network that it drew is as fast
};

struct DeviceEvaluation {
  std::string device;
  elastic::Space space;
  std::vector<elastic::Candidate> front;  ///< exact
  double exact_seconds = 0;
  elastic::Score reference;  ///< slower and less accurate than every sub-network, or equal to it
  double hypervolume = 0;    ///< of the exact front, in ms x per cent
  std::vector<SeedFronts> seeds;
  std::vector<LevelSearch> levels;

  /// Whether evolution is above random search for every seed and within 1 % of the exact front.
  [[nodiscard]] bool holds() const;
};

/// Judges the searches for sub-networks by published latency tables of a Jetson Xavier NX: measured by others; accuracies are a proxy made by hand.
/// Errors: those of `read_scores`. Requires: a device, a seed, two levels.
[[nodiscard]] Result<std::vector<DeviceEvaluation>> evaluate(const std::filesystem::path& folder, const EvaluationOptions& options);

}  // namespace mosaic::xavier_nx
