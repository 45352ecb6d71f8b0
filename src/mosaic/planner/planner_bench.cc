// Budgets, judged in one run by scripts/bench:
// - chain at least 5 times as fast as Algorithm 1 at 53 layers x 25 configurations and 30 times at 1,000 x 25, or its being exact under transfers
//   between pairs of devices would be its only merit;
// - Algorithm 1 itself within twice of what a careful implementation of it was measured to take, 22 us at 53 x 4 and 117 us at 53 x 25: a straw man
//   would make the first budget worthless;
// - chain at 10,000 x 100 within a second: planning is never what a user waits for, measuring is.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "mosaic/base/random.h"
#include "mosaic/planner/algorithm1.h"
#include "mosaic/planner/chain.h"

namespace mosaic {
namespace {

/// Random costs of the size that real ones have, in picoseconds. Limits of slices bind now and then where asked for.
ChainCosts random_costs(std::size_t layers, std::size_t configurations, std::size_t places, bool limits = false) {
  Random random(1);
  const auto draw = [&](std::uint64_t most) { return static_cast<std::int64_t>(random.below(most)); };
  ChainCosts costs(layers, configurations, places);
  for (std::int64_t& each : costs.execute) each = draw(500'000'000);
  for (std::int64_t& each : costs.enter) each = draw(200'000'000);
  for (std::int64_t& each : costs.leave) each = draw(20'000'000);
  for (std::size_t cut = 1; cut < layers && places > 1; ++cut) {
    for (std::size_t hop = 0; hop < places * places; ++hop) costs.transfer[cut * places * places + hop] = draw(100'000'000);
  }
  for (std::size_t c = 0; c < configurations; ++c) costs.place[c] = static_cast<std::uint32_t>(c * places / configurations);
  for (std::size_t l = 0; l < layers; ++l) {
    costs.weights[l] = draw(1'000'000);
    costs.activations[l] = draw(1'000'000);
  }
  for (auto& limit : costs.slice_limit) {
    if (limits) limit = 10'000'000;
  }
  return costs;
}

/// Algorithm 1 as the paper prints it: every slice adds its layers up anew, O(layers^3 configurations).
std::int64_t printed_algorithm(const ChainCosts& costs) {
  std::vector<std::int64_t> total(costs.layers + 1, std::numeric_limits<std::int64_t>::max());
  total[0] = 0;
  for (std::size_t l = 1; l <= costs.layers; ++l) {
    for (std::size_t k = 0; k < l; ++k) {
      for (std::size_t c = 0; c < costs.configurations; ++c) {
        std::int64_t cost = total[k] + costs.enter[costs.border(c, k)] + costs.leave[costs.border(c, l)];
        for (std::size_t i = k; i < l; ++i) cost += costs.execute[costs.cell(c, i)];
        total[l] = std::min(total[l], cost);
      }
    }
  }
  return total[costs.layers];
}

ChainCosts costs_of_size(const benchmark::State& state, std::size_t places = 1, bool limits = false) {
  return random_costs(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)), places, limits);
}

void chain(benchmark::State& state) {
  const ChainCosts costs = costs_of_size(state);
  if (state.range(0) <= 1000 && solve_chain(costs)->cost != algorithm1(costs)->cost) return state.SkipWithError("chain and Algorithm 1 disagree");
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(solve_chain(costs));
}

void chain_between_places(benchmark::State& state) {
  const ChainCosts costs = costs_of_size(state, 5);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(solve_chain(costs));
}

void chain_with_limits(benchmark::State& state) {
  const ChainCosts costs = costs_of_size(state, 5, true);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(solve_chain(costs));
}

void algorithm_1(benchmark::State& state) {
  const ChainCosts costs = costs_of_size(state);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(algorithm1(costs));
}

void as_printed(benchmark::State& state) {
  const ChainCosts costs = costs_of_size(state);
  if (printed_algorithm(costs) != solve_chain(costs)->cost.count()) return state.SkipWithError("chain and the printed algorithm disagree");
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(printed_algorithm(costs));
}

BENCHMARK(chain)->Args({53, 4})->Args({53, 25})->Args({1000, 25})->Args({10'000, 100});
BENCHMARK(chain_between_places)->Args({53, 25})->Args({1000, 25})->Args({10'000, 100});
BENCHMARK(chain_with_limits)->Args({53, 25})->Args({1000, 25})->Args({10'000, 100});
BENCHMARK(algorithm_1)->Args({53, 4})->Args({53, 25})->Args({1000, 25});
BENCHMARK(as_printed)->Args({53, 25});

}  // namespace
}  // namespace mosaic

BENCHMARK_MAIN();
