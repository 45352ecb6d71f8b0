#pragma once

// What a label can still lead to. Not installed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mosaic/planner/clock_states.h"
#include "mosaic/planner/remaining.h"

namespace mosaic {

/// What a search looks for. Criteria are the first and the second table of the search.
struct Goal {
  std::array<std::optional<std::int64_t>, 2> most{};  ///< in each criterion, itself allowed
  std::optional<std::int64_t> first_below{};          ///< only chains that cost less in the first criterion
  std::optional<double> product_below{};              ///< only chains with a smaller product of both

  /// Whether it is a front, and not one chain.
  [[nodiscard]] bool wants_all() const { return !first_below && !product_below; }

  [[nodiscard]] bool accepts(const Costs& cost) const {
    const bool within = (!most[0] || cost[0] <= *most[0]) && (!most[1] || cost[1] <= *most[1]);
    return within && (!first_below || cost[0] < *first_below);
  }
};

/// Lower bounds of what becomes of a label, from the cheapest rests of weighted sums of the criteria: each sum is a line that no chain lies below,
/// and together they bound all that can be reached. Refers to the tables. Complexity: a `Remaining` a line, then a few operations a line and
/// question.
class Prospects {
 public:
  /// Starts with the two criteria as lines. Requires: `second` is nullptr or has the structure of `first`.
  Prospects(const ChainCosts& first, const ChainCosts* second);

  /// Adds a weighted sum, unless one is there already that is nearly the same. Returns the table of the sums, with weights of its own, or nullptr
  /// where it was not added. Weights: both above 0, in any scale.
  const ChainCosts* add_line(double first_weight, double second_weight);

  void set_goal(const Goal& goal) { goal_ = goal; }
  [[nodiscard]] const Goal& goal() const { return goal_; }

  /// Whether nothing the goal asks for can come of a label at `cut`, in a slice on `c` that has run the layers before, with these costs so far.
  [[nodiscard]] bool hopeless(const Costs& so_far, std::size_t cut, std::size_t c) const;

  /// The least first criterion that can come of it within the goal's limits. Requires: not hopeless.
  [[nodiscard]] std::int64_t least_first(const Costs& so_far, std::size_t cut, std::size_t c) const;

  /// The least product, a little less to be sure. Requires: two criteria; not hopeless.
  [[nodiscard]] double least_product(const Costs& so_far, std::size_t cut, std::size_t c) const;

 private:
  struct Line {
    Costs weight;
    ChainCosts costs;
    Remaining remaining;

    Line(const Costs& weights, ChainCosts sums) : weight(weights), costs(std::move(sums)), remaining(costs) {}
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    [[nodiscard]] Cost at_least(const Costs& so_far, std::size_t cut, std::size_t c) const {
      return remaining.inside(cut, c) + (weight[0] * so_far[0] + weight[1] * so_far[1]);
    }
  };

  const ChainCosts* first_;
  const ChainCosts* second_;
  Costs most_{};                              // no chain costs more, in each criterion
  std::vector<std::unique_ptr<Line>> lines_;  // from the first criterion alone to the second alone
  Goal goal_;
};

}  // namespace mosaic
