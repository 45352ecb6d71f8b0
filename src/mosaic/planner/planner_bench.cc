// Budgets, judged in one run by scripts/bench:
// - chain at least 5 times as fast as Algorithm 1 at 53 layers x 25 configurations and 30 times at 1,000 x 25, or its being exact under transfers
//   between pairs of devices would be its only merit;
// - Algorithm 1 itself within twice of what a careful implementation of it was measured to take, 22 us at 53 x 4 and 117 us at 53 x 25: a straw man
//   would make the first budget worthless;
// - chain at 10,000 x 100 within a second: planning is never what a user waits for, measuring is;
// - the whole front of latency and energy at 53 x 25 within a second, for a person looks at it; the least energy within a latency, the least product
//   and the cheapest chain with clock changes priced within 100 ms: what an application that changes its mind can wait for.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "mosaic/base/random.h"
#include "mosaic/planner/algorithm1.h"
#include "mosaic/planner/chain.h"
#include "mosaic/planner/front.h"

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

/// A device of a made-up phone: how fast and how thirsty it is at its highest clock against the big cores, what a hop takes, and its clocks.
struct MadeUpDevice {
  double slowness;
  double dynamic_watts;
  double static_watts;
  double hop_milliseconds;
  std::vector<std::pair<double, double>> points;  // volts, MHz
};

/// Voltages and clocks of Table II of MOSAIC.
const std::array<MadeUpDevice, 4>& made_up_devices() {
  static const std::array<MadeUpDevice, 4> devices{{
      {1, 4, .5, .05, {{.7, 682}, {.8, 1018}, {.8, 1210}, {.8, 1364}, {.9, 1498}, {.9, 1652}, {.9, 1863}, {1, 2093}, {1.1, 2362}}},
      {2.5, .9, .15, .05, {{.7, 509}, {.8, 1018}, {.9, 1210}, {.9, 1402}, {1, 1556}, {1, 1690}, {1.1, 1844}}},
      {.6, 3, .3, .5, {{.6, 104}, {.7, 151}, {.7, 237}, {.7, 332}, {.8, 415}, {.8, 550}, {.9, 667}, {1, 767}}},
      {.5, 2.5, .3, 1.5, {{1, 960}}},
  }};
  return devices;
}

