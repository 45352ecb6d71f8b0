#include "training/elastic_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "mosaic/base/random.h"
#include "tests/support.h"
#include "training/elastic_trainer.h"
#include "training/latency_table.h"
#include "training/synthetic_images.h"

namespace mosaic::training {
namespace {

using elastic::AdditiveScores;
using elastic::Space;
using elastic::SubNetwork;
using test::expect;
using testing::HasSubstr;

/// Two resolutions; a stage of one to three layers, of which two come and go together, and one of one or two.
Space space() {
  return {.name = "space",
          .resolutions = {8, 16},
          .stages = {{.name = "a", .depths = {1, 3}, .knobs = {{.name = "k", .values = {3, 5}}, {.name = "e", .values = {1, 2, 4}}}},
                     {.name = "b", .depths = {1, 2}, .knobs = {{.name = "e", .values = {1, 2}}}}}};
}

/// What adds up exactly, layers of one depth alike: so a table from differences has to be exact.
AdditiveScores additive(std::uint64_t seed) {
  Random random(seed);
  AdditiveScores scores(space());
  for (std::size_t r = 0; r < 2; ++r) {
    scores.fixed(r) = {.latency = std::chrono::microseconds(50 + 10 * r), .accuracy = {80'000 + 500 * static_cast<std::int64_t>(r)}};
    elastic::for_each_place(scores.space(), [&](std::size_t s, std::size_t layer, std::size_t place) {
      for (std::size_t option = 0; option < scores.space().stages[s].options(); ++option)
        scores.layer(r, place, option).latency =
            std::chrono::nanoseconds(layer == 0 && option == 0 ? 0 : 300 + 100 * option + random.below(option + 1));
    });
  }
  return scores;
}

TEST(LatencyTable, IsExactWhereLatenciesAddUp) {
  const AdditiveScores real = additive(1);
  std::vector<Nanoseconds> times;
  for (const SubNetwork& network : table_networks(space())) times.push_back(real(network).latency);
  AdditiveScores table(space());
  fill_latencies(table, times);
  Random random(2);
  for (int i = 0; i < 200; ++i) {
    const SubNetwork network = random_sub_network(space(), random);
    EXPECT_EQ(table(network).latency, real(network).latency) << describe(space(), network);
  }
}

// By resolution: the smallest; two other depths; options besides the first: 5 of each of 3 layers in a, 1 of each of 2 in b.
TEST(LatencyTable, TakesFewNetworks) { EXPECT_EQ(table_networks(space()).size(), 2U * (1 + 2 + 5 * 3 + 1 * 2)); }

/// Accuracies that add up over resolution, layers and knobs.
double percent_of(const SubNetwork& network) {
  double sum = 70 + 2.0 * network.resolution;
  elastic::for_each_place(space(), [&](std::size_t s, std::size_t layer, std::size_t place) {
    if (std::cmp_greater_equal(layer, space().stages[s].depths[network.depths[s]])) return;
    sum += 1;
    for (const int value : knob_values(space().stages[s], network.options[place])) sum += 0.5 * value;
  });
  return sum;
}

TEST(AccuracyFit, PredictsWhatAddsUp) {
  Random random(1);
  std::vector<AccuracySample> samples;
  for (int i = 0; i < 300; ++i) {
    const SubNetwork network = canonical(space(), random_sub_network(space(), random));
    samples.push_back({.network = network, .percent = percent_of(network)});
  }
  const AccuracyFitQuality quality = judge_accuracy_fit(space(), samples);
  EXPECT_LT(quality.mean_error, 0.1);
  EXPECT_GT(quality.rank_correlation, 0.97);
  AdditiveScores scores(space());
  fit_accuracy(scores, samples);
  for (int i = 0; i < 50; ++i) {
    const SubNetwork network = random_sub_network(space(), random);
    EXPECT_NEAR(static_cast<double>(scores(network).accuracy.value) / 1000, percent_of(network), 0.5);
  }
}

TEST(AccuracyFit, NoiseIsNotPredicted) {
  Random random(1);
  std::vector<AccuracySample> samples;
  for (int i = 0; i < 100; ++i) samples.push_back({.network = random_sub_network(space(), random), .percent = random.uniform(80, 90)});
  EXPECT_LT(judge_accuracy_fit(space(), samples).rank_correlation, 0.25);
}

// Of 1, 2, 3 against 1, 3, 2: two pairs agree and one does not. A tie counts for nothing.
TEST(AccuracyFit, RanksAreComparedByPairs) {
  EXPECT_DOUBLE_EQ(kendall_tau(std::vector<double>{1, 2, 3}, std::vector<double>{1, 3, 2}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(kendall_tau(std::vector<double>{1, 2, 3}, std::vector<double>{5, 7, 9}), 1);
  EXPECT_DOUBLE_EQ(kendall_tau(std::vector<double>{1, 1, 2}, std::vector<double>{3, 4, 5}), 1);
  EXPECT_DOUBLE_EQ(kendall_tau(std::vector<double>{1, 1}, std::vector<double>{3, 4}), 0);
}

class LevelsOfANetwork : public testing::Test {
 protected:
  LevelsOfANetwork() {
    const TrainOptions options{.schedule = {.epochs = 4, .batch = 16, .rate = 0.05, .decay = 1e-4}};
    const TrainingImages images{.train = train_, .held_out = held_out_, .pixels = pixels_};
    model_.weights = expect(train_elastic(model_.design, {}, images, options)).weights;
    extractor_ = expect(Extractor::create(model_, train_, pixels_));
  }

  ImageSet train_ = test::synthetic_images(96, 1);
  ImageSet held_out_ = test::synthetic_images(80, 2);
  Pixels pixels_ = expect(Pixels::create(Preprocess::kRaw, 1));
  ElasticModel model_{.design = expect(make_elastic_design("widths", train_.extent, 4)), .data = "", .preprocess = "raw", .weights = {}};
  std::unique_ptr<Extractor> extractor_;
};

TEST_F(LevelsOfANetwork, AreMeasuredAndNoneCoversAnother) {
  std::vector<std::string> said;
  const LevelSearch found = expect(search_levels(*extractor_, held_out_,
                                                 {.levels = 3,
                                                  .threads = {1, 2},
                                                  .samples = 20,
                                                  .runs = 5,
                                                  .evolution = {.population = 20, .generations = 20},
                                                  .progress = [&](std::string_view what, double) { said.emplace_back(what); }}));
  EXPECT_THAT(said, testing::IsSupersetOf({"cutting out", "latencies", "accuracies", "levels"}));
  ASSERT_FALSE(found.levels.empty());
  EXPECT_LE(found.levels.size(), 3U);
  EXPECT_EQ(found.tables.size(), 2U);
  EXPECT_EQ(found.tables[1].threads, 2);
  EXPECT_GT(found.exact_share_percent, 50);
  EXPECT_LE(found.exact_share_percent, 100 + 1e-9);
  for (std::size_t i = 0; i < found.levels.size(); ++i) {
    EXPECT_EQ(found.levels[i].latencies.size(), 2U);
    EXPECT_EQ(found.levels[i].latencies[0], found.levels[i].measured.latency);
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_FALSE(found.levels[i].measured.covers(found.levels[j].measured));
      EXPECT_FALSE(found.levels[j].measured.covers(found.levels[i].measured));
    }
  }
}

TEST_F(LevelsOfANetwork, MoreSamplesThanSubNetworksAreRefusedAndStoppingStops) {
  EXPECT_THAT(test::error_of(search_levels(*extractor_, held_out_, {.samples = 1000, .runs = 5})),
              HasSubstr("has 729 sub-networks, 1000 are to be tried"));
  std::stop_source source;
  source.request_stop();
  const auto stopped = search_levels(*extractor_, held_out_, {.samples = 20, .runs = 5, .stop = source.get_token()});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace mosaic::training
