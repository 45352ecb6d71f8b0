#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mosaic/accelerators/rivals.h"
#include "mosaic/base/error.h"
#include "mosaic/evaluation/search/outcomes.h"
#include "mosaic/evaluation/search/paired.h"

namespace mosaic::evaluation {

/// What searches with several seeds say together: accuracy with intervals, exact costs, what is saved against doing without a search, and which
/// method wins at equal cost. Trained mappings are held against trained ones and others against others, where there are such. What is chosen among
/// several is chosen by accuracy on held-out images where all of them have it, and by that on test images else. Pure, deterministic. Costs are
/// modelled; one that differs by seed, because splits do, counts with its mean.

enum class SearchCost : std::uint8_t { kLatency, kEnergy };

struct CostRange {
  double mean = 0;
  double low = 0;
  double high = 0;
};

/// A mapping that every seed has.
struct SearchEntry {
  std::string name;
  MappingMethod method = MappingMethod::kTrainingFree;
  bool trained = false;
  std::optional<double> held_out = {};      ///< per cent, mean over seeds, where each has it
  std::optional<std::int64_t> epochs = {};  ///< of training in the mapped arithmetic, where every seed says the same
  CostRange cycles;
  CostRange microjoules;
  std::size_t split_layers = 0;  ///< with both accelerators inside one layer, the fewest of all seeds
  Answers answers;
  Estimate accuracy;

  [[nodiscard]] double cost(SearchCost kind) const { return kind == SearchCost::kLatency ? cycles.mean : microjoules.mean; }
  [[nodiscard]] bool of(MappingMethod of_method, bool and_trained) const { return method == of_method && trained == and_trained; }
};

/// How many points a method's front has, with training or without.
struct FrontCount {
  MappingMethod method = MappingMethod::kTrainingFree;
  bool trained = false;
  std::size_t points = 0;  ///< distinct ones that no other of the kind beats or equals in all costs and mean accuracy
  std::size_t split = 0;   ///< of these, with both accelerators inside one layer in every seed
  std::vector<bool> on;    ///< by entry
};

/// A search's point against a manual heuristic.
struct Saving {
  std::size_t entry = 0;
  std::size_t rival = 0;       ///< its manual rival (accelerators/rivals.h)
  double latency_percent = 0;  ///< less, of the rival's
  double energy_percent = 0;
  Estimate difference;  ///< of accuracy, the entry's less the rival's
};

/// Costs that differ by less count as equal.
inline constexpr double kEqualCostPercent = 95;

/// A point of one method against another method's nearest one that costs no more.
struct Contest {
  std::size_t entry = 0;
  std::size_t rival = 0;
  double rival_cost_percent = 0;  ///< of the entry's
  Estimate difference;            ///< of accuracy, the entry's less the rival's
  Discordance discordance;
  /// The entry or its rival. With several seeds: where the intervals over images and over seeds both leave out zero, and p is below 0.05; with one:
  /// where p is. The entry wins at equal cost alone; its rival, which costs no more, also where it is cheaper.
  std::optional<std::size_t> winner;

  [[nodiscard]] bool equal_cost() const { return rival_cost_percent >= kEqualCostPercent; }
};

/// Whether what one may ask of a search holds, with the entry that comes nearest: of those that cost little enough, the most accurate.
struct Wish {
  std::string text;
  std::optional<bool> holds;  ///< none: no entry is of the kind that is asked for
  std::optional<std::size_t> entry;
  std::string figures;
};

struct SearchComparison {
  std::size_t seeds = 0;
  std::size_t images = 0;
  SearchCost objective = SearchCost::kLatency;
  std::vector<SearchEntry> entries;      ///< in the first file's order
  std::vector<std::string> left_out;     ///< names that not every seed has
  std::vector<FrontCount> fronts;        ///< of the objective's cost; by method, trained ones behind the others, those that have entries
  std::vector<FrontCount> whole_fronts;  ///< the same of latency and energy together
  std::vector<Saving> savings;
  std::vector<Contest> contests;
  std::vector<Wish> wishes;
};

/// Requires: at least one seed. Errors: as check_comparable.
[[nodiscard]] Result<SearchComparison> compare_searches(std::span<const SeedOutcomes> seeds, SearchCost objective);

/// Of the entries of a method, trained or not: those that no other of them beats or equals in accuracy and each of these costs, the first of equals.
[[nodiscard]] FrontCount front_of(std::span<const SearchEntry> entries, MappingMethod method, bool trained, std::span<const SearchCost> costs);

}  // namespace mosaic::evaluation