/// Time and energy of `layers` layers on 25 configurations, by equations 3 to 5 with random coefficients. No device is best at everything.
TimeAndEnergy phone_costs(std::size_t layers, bool priced_clocks = false) {
  constexpr double kMilli = 1e9;  // picoseconds and picojoules
  Random random(1);
  const auto factor = [&](double spread) { return std::exp(spread * random.normal()); };
  std::vector<double> work(layers);
  std::vector<double> clocked(layers);  // the share that the clock makes faster
  std::vector<double> bytes(layers + 1);
  for (double& each : work) each = 10 * kMilli * factor(.7);
  for (double& each : clocked) each = random.uniform(.3, 1);
  for (double& each : bytes) each = factor(.7);
  TimeAndEnergy costs{.time = ChainCosts(layers, 25), .energy = ChainCosts(layers, 25)};
  if (priced_clocks) costs.time.clocks.emplace(std::vector<std::size_t>{9, 7, 8}, 25);
  std::size_t c = 0;
  for (std::size_t d = 0; d < made_up_devices().size(); ++d) {
    const MadeUpDevice& device = made_up_devices()[d];
    std::vector<std::pair<double, double>> of_layers;  // how slow and how thirsty
    for (std::size_t k = 0; k < layers; ++k) of_layers.emplace_back(factor(.5), factor(.25));
    const auto [top_volts, top_clock] = device.points.back();
    for (std::uint32_t level = 0; level < device.points.size(); ++level, ++c) {
      const auto [volts, clock] = device.points[level];
      for (std::size_t k = 0; k < layers; ++k) {
        const double time = work[k] * device.slowness * of_layers[k].first * (clocked[k] * top_clock / clock + 1 - clocked[k]);
        const double power = device.dynamic_watts * of_layers[k].second * volts * volts * clock / (top_volts * top_volts * top_clock);
        costs.time.execute[costs.time.cell(c, k)] = std::llround(time);
        costs.energy->execute[costs.time.cell(c, k)] = std::llround(time * (power + device.static_watts));
      }
      for (std::size_t cut = 0; cut <= layers; ++cut) {
        const double hop = device.hop_milliseconds * kMilli * bytes[cut];
        costs.time.enter[costs.time.border(c, cut)] = costs.time.leave[costs.time.border(c, cut)] = std::llround(hop);
        costs.energy->enter[costs.time.border(c, cut)] = costs.energy->leave[costs.time.border(c, cut)] = std::llround(.8 * hop);
      }
      if (priced_clocks && d < 3) costs.time.clocks->sets[c] = {{.domain = static_cast<std::uint32_t>(d), .level = level}};
    }
  }
  if (!priced_clocks) return costs;
  // Raising a clock takes milliseconds on a real board, lowering it next to nothing: medians of an RK3399Pro, at a watt.
  const std::array<double, 3> up{3.4, 1.5, 2.9};
  for (std::size_t d = 0; d < up.size(); ++d) {
    for (std::size_t from = 0; from < costs.time.clocks->levels[d]; ++from) {
      for (std::size_t to = 0; to < costs.time.clocks->levels[d]; ++to) {
        if (from != to) costs.time.clocks->cost(d, from, to) = std::llround((to > from ? up[d] : .1) * kMilli);
      }
    }
  }
  costs.energy->clocks = costs.time.clocks;
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

void front(benchmark::State& state) {
  const TimeAndEnergy costs = phone_costs(static_cast<std::size_t>(state.range(0)));
  Front found;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(found = pareto_front(costs));
  if (!found.complete) state.SkipWithError("the front is not complete");
  state.counters["points"] = static_cast<double>(found.points.size());
}

void front_with_limits(benchmark::State& state) {
  TimeAndEnergy costs = phone_costs(static_cast<std::size_t>(state.range(0)));
  for (ChainCosts* table : {&costs.time, &*costs.energy}) {
    table->weights.assign(table->layers, 5'000'000);
    table->slice_limit[24] = 100'000'000;  // the NPU's
  }
  Front found;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(found = pareto_front(costs));
  if (!found.complete) state.SkipWithError("the front is not complete");
  state.counters["points"] = static_cast<double>(found.points.size());
}

/// The least energy within the mean of the least and the most latency that is worth while.
void energy_within_latency(benchmark::State& state) {
  const TimeAndEnergy costs = phone_costs(static_cast<std::size_t>(state.range(0)));
  const auto fastest = best_chain(costs, Objective::kLatency);
  const auto thriftiest = best_chain(costs, Objective::kEnergy);
  const Constraints constraints{.latency = Picoseconds((fastest->best.time.count() + thriftiest->best.time.count()) / 2), .energy = {}};
  if (!best_chain(costs, Objective::kEnergy, constraints)->optimal()) return state.SkipWithError("not proved optimal");
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(best_chain(costs, Objective::kEnergy, constraints));
}

void energy_delay(benchmark::State& state) {
  const TimeAndEnergy costs = phone_costs(static_cast<std::size_t>(state.range(0)));
  if (!best_chain(costs, Objective::kEnergyDelay)->optimal()) return state.SkipWithError("not proved optimal");
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(best_chain(costs, Objective::kEnergyDelay));
}

/// The least energy where changing clocks is priced.
void clocks_priced(benchmark::State& state) {
  const TimeAndEnergy costs = phone_costs(static_cast<std::size_t>(state.range(0)), true);
  if (!solve_chain(*costs.energy)->optimal) return state.SkipWithError("not proved optimal");
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(solve_chain(*costs.energy));
}

// The layers of the ten networks of MOSAIC's Table I: 20, 20, 20, 18, 18, 53, 16, 20, 18, 10; 4 configurations for latency, 25 for energy.
void ten_networks(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t layers : {10, 16, 18, 20, 53}) bench->Args({layers, 4})->Args({layers, 25});
}

BENCHMARK(chain)->Apply(ten_networks)->Args({1000, 25})->Args({10'000, 100});
BENCHMARK(chain_between_places)->Args({53, 25})->Args({1000, 25})->Args({10'000, 100});
BENCHMARK(chain_with_limits)->Args({53, 25})->Args({1000, 25})->Args({10'000, 100});
BENCHMARK(algorithm_1)->Apply(ten_networks)->Args({1000, 25});
BENCHMARK(as_printed)->Args({53, 25});
BENCHMARK(front)->Args({20, 25})->Args({53, 25});
BENCHMARK(front_with_limits)->Args({53, 25});
BENCHMARK(energy_within_latency)->Args({53, 25});
BENCHMARK(energy_delay)->Args({53, 25});
BENCHMARK(clocks_priced)->Args({20, 25})->Args({53, 25});

}  // namespace
}  // namespace mosaic

BENCHMARK_MAIN();
