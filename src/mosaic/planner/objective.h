#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/cost/time_and_energy.h"

namespace mosaic {

/// What is to be as small as possible: the time of a run, its energy, or the product of both.
enum class Objective { kLatency, kEnergy, kEnergyDelay };

/// "latency", "energy", "edp".
[[nodiscard]] std::string_view name(Objective objective);

/// Errors: kUnsupported, naming the objectives there are.
[[nodiscard]] Result<Objective> parse_objective(std::string_view text);

/// What a plan may take. Limits of memory are part of the costs.
struct Constraints {
  std::optional<Picoseconds> latency{};
  std::optional<Picojoules> energy{};

  [[nodiscard]] bool allow(const PricedChain& chain) const;
};

/// The best chain there is, or the best that was found.
struct Optimum {
  PricedChain best;
  std::optional<double> gap_percent{};  ///< none: proved optimal; else no chain is better by more than this

  [[nodiscard]] bool optimal() const { return !gap_percent.has_value(); }
};

/// Why there is none.
struct Infeasible {
  enum class What { kNoChain, kLatency, kEnergy };
  What what = What::kNoChain;  ///< no chain whatever it takes, or none that takes so little
  Cost least{};                ///< the least latency or energy there is, within the other constraint
  bool within_other = false;   ///< whether the other constraint is what makes it so much
  bool proved = true;          ///< else that is only the least that was found before the cap on labels bound
};

/// How large a chain's objective is, for comparing. Picoseconds, picojoules, or their product.
[[nodiscard]] double value_of(const PricedChain& chain, Objective objective);

/// The chain with the least latency, energy or energy-delay product that keeps the constraints. Exact, in integers. Requires: `costs` has energy
/// unless objective and constraints are of latency alone.
///
/// One criterion is `solve_chain`. A constraint on the other one, and the product, are label setting with two criteria, held in bounds by the
/// cheapest chains of weighted sums: a sum of which the rest would cost too much for the best chain found so far rules a label out. For the product
/// these bounds are nearly tight, because it is smallest at a corner of the convex hull of what can be reached. `label_cap` bounds the labels kept
/// for each cut and configuration, by default at 20,000; with priced clocks, where labels are compared across all states of the clocks, at 1,000; in
/// `solve_chain` at that function's own default. Where it binds, the result still keeps the constraints, and says how much better another chain might
/// be; and that there is none may then be unproved.
[[nodiscard]] std::expected<Optimum, Infeasible> best_chain(const TimeAndEnergy& costs, Objective objective, const Constraints& constraints = {},
                                                            std::optional<std::size_t> label_cap = {});

}  // namespace mosaic
