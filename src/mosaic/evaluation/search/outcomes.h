#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/accelerators/rivals.h"
#include "mosaic/base/error.h"

namespace mosaic::evaluation {

/// What `mosaic search --json` says of one seed. Values; thread-compatible.

struct SearchOutcome {
  std::string name;  ///< "All-8bit", "point 3"
  MappingMethod method = MappingMethod::kTrainingFree;
  bool trained = false;                     ///< weights were trained for this mapping
  std::optional<double> held_out = {};      ///< per cent of images that are neither trained nor tested on
  std::optional<std::int64_t> epochs = {};  ///< that it was trained for in the mapped arithmetic, its search counted
  double cycles = 0;                        ///< modelled
  double microjoules = 0;
  std::size_t split_layers = 0;      ///< with both accelerators inside one layer
  std::vector<std::size_t> classes;  ///< that it gives the test images
};

/// What a search was told. Absent: the file does not say, as one without training says nothing of epochs.
struct SearchSetting {
  std::optional<std::string> objective = {};
  std::optional<std::string> board = {};
  std::optional<std::string> data = {};
  std::optional<std::int64_t> float_epochs = {};
  std::optional<std::int64_t> search_epochs = {};
  std::optional<std::int64_t> tune_epochs = {};
};

struct SeedOutcomes {
  std::string file;
  std::optional<std::int64_t> seed;
  SearchSetting setting = {};
  std::vector<std::size_t> labels;  ///< right classes of the test images
  std::vector<SearchOutcome> outcomes;
};

/// Keys that are not needed are passed over. Without "method", what is "manual" is a heuristic, "Min-Cost" is itself, and the rest is training-free.
/// Errors: kInvalidInput, with file, mapping and key: not such a file, no labels, another number of classes than of labels, a name that stands twice,
/// costs that are not finite and positive.
[[nodiscard]] Result<SeedOutcomes> parse_search_outcomes(std::string_view text, const std::string& file);

/// Whether files are of the same network, setting and test images, but not of the same search, and have All-8bit among their mappings. Errors:
/// kInvalidInput: other labels, other costs of All-8bit, another setting, mappings of one name that were made otherwise; the same seed twice, or,
/// where a file names none, the same answers.
[[nodiscard]] Result<void> check_comparable(std::span<const SeedOutcomes> seeds);

/// By name; null where there is none.
[[nodiscard]] const SearchOutcome* find_outcome(const SeedOutcomes& seed, std::string_view name);

}  // namespace mosaic::evaluation
