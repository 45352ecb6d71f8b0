#pragma once

// What label setting has to remember of clocks. Not installed.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "mosaic/cost/chain_costs.h"

namespace mosaic {

/// A cost in each of the two criteria of a search; the second is 0 where there is one criterion.
using Costs = std::array<std::int64_t, 2>;

[[nodiscard]] constexpr Costs operator+(const Costs& a, const Costs& b) { return {a[0] + b[0], a[1] + b[1]}; }

/// The states that the clocks can be in on the way through a run: for each domain the level that was asked for first and the one asked for last, or
/// neither. That is all that later slices and the end of the cycle need to know. States are numbered as they are met; 0 is the start of a run, and
/// the only one where changing clocks costs nothing. Refers to the tables. Thread-compatible.
class ClockStates {
 public:
  /// Requires: `second` is nullptr or has the structure of `first`.
  ClockStates(const ChainCosts& first, const ChainCosts* second);

  struct Step {
    std::uint32_t state = 0;
    Costs cost{};
  };

  /// What a slice on `configuration` makes of a state, and the changes it is charged. What closes the cycle is left to `closing`.
  [[nodiscard]] Step after(std::uint32_t state, std::size_t configuration);

  /// The changes from the end of the run to its start.
  [[nodiscard]] Costs closing(std::uint32_t state) const;

  /// How much more the rest of a chain costs at most behind state `a` than behind `b`, whatever the rest is: at least 0, and 0 for one state.
  [[nodiscard]] Costs excess(std::uint32_t a, std::uint32_t b) const;

 private:
  static constexpr std::uint32_t kUnset = 0xffffffff;
  struct Range {
    std::uint32_t first = kUnset;
    std::uint32_t last = kUnset;
    friend auto operator<=>(const Range&, const Range&) = default;
  };
  using State = std::vector<Range>;  // by domain

  /// One domain's changes in one criterion, with maxima over what may follow.
  struct Domain {
    std::size_t levels = 0;
    std::vector<std::int64_t> change;      // [from][to]
    std::vector<std::int64_t> ahead;       // [a][b]: max over x of change(a, x) - change(b, x)
    std::vector<std::int64_t> behind;      // [a][b]: max over y of change(y, a) - change(y, b)
    std::vector<std::int64_t> from_unset;  // [first][last] of b: a has set nothing
    std::vector<std::int64_t> to_unset;    // [first][last] of a: b has set nothing

    Domain(std::size_t level_count, const std::vector<std::int64_t>& changes);
    [[nodiscard]] std::int64_t at(const std::vector<std::int64_t>& table, std::size_t a, std::size_t b) const { return table[a * levels + b]; }
    [[nodiscard]] std::int64_t excess(const Range& a, const Range& b) const;
  };

  std::uint32_t number_of(const State& state);

  std::vector<std::vector<ClockChanges::Setting>> sets_;  // [configuration]
  std::array<std::vector<Domain>, 2> domains_;            // [criterion]; the second empty where there is one
  std::vector<State> states_;
  std::map<State, std::uint32_t> numbers_;
  std::vector<std::vector<Step>> steps_;  // [state][configuration]; empty where not asked for yet
};

}  // namespace mosaic
