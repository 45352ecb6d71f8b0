#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/evaluation/search/outcomes.h"
#include "mosaic/evaluation/search/paired.h"

namespace mosaic::evaluation {

/// What searches with several seeds say together: accuracy with intervals, exact costs, what is saved against doing without a search, and which
/// method wins at equal cost. Pure, deterministic. Costs are modelled; one that differs by seed, because splits do, counts with its mean.

enum class SearchCost : std::uint8_t { kLatency, kEnergy };

struct CostRange {
  double mean = 0;
  double low = 0;
  double high = 0;
};

/// A mapping that every seed has.
struct SearchEntry {
  std::string name;
  SearchMethod method = SearchMethod::kTrainingFree;
  bool trained = false;
  CostRange cycles;
  CostRange microjoules;
  std::size_t split_layers = 0;  ///< with both accelerators inside one layer, the fewest of all seeds
  Answers answers;
  Estimate accuracy;

  [[nodiscard]] double cost(SearchCost kind) const { return kind == SearchCost::kLatency ? cycles.mean : microjoules.mean; }
};

/// How many points a method's front has.
struct FrontCount {
  SearchMethod method = SearchMethod::kTrainingFree;
  std::size_t points = 0;  ///< distinct ones that no other of the method beats or equals in both cost and mean accuracy
  std::size_t split = 0;   ///< of these, with both accelerators inside one layer in every seed
  std::vector<bool> on;    ///< by entry
};

/// A search's point against a manual heuristic.
struct Saving {
  std::size_t entry = 0;
  std::size_t rival = 0;       ///< the cheapest heuristic that is not more than 0.5 points less accurate
  double latency_percent = 0;  ///< less, of the rival's
  double energy_percent = 0;
  Estimate difference;  ///< of accuracy, the entry's less the rival's
};

/// A point of one method against another method's nearest one that costs no more.
struct Contest {
  std::size_t entry = 0;
  std::size_t rival = 0;
  double rival_cost_percent = 0;  ///< of the entry's
  Estimate difference;            ///< of accuracy, the entry's less the rival's
  Discordance discordance;
  std::optional<std::size_t> winner;  ///< the entry or its rival where the interval leaves out zero
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
  std::vector<SearchEntry> entries;   ///< in the first file's order
  std::vector<std::string> left_out;  ///< names that not every seed has
  std::vector<FrontCount> fronts;     ///< by method, those that have entries
  std::vector<Saving> savings;
  std::vector<Contest> contests;
  std::vector<Wish> wishes;
};

/// Points of the rule for manual rivals, as in session/search.h.
inline constexpr double kRivalPoints = 0.5;

/// Requires: at least one seed. Errors: as check_comparable.
[[nodiscard]] Result<SearchComparison> compare_searches(std::span<const SeedOutcomes> seeds, SearchCost objective);

/// For each entry the heuristic that is the cheapest of those whose accuracy is at most `points` below its own; none where there is none.
[[nodiscard]] std::vector<std::optional<std::size_t>> manual_rivals(std::span<const SearchEntry> entries, SearchCost kind,
                                                                    double points = kRivalPoints);

/// Of the entries of a method: those that no other of it beats or equals in both, the first of equals.
[[nodiscard]] FrontCount front_of(std::span<const SearchEntry> entries, SearchMethod method, SearchCost kind);

}  // namespace mosaic::evaluation
