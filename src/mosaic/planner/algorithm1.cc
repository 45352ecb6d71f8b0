#include "mosaic/planner/algorithm1.h"

#include <algorithm>
#include <limits>

#include "mosaic/cost/cost.h"

namespace mosaic {
namespace {

/// Tables by cut and then configuration, so that the inner loop runs over neighbours in memory.
struct Tables {
  std::vector<std::int64_t> sums;  // of the layers before a cut
  std::vector<std::int64_t> enter;
  std::vector<std::int64_t> leave;
  std::vector<std::uint32_t> first;  // first cut from which all layers up to here can run

  explicit Tables(const ChainCosts& costs)
      : sums((costs.layers + 1) * costs.configurations), enter(sums.size()), leave(sums.size()), first(sums.size()) {
    const std::size_t width = costs.configurations;
    for (std::size_t c = 0; c < width; ++c) {
      for (std::size_t cut = 0; cut <= costs.layers; ++cut) {
        enter[cut * width + c] = costs.enter[costs.border(c, cut)];
        leave[cut * width + c] = costs.leave[costs.border(c, cut)];
        if (cut == 0) continue;
        const bool runs = costs.runs[costs.cell(c, cut - 1)] != 0;
        sums[cut * width + c] = sums[(cut - 1) * width + c] + costs.execute[costs.cell(c, cut - 1)];
        first[cut * width + c] = runs ? first[(cut - 1) * width + c] : static_cast<std::uint32_t>(cut);
      }
    }
  }
};

}  // namespace

std::optional<ChainResult> algorithm1(const ChainCosts& costs) {
  const std::size_t width = costs.configurations;
  const Tables tables(costs);
  const bool limited = std::ranges::any_of(costs.slice_limit, [](const auto& limit) { return limit.has_value(); });
  std::vector<Cost> total(costs.layers + 1, Cost::infeasible());  // C_tot of eq. 9
  std::vector<std::uint32_t> begin(costs.layers + 1);
  std::vector<std::uint32_t> device(costs.layers + 1);
  std::vector<std::int64_t> weights(costs.layers);  // of layers [k, l), and their largest activations
  std::vector<std::int64_t> largest(costs.layers);
  total[0] = Cost();
  for (std::size_t l = 1; l <= costs.layers; ++l) {
    std::int64_t best = std::numeric_limits<std::int64_t>::max();
    for (std::size_t k = 0; k < l; ++k) {
      if (limited) {
        weights[k] += costs.weights[l - 1];
        largest[k] = std::max(largest[k], costs.activations[l - 1]);
      }
      if (!total[k].feasible()) continue;
      const std::int64_t before = total[k].count();
      const std::int64_t* const sums_k = &tables.sums[k * width];
      const std::int64_t* const sums_l = &tables.sums[l * width];
      const std::int64_t* const enter_k = &tables.enter[k * width];
      const std::int64_t* const leave_l = &tables.leave[l * width];
      const std::uint32_t* const first_l = &tables.first[l * width];
      for (std::size_t c = 0; c < width; ++c) {
        const std::int64_t cost = before + (sums_l[c] - sums_k[c]) + enter_k[c] + leave_l[c];
        if (cost >= best || first_l[c] > k) continue;
        if (limited && costs.slice_limit[c] && weights[k] + largest[k] > *costs.slice_limit[c]) continue;
        best = cost;
        begin[l] = static_cast<std::uint32_t>(k);
        device[l] = static_cast<std::uint32_t>(c);
      }
    }
    if (best != std::numeric_limits<std::int64_t>::max()) total[l] = Cost(best);
  }
  if (!total[costs.layers].feasible()) return std::nullopt;
  ChainResult result{.chain = {.borders = {costs.layers}, .configurations = {}}, .cost = total[costs.layers]};
  for (std::size_t l = costs.layers; l > 0; l = begin[l]) {
    result.chain.borders.push_back(begin[l]);
    result.chain.configurations.push_back(device[l]);
  }
  std::ranges::reverse(result.chain.borders);
  std::ranges::reverse(result.chain.configurations);
  return result;
}

ChainCosts paper_view(const ChainCosts& costs) {
  ChainCosts view(costs.layers, costs.configurations);
  view.execute = costs.execute;
  view.runs = costs.runs;
  view.enter = costs.enter;
  view.leave = costs.leave;
  view.weights = costs.weights;
  view.activations = costs.activations;
  view.slice_limit = costs.slice_limit;
  view.space = costs.space;
  view.space_limit = costs.space_limit;
  view.memory_limit = costs.memory_limit;
  if (costs.places == 1) {
    for (std::size_t c = 0; c < costs.configurations; ++c) {
      for (std::size_t cut = 1; cut < costs.layers; ++cut) view.enter[view.border(c, cut)] += costs.transfer[cut];
    }
    return view;
  }
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    for (std::size_t cut = 1; cut < costs.layers; ++cut) {
      std::int64_t sum = 0;
      for (std::size_t from = 0; from < costs.places; ++from) {
        if (from != costs.place[c]) sum += costs.transfer[costs.hop(cut, from, costs.place[c])];
      }
      view.enter[view.border(c, cut)] += sum / static_cast<std::int64_t>(costs.places - 1);
    }
  }
  return view;
}

}  // namespace mosaic
