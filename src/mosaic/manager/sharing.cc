#include "mosaic/manager/sharing.h"

#include <algorithm>
#include <array>
#include <bit>

namespace mosaic::manager {
namespace {

/// Adds up by unit what `of` says each application's option takes of it, and gives each application the most that one of its units has.
template <class Amount, class Of>
std::vector<Amount> most_by_application(const Machine& machine, std::span<const Demand> demands, std::span<const Choice> choices, Of of) {
  std::array<Amount, kMostUnits> sums{};
  std::vector<Amount> most(demands.size());
  const auto visit_sums = [&](auto visit) {
    for (std::size_t i = 0; i < demands.size(); ++i) {
      if (!choices[i]) continue;
      const Option& option = demands[i].options[*choices[i]];
      for (Units rest = machine.placements[option.operation.placement].units; rest != 0; rest &= rest - 1)
        visit(i, option, sums[static_cast<std::size_t>(std::countr_zero(rest))]);
    }
  };
  visit_sums([&](std::size_t i, const Option& option, Amount& sum) { sum += of(demands[i], option); });
  visit_sums([&](std::size_t i, const Option&, const Amount& sum) { most[i] = std::max(most[i], sum); });
  return most;
}

}  // namespace

std::vector<Nanoseconds> responses(const Machine& machine, std::span<const Demand> demands, std::span<const Choice> choices) {
  auto longest = most_by_application<Nanoseconds>(machine, demands, choices, [](const Demand&, const Option& option) { return option.latency; });
  for (std::size_t i = 0; i < demands.size(); ++i) {
    if (choices[i]) longest[i] += demands[i].options[*choices[i]].delay;
  }
  return longest;
}

std::vector<double> busy_shares(const Machine& machine, std::span<const Demand> demands, const Rules& rules, std::span<const Choice> choices) {
  return most_by_application<double>(machine, demands, choices, [&](const Demand& demand, const Option& option) {
    const auto period = static_cast<double>(demand.period.count());
    return period > 0 ? std::min(static_cast<double>(option.latency.count()) / period, rules.utilisation) : 0;
  });
}

}  // namespace mosaic::manager
