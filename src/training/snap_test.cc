#include "training/snap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mosaic/base/random.h"
#include "mosaic/mapping/fronts.h"
#include "training/architectures.h"

namespace mosaic::training {
namespace {

using diana::CostKind;
using mapping::Mapping;

network::Network resnet() { return *make_architecture("resnet8", {.channels = 1, .height = 28, .width = 28}, 10, 256, 1); }

/// The same wish for each channel.
Wishes wishes_of(const network::Network& network, double wish) {
  Wishes wishes;
  for (const ConvShape& shape : mapping::conv_shapes(network)) wishes.emplace_back(static_cast<std::size_t>(shape.out_channels), wish);
  return wishes;
}

double cycles(const network::Network& network, const Mapping& mapping) {
  return diana::network_cost(mapping::conv_shapes(network), mapping::digital_counts(mapping)).cycles;
}

TEST(Snapped, KeepsWhatAllChannelsWant) {
  const network::Network network = resnet();
  EXPECT_EQ(snapped(network, wishes_of(network, 0.9), CostKind::kLatency, 0), mapping::all_digital(network));
}

TEST(Snapped, RemovesStrayChannelsThatCostAStep) {
  const network::Network network = resnet();
  Wishes wishes = wishes_of(network, 0.9);
  std::vector<double>& last = wishes[wishes.size() - 2];  // 64 channels, 3 x 3 windows, behind 64: four steps, or one for two stray channels
  std::ranges::fill(last, 0.1);
  last[5] = last[9] = 0.8;
  const Mapping plain = discretised(network, wishes);
  const Mapping mapped = snapped(network, wishes, CostKind::kLatency);
  const std::size_t layer = wishes.size() - 2;
  EXPECT_EQ(plain.layers[layer].digital(), 2);
  EXPECT_EQ(mapped.layers[layer].digital() % 16, 0);
  EXPECT_LE(cycles(network, mapped), cycles(network, plain));
}

TEST(Snapped, GivesChannelsToTheDigitalArrayWhereThatCostsNothing) {
  const network::Network network = resnet();
  const Mapping mapped = snapped(network, wishes_of(network, 0.2), CostKind::kLatency, 0);
  const std::vector<std::int64_t> cheapest = diana::min_cost(mapping::conv_shapes(network), CostKind::kLatency);
  EXPECT_EQ(mapping::digital_counts(mapped), cheapest) << "nobody wants to be digital: as cheap as can be, most digital of those";
}

TEST(Snapped, CostsNoMoreThanTheDiscretisedMappingAndKeepsWishes) {
  const network::Network network = resnet();
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    Wishes wishes = wishes_of(network, 0);
    double all = 0;
    for (auto& layer : wishes) {
      const double share = random.uniform();
      for (double& wish : layer) {
        wish = random.uniform() < share ? random.uniform(0.5, 1) : random.uniform(0, 0.5);
        all += std::max(0.0, 2 * wish - 1);
      }
    }
    const Mapping plain = discretised(network, wishes);
    const Mapping mapped = snapped(network, wishes, CostKind::kLatency, 0.05);
    EXPECT_LE(cycles(network, mapped), cycles(network, plain) + 1e-9);
    double lost = 0;
    for (std::size_t l = 0; l < wishes.size(); ++l) {
      for (std::size_t c = 0; c < wishes[l].size(); ++c) {
        if (mapped.layers[l].channels[c] == mapping::Unit::kAnalog) lost += std::max(0.0, 2 * wishes[l][c] - 1);
      }
    }
    EXPECT_LE(lost, 0.05 * all + 1e-5);
  }
}

/// All numbers of digital channels of two layers, the ones that want it most first.
double cheapest_by_trying(const std::vector<ConvShape>& shapes, const Wishes& wishes, double allowed) {
  double best = std::numeric_limits<double>::infinity();
  for (std::int64_t a = 0; a <= shapes[0].out_channels; ++a) {
    for (std::int64_t b = 0; b <= shapes[1].out_channels; ++b) {
      double lost = 0;
      for (const auto& [layer, digital] : {std::pair<std::size_t, std::int64_t>{0, a}, {1, b}}) {
        std::vector<double> sorted = wishes[layer];
        std::ranges::sort(sorted, std::greater());
        for (std::size_t c = static_cast<std::size_t>(digital); c < sorted.size(); ++c) lost += std::max(0.0, 2 * sorted[c] - 1);
      }
      if (lost > allowed + 1e-6) continue;
      const std::vector<std::int64_t> counts{a, b};
      best = std::min(best, diana::network_cost(shapes, counts).cycles);
    }
  }
  return best;
}

TEST(Snapped, FindsTheCheapestMappingThatKeepsEnoughWishes) {
  network::Network network = resnet();
  network.nodes.resize(3);  // stem and the first convolution behind it
  const std::vector<ConvShape> shapes = mapping::conv_shapes(network);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    Wishes wishes = wishes_of(network, 0);
    double all = 0;
    for (auto& layer : wishes) {
      for (double& wish : layer) all += std::max(0.0, 2 * (wish = random.uniform()) - 1);
    }
    EXPECT_NEAR(cycles(network, snapped(network, wishes, CostKind::kLatency, 0.2)), cheapest_by_trying(shapes, wishes, 0.2 * all), 1e-6) << seed;
  }
}

}  // namespace
}  // namespace mosaic::training
