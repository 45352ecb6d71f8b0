#include "mosaic/precision/choose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

#include "mosaic/base/random.h"
#include "mosaic/cost/chain_costs.h"

namespace mosaic::precision {
namespace {

using Entry = FormTable::Entry;
using enum Form;

/// Times of float and int8 by layer, and the noise of the latter.
FormTable two_forms(const std::vector<std::array<double, 3>>& layers, double conversion) {
  FormTable table;
  for (const auto& [exact, quick, noise] : layers) table.layers.push_back({Entry{exact, 0}, Entry{quick, noise}, std::nullopt});
  table.conversion.assign(layers.size() + 1, conversion);
  table.conversion.front() = table.conversion.back() = 0;
  return table;
}

// 10 + 4 + 1 + 10 with two borders of 2: float, int8, int8, float.
TEST(Assess, AddsUpLayersAndConversions) {
  const FormTable table = two_forms({{10, 5, 1}, {8, 4, 2}, {3, 1, 4}, {10, 5, 8}}, 2);
  const Assignment out = assess(table, {kFloat, kInt8, kInt8, kFloat});
  EXPECT_DOUBLE_EQ(out.microseconds, 10 + 4 + 1 + 10 + 2 * 2);
  EXPECT_DOUBLE_EQ(out.noise, 6);
}

// One layer in int8 saves 5 and costs a conversion of 2 at its only border: (20, 0), (17, 1 or 3), (10, 4).
TEST(PrecisionFront, HoldsEveryTradeOffOfTwoLayers) {
  const std::vector<Assignment> front = precision_front(two_forms({{10, 5, 1}, {10, 5, 3}}, 2));
  ASSERT_EQ(front.size(), 3);
  EXPECT_EQ(front[0].forms, (std::vector<Form>{kInt8, kInt8}));
  EXPECT_EQ(front[1].forms, (std::vector<Form>{kInt8, kFloat}));
  EXPECT_DOUBLE_EQ(front[1].microseconds, 17);
  EXPECT_EQ(front[2].forms, (std::vector<Form>{kFloat, kFloat}));
}

FormTable random_table(Random& random, std::size_t layers) {
  FormTable table;
  const auto some = [&](std::int64_t most) { return static_cast<double>(random.between(0, most)); };
  for (std::size_t l = 0; l < layers; ++l) {
    const bool third = random.between(0, 2) == 0;
    table.layers.push_back(
        {Entry{1 + some(20), 0}, Entry{1 + some(20), some(9)}, third ? std::optional(Entry{1 + some(20), some(9)}) : std::nullopt});
    table.conversion.push_back(l == 0 ? 0 : some(6));
  }
  table.conversion.push_back(0);
  return table;
}

/// All assignments of a table, in the units of its chain costs: (time, noise).
std::set<std::pair<std::int64_t, std::int64_t>> front_by_trying_all(const FormTable& table) {
  const TimeAndEnergy costs = chain_costs(table);
  std::set<std::pair<std::int64_t, std::int64_t>> all;
  const std::size_t layers = table.layers.size();
  for (std::size_t code = 0; code < static_cast<std::size_t>(std::pow(3, layers)); ++code) {
    Chain chain{.borders = {0}, .configurations = {}};
    bool possible = true;
    for (std::size_t l = 0, rest = code; l < layers; ++l, rest /= 3) {
      possible = possible && table.layers[l][rest % 3].has_value();
      chain.configurations.push_back(rest % 3);
      chain.borders.push_back(l + 1);
    }
    if (possible) all.emplace(cost_of(costs.time, chain).count(), cost_of(*costs.energy, chain).count());
  }
  std::set<std::pair<std::int64_t, std::int64_t>> front;
  for (const auto& each : all) {  // by time: it is beaten by one before it that has no more noise
    if (front.empty() || each.second < front.rbegin()->second) front.insert(each);
  }
  return front;
}

TEST(PrecisionFront, IsWhatTryingAllFinds) {
  Random random(3);
  for (int i = 0; i < 60; ++i) {
    const FormTable table = random_table(random, static_cast<std::size_t>(random.between(1, 6)));
    const TimeAndEnergy costs = chain_costs(table);
    std::set<std::pair<std::int64_t, std::int64_t>> found;
    for (const Assignment& each : precision_front(table)) {
      Chain chain{.borders = {0}, .configurations = {}};
      for (const Form form : each.forms) {
        chain.configurations.push_back(static_cast<std::size_t>(form));
        chain.borders.push_back(chain.borders.size());
      }
      found.emplace(cost_of(costs.time, chain).count(), cost_of(*costs.energy, chain).count());
      EXPECT_EQ(each, assess(table, each.forms));
    }
    EXPECT_EQ(found, front_by_trying_all(table)) << i;
  }
}

// The table and its costs in units agree to the rounding: half a 20,000th of the float network for each layer and border.
TEST(PrecisionFront, RoundsLittle) {
  Random random(4);
  const FormTable table = random_table(random, 8);
  double total = 0;
  for (const auto& layer : table.layers) total += layer[0]->microseconds;
  const std::vector<Form> forms{kInt8, kFloat, kInt8, kInt8, kFloat, kFloat, kInt8, kFloat};
  Chain chain{.borders = {0}, .configurations = {}};
  for (const Form form : forms) {
    chain.configurations.push_back(static_cast<std::size_t>(form));
    chain.borders.push_back(chain.borders.size());
  }
  const double units = static_cast<double>(cost_of(chain_costs(table).time, chain).count());
  EXPECT_NEAR(units * total / 2e4, assess(table, forms).microseconds, total / 2e4 * 0.5 * 15);
}

TEST(Candidates, AreTheQuietestThatSaveEnough) {
  Random random(5);
  for (int i = 0; i < 60; ++i) {
    const FormTable table = random_table(random, 6);
    const std::vector<Assignment> front = precision_front(table);
    const double in_float = assess(table, std::vector<Form>(6, kFloat)).microseconds;
    const std::vector<Assignment> chosen = candidates(front, in_float, 1.1, 4);
    EXPECT_TRUE(std::ranges::is_sorted(chosen, {}, &Assignment::noise));
    for (const Assignment& each : chosen) {
      EXPECT_LE(each.microseconds, in_float / 1.1);
      for (const Assignment& other : front) EXPECT_FALSE(other.microseconds <= each.microseconds && other.noise < each.noise);
    }
    if (in_float / front.front().microseconds > 1.1) {
      EXPECT_FALSE(chosen.empty());
      EXPECT_NEAR(chosen.back().microseconds, front.front().microseconds, 1e-6);  // the fastest is among them
    } else {
      EXPECT_TRUE(chosen.empty());
    }
  }
}

// extra = 3 changes + 0.5 KiB exactly.
TEST(FitConversions, FindsALine) {
  std::vector<Alternation> seen;
  for (const auto& [changes, kib] : {std::pair(10.0, 100.0), std::pair(5.0, 80.0), std::pair(2.0, 10.0)})
    seen.push_back({.changes = changes, .kib = kib, .extra = 3 * changes + 0.5 * kib});
  const ConversionCost cost = fit_conversions(seen);
  EXPECT_NEAR(cost.fixed, 3, 1e-9);
  EXPECT_NEAR(cost.by_kib, 0.5, 1e-9);
}

// Against a grid: no pair of costs that are not negative fits better.
TEST(FitConversions, NeverFindsNegativeCosts) {
  Random random(6);
  const auto misfit = [](const std::vector<Alternation>& seen, double fixed, double by_kib) {
    double sum = 0;
    for (const Alternation& each : seen) sum += std::pow(each.extra - fixed * each.changes - by_kib * each.kib, 2);
    return sum;
  };
  for (int i = 0; i < 100; ++i) {
    std::vector<Alternation> seen;
    for (int k = 0; k < 4; ++k) {
      seen.push_back({.changes = static_cast<double>(random.between(1, 9)),
                      .kib = static_cast<double>(random.between(1, 90)),
                      .extra = static_cast<double>(random.between(-40, 60))});
    }
    const ConversionCost cost = fit_conversions(seen);
    EXPECT_GE(cost.fixed, 0);
    EXPECT_GE(cost.by_kib, 0);
    const double best = misfit(seen, cost.fixed, cost.by_kib);
    for (int a = 0; a <= 60; ++a) {
      for (int b = 0; b <= 60; ++b) EXPECT_LE(best, misfit(seen, a, b * 0.1) + 1e-6);
    }
  }
}

}  // namespace
}  // namespace mosaic::precision
