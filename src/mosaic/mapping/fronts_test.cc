#include "mosaic/mapping/fronts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "mosaic/base/random.h"
#include "tests/network_reference.h"

namespace mosaic::mapping {
namespace {

using diana::CostKind;
using testing::ElementsAre;

constexpr double kSecondsOfUnit = 1 / (40 * 260e6);
constexpr double kJoulesOfUnit = 1e-5 * kSecondsOfUnit;

ConvShape random_shape(Random& random, std::size_t most_channels) {
  const auto integer = [&](std::size_t most) { return static_cast<std::int64_t>(random.below(most) + 1); };
  ConvShape shape{.in_channels = integer(80),
                  .out_channels = integer(most_channels),
                  .kernel_x = integer(3),
                  .kernel_y = integer(3),
                  .out_x = integer(20),
                  .out_y = integer(20)};
  if (random.below(8) == 0) shape.groups = shape.in_channels = shape.out_channels;
  return shape;
}

/// Small integers: sums are exact, and there are many ties.
std::vector<double> random_sensitivities(Random& random, std::int64_t channels) {
  std::vector<double> values;
  for (std::int64_t c = 0; c < channels; ++c) values.push_back(static_cast<double>(random.below(6)));
  return values;
}

struct Instance {
  std::vector<ConvShape> layers;
  Sensitivities sensitivities;
};

Instance random_instance(Random& random, std::size_t most_layers, std::size_t most_channels) {
  Instance instance;
  for (std::size_t l = random.below(most_layers) + 1; l > 0; --l) {
    instance.layers.push_back(random_shape(random, most_channels));
    instance.sensitivities.push_back(random_sensitivities(random, instance.layers.back().out_channels));
  }
  return instance;
}

/// Cost, proxy, and minus the digital channels: of equal cost and proxy the smallest is wanted.
using Priced = std::tuple<std::int64_t, double, std::int64_t>;

/// Non-dominated ones, ascending cost.
std::vector<Priced> non_dominated(std::vector<Priced> all) {
  std::ranges::sort(all);
  std::vector<Priced> front;
  for (const Priced& each : all) {
    if (front.empty() || std::get<1>(each) < std::get<1>(front.back())) front.push_back(each);
  }
  return front;
}

/// Every subset of channels of every layer: 2 to the power of their number.
std::vector<Priced> all_mappings(const Instance& instance, CostKind kind) {
  std::vector<Priced> all{{0, 0, 0}};
  for (std::size_t l = 0; l < instance.layers.size(); ++l) {
    const ConvShape& layer = instance.layers[l];
    std::vector<Priced> next;
    for (std::size_t subset = 0; subset < std::size_t{1} << static_cast<std::size_t>(layer.out_channels); ++subset) {
      std::int64_t digital = 0;
      double proxy = 0;
      for (std::size_t c = 0; c < instance.sensitivities[l].size(); ++c) {
        if ((subset >> c & 1U) != 0) ++digital;
        if ((subset >> c & 1U) == 0) proxy += instance.sensitivities[l][c];
      }
      if (layer.groups > 1 && digital != layer.out_channels) continue;
      for (const auto& [cost, sum, channels] : all) next.emplace_back(cost + whole_cost(layer, digital, kind), sum + proxy, channels - digital);
    }
    all = std::move(next);
  }
  return non_dominated(std::move(all));
}

/// Every number of digital channels of every layer.
std::vector<Priced> all_counts(const Instance& instance, CostKind kind) {
  std::vector<Priced> all{{0, 0, 0}};
  for (std::size_t l = 0; l < instance.layers.size(); ++l) {
    const ConvShape& layer = instance.layers[l];
    std::vector<double> sorted = instance.sensitivities[l];
    std::ranges::sort(sorted);
    std::vector<Priced> next;
    for (std::int64_t digital = layer.groups > 1 ? layer.out_channels : 0; digital <= layer.out_channels; ++digital) {
      double proxy = 0;
      for (std::size_t c = 0; c < sorted.size() - static_cast<std::size_t>(digital); ++c) proxy += sorted[c];
      for (const auto& [cost, sum, channels] : all) next.emplace_back(cost + whole_cost(layer, digital, kind), sum + proxy, channels - digital);
    }
    all = std::move(next);
  }
  return non_dominated(std::move(all));
}

std::vector<Priced> priced(const CostFront& front, const Instance& instance, CostKind kind) {
  std::vector<Priced> points;
  for (const MappedPoint& point : front.points) {
    std::int64_t cost = 0;
    std::int64_t digital = 0;
    for (std::size_t l = 0; l < point.digital.size(); ++l) {
      cost += whole_cost(instance.layers[l], point.digital[l], kind);
      digital += point.digital[l];
    }
    points.emplace_back(cost, point.proxy, -digital);
  }
  return points;
}

TEST(WholeCost, IsThePublishedCostInWholeUnits) {
  Random random(3);
  for (int trial = 0; trial < 300; ++trial) {
    const ConvShape layer = random_shape(random, 600);
    const std::int64_t digital =
        layer.groups > 1 ? layer.out_channels : static_cast<std::int64_t>(random.below(static_cast<std::size_t>(layer.out_channels) + 1));
    const diana::LayerCost cost = diana::layer_cost(layer, digital);
    ASSERT_NEAR(static_cast<double>(whole_cost(layer, digital, CostKind::kLatency)), cost.cycles() * 40, 1e-4);
    ASSERT_NEAR(static_cast<double>(whole_cost(layer, digital, CostKind::kEnergy)) * kJoulesOfUnit / cost.energy().value, 1, 1e-12);
  }
}

TEST(LayerFront, ByHand) {
  // 1 x 1 windows on 16 channels, 16 x 1 pixels. Analog: 16 evaluations, of 8 pixels at once where 8 times the channels fit in 512 columns and
  // (8 + 1 - 1) * 64 <= 1152 rows: 16 / 8 * 18.2 + 8 * 16 = 164.4 cycles for any number of channels. Digital: 16 and 16 * (channels + 16) / 8 cycles:
  // 50, 52, 54 for 1, 2, 3 channels, always hidden behind the analog array; all three digital take 54 alone.
  const ConvShape layer{.in_channels = 16, .out_channels = 3, .out_x = 16};
  const auto front = layer_front(layer, std::vector{1.0, 4.0, 2.0}, CostKind::kLatency);
  EXPECT_THAT(front, ElementsAre(Choice{.digital = 3, .cost = 54 * 40, .proxy = 0}));
  EXPECT_THAT(by_sensitivity(std::vector{1.0, 4.0, 2.0, 4.0}), ElementsAre(1, 3, 2, 0));
}

TEST(LayerFront, MostSensitiveChannelsAreDigitalFirst) {
  // 3 x 3 windows on 16 channels, 16 x 16 pixels: digital 16 * 16 * 9 = 2304 and 256 * (channels + 16) / 8 cycles: 2848 to 2944 for 1 to 4 channels.
  // Analog, of 8 pixels at once (10 * 64 * 3 = 1920 rows: too many; 4: 6 * 192 = 1152 fits), 256 / 4 * 18.2 + 8 * 144 = 2316.8.
  const ConvShape layer{.in_channels = 16, .out_channels = 4, .kernel_x = 3, .kernel_y = 3, .out_x = 16, .out_y = 16};
  const auto front = layer_front(layer, std::vector{1.0, 5.0, 0.0, 2.0}, CostKind::kLatency);
  EXPECT_THAT(front, ElementsAre(Choice{.digital = 0, .cost = 92672, .proxy = 8},        // 2316.8 * 40
                                 Choice{.digital = 1, .cost = 2848 * 40, .proxy = 3},    // all but 5
                                 Choice{.digital = 2, .cost = 2880 * 40, .proxy = 1},    // and 2
                                 Choice{.digital = 3, .cost = 2912 * 40, .proxy = 0}));  // the last has no sensitivity: cheaper analog
}

TEST(LayerFront, OfEqualChoicesTheMostDigital) {
  // 3 x 3 windows on 16 channels, 16 x 5 pixels: digital 720 and 10 * (channels + 16) cycles, 1040 for 16, behind the analog array's 80 / 4 * 18.2 +
  // 1152 = 1516; 17 and 18 channels take a second row of elements, 1770 and more. With 14 channels digital nothing is lost: 15 and 16 cost no more.
  const ConvShape layer{.in_channels = 16, .out_channels = 18, .kernel_x = 3, .kernel_y = 3, .out_x = 16, .out_y = 5};
  std::vector<double> sensitivities(18, 1.0);
  std::fill_n(sensitivities.begin(), 4, 0.0);
  const auto front = layer_front(layer, sensitivities, CostKind::kLatency);
  EXPECT_THAT(front, ElementsAre(Choice{.digital = 16, .cost = 1516 * 40, .proxy = 0}));
}

TEST(LayerFront, LayersOfSeveralGroupsHaveNoChoice) {
  const ConvShape layer{.in_channels = 4, .out_channels = 4, .groups = 4};
  EXPECT_THAT(layer_front(layer, std::vector{1.0, 1.0, 1.0, 1.0}, CostKind::kEnergy), testing::SizeIs(1));
}

TEST(CostFront, IsThatOfAllMappings) {
  Random random(17);
  for (int trial = 0; trial < 500; ++trial) {
    SCOPED_TRACE(trial);
    const CostKind kind = trial % 2 == 0 ? CostKind::kLatency : CostKind::kEnergy;
    const Instance instance = random_instance(random, 3, 4);
    const CostFront front = cost_front(instance.layers, instance.sensitivities, {.kind = kind});
    ASSERT_EQ(front.excess, 0);
    ASSERT_EQ(priced(front, instance, kind), all_mappings(instance, kind));
  }
}

TEST(CostFront, IsThatOfAllCountsWhereThereAreManyChannels) {
  Random random(19);
  for (int trial = 0; trial < 60; ++trial) {
    SCOPED_TRACE(trial);
    const CostKind kind = trial % 2 == 0 ? CostKind::kLatency : CostKind::kEnergy;
    const Instance instance = random_instance(random, 3, 70);
    const CostFront front = cost_front(instance.layers, instance.sensitivities, {.kind = kind, .label_cap = 1'000'000});
    ASSERT_EQ(front.excess, 0);
    ASSERT_EQ(priced(front, instance, kind), all_counts(instance, kind));
  }
}

TEST(CostFront, OfEqualMappingsTheMostDigital) {
  // As in MostSensitiveChannelsAreDigitalFirst, a digital channel more costs 32 cycles in the first layer, 64 in the second with twice the pixels.
  // Two more in the first (proxy 4 less) or one more in the second (4 less) are the same in cost and proxy: 2912 + 5696 = 2848 + 5760 = 8608.
  const ConvShape first{.in_channels = 16, .out_channels = 3, .kernel_x = 3, .kernel_y = 3, .out_x = 16, .out_y = 16};
  ConvShape second = first;
  second.out_channels = 2;
  second.out_y = 32;
  for (const bool swapped : {false, true}) {
    const std::vector<ConvShape> layers = swapped ? std::vector{second, first} : std::vector{first, second};
    const Sensitivities sensitivities = swapped ? Sensitivities{{5, 4}, {5, 2, 2}} : Sensitivities{{5, 2, 2}, {5, 4}};
    const CostFront front = cost_front(layers, sensitivities);
    const auto point = std::ranges::find_if(front.points, [](const MappedPoint& each) { return std::fabs(each.cost.cycles - 8608) < 1e-6; });
    ASSERT_NE(point, front.points.end());
    EXPECT_EQ(point->proxy, 4);
    EXPECT_EQ(point->digital, swapped ? (std::vector<std::int64_t>{1, 3}) : (std::vector<std::int64_t>{3, 1}));
  }
}

TEST(CostFront, PointsCostWhatTheCostModelSays) {
  Random random(23);
  const Instance instance = random_instance(random, 4, 20);
  for (const MappedPoint& point : cost_front(instance.layers, instance.sensitivities).points) {
    const diana::NetworkCost cost = diana::network_cost(instance.layers, point.digital);
    EXPECT_EQ(point.cost.cycles, cost.cycles);
    EXPECT_EQ(point.cost.energy, cost.energy);
  }
}

TEST(CostFront, BeginsAtTheCheapestMapping) {
  Random random(29);
  for (int trial = 0; trial < 20; ++trial) {
    const Instance instance = random_instance(random, 4, 40);
    for (const CostKind kind : {CostKind::kLatency, CostKind::kEnergy}) {
      const auto cheapest = diana::network_cost(instance.layers, diana::min_cost(instance.layers, kind));
      const auto first = cost_front(instance.layers, instance.sensitivities, {.kind = kind}).points.front().cost;
      if (kind == CostKind::kLatency) {
        ASSERT_NEAR(first.cycles, cheapest.cycles, 1e-6);
      } else {
        ASSERT_NEAR(first.energy.value / cheapest.energy.value, 1, 1e-12);
      }
    }
  }
}

TEST(CostFront, ACapMakesItCoarserWithinItsBound) {
  Random random(31);
  int bound = 0;
  for (int trial = 0; trial < 100; ++trial) {
    SCOPED_TRACE(trial);
    const Instance instance = random_instance(random, 3, 30);
    for (const std::size_t cap : {3U, 5U, 12U}) {
      const CostFront front = cost_front(instance.layers, instance.sensitivities, {.label_cap = cap});
      ASSERT_LE(front.points.size(), cap);
      const auto points = priced(front, instance, CostKind::kLatency);
      ASSERT_EQ(points, non_dominated(points));
      for (const auto& [cost, proxy, digital] : all_counts(instance, CostKind::kLatency)) {
        ASSERT_TRUE(std::ranges::any_of(points, [&](const Priced& point) {
          return std::get<0>(point) <= cost && std::get<1>(point) <= (1 + front.excess) * proxy * (1 + 1e-12);
        }));
      }
      if (front.excess > 0) ++bound;
    }
  }
  EXPECT_GT(bound, 50);
}

TEST(CostFront, OfNoLayersIsEmpty) { EXPECT_TRUE(cost_front({}, {}).points.empty()); }

TEST(SpreadPoints, KeepsTheEndsAndTheOrder) {
  Random random(37);
  const Instance instance = random_instance(random, 4, 60);
  const CostFront front = cost_front(instance.layers, instance.sensitivities);
  ASSERT_GT(front.points.size(), 20U);
  const auto points = spread_points(front, CostKind::kLatency, 8);
  ASSERT_EQ(points.size(), 8U);
  EXPECT_EQ(points.front().digital, front.points.front().digital);
  EXPECT_EQ(points.back().digital, front.points.back().digital);
  for (std::size_t p = 1; p < points.size(); ++p) EXPECT_GT(points[p].cost.cycles, points[p - 1].cost.cycles);
  EXPECT_EQ(spread_points(front, CostKind::kLatency, 1'000'000).size(), front.points.size());
}

TEST(ToMapping, TakesTheMostSensitiveChannels) {
  test::NetworkDrawing net({.channels = 2, .height = 4, .width = 4});
  net.conv(net.conv(0, {.out = 3}), {.out = 2});
  const Sensitivities sensitivities{{1, 3, 2}, {0, 5}};
  const Mapping mapping = to_mapping(net.network(), sensitivities, {.digital = {2, 1}, .cost = {}, .proxy = 1});
  EXPECT_THAT(mapping.layers[0].channels, ElementsAre(Unit::kAnalog, Unit::kDigital, Unit::kDigital));
  EXPECT_THAT(mapping.layers[1].channels, ElementsAre(Unit::kAnalog, Unit::kDigital));
  EXPECT_EQ(proxy_of(mapping, sensitivities), 1);
}

}  // namespace
}  // namespace mosaic::mapping
