#include "mosaic/evaluation/paper/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "mosaic/evaluation/paper/plan_difference.h"

namespace mosaic::evaluation {
namespace {

VersionResult version(const std::string& name, std::vector<SliceName> plan) {
  return {.version = name, .plan = std::move(plan), .estimated = {}, .measured = {}};
}

/// Four layers, of which the NPU lacks the last. Published: N_1, G_3, B_4; ours: G_1, N_2, G_4.
PaperResults one_network() {
  NetworkResult network{.key = "A", .large = true, .latency = {}, .energy = {}, .layers = {}, .latency_difference = {}, .energy_difference = {}};
  for (std::size_t layer = 1; layer <= 4; ++layer) {
    network.layers.push_back({.device = 'N', .layer = layer, .measured = layer == 4 ? std::nullopt : std::optional(TimeEnergy{})});
  }
  network.latency = {version("MOSAIC", {{.device = 'G', .first_layer = 1}, {.device = 'N', .first_layer = 2}, {.device = 'G', .first_layer = 4}}),
                     version("published", {{.device = 'N', .first_layer = 1}, {.device = 'G', .first_layer = 3}, {.device = 'B', .first_layer = 4}})};
  network.latency_difference = PlanDifference{.parts = {{.ours = 'G', .published = 'B', .layers = 1, .our_cost = 1, .published_cost = 9},
                                                        {.ours = 'G', .published = 'N', .layers = 1, .our_cost = 2, .published_cost = 5.25}},
                                              .our_handing_over = 3,
                                              .published_handing_over = 4};
  PaperResults results;
  results.networks = {network};
  return results;
}

PlanFeature feature(const PaperResults& results, std::string_view text) {
  const auto all = plan_features(results);
  return *std::ranges::find_if(all, [&](const PlanFeature& each) { return !each.energy && each.text.find(text) != std::string::npos; });
}

TEST(PlanFeatures, SayWhyOneDoesNotComeOut) {
  // Ours begins on the GPU: of the layers that the published plan has on the NPU, the equations say 2 ms there and 5.25 ms here.
  const PlanFeature begins = feature(one_network(), "begins on the NPU");
  EXPECT_EQ(begins.verdict, Verdict::kNotReproduced);
  EXPECT_TRUE(begins.ours.empty());
  EXPECT_EQ(begins.why, "A: 1 layer on G here and on N there: 2.0 ms against 5.2; handing over 3.0 ms against 4.0");
  EXPECT_THAT(feature(one_network(), "on cores").why, testing::HasSubstr("on B there: 1.0 ms against 9.0"));
}

TEST(PlanFeatures, CallWhatFollowsFromInferredOperatorsAnInput) {
  PaperResults results = one_network();
  EXPECT_EQ(feature(results, "NPU lacks are elsewhere").verdict, Verdict::kReproduced);
  results.fitted = true;
  EXPECT_EQ(feature(results, "NPU lacks are elsewhere").verdict, Verdict::kInput);
}

TEST(PlanFeatures, AreNotJudgedWithoutPublishedPlans) {
  PaperResults results = one_network();
  results.networks[0].latency.pop_back();
  EXPECT_EQ(feature(results, "begins on the NPU").verdict, Verdict::kNotJudged);
}

TEST(PlanDifference, TakesThePartThatCostsMost) {
  const PlanDifference difference = *one_network().networks[0].latency_difference;
  EXPECT_THAT(reason(difference, false), testing::StartsWith("1 layer on G here and on B there"));
  EXPECT_THAT(reason(difference, true, "N"), testing::StartsWith("1 layer on G here and on N there: 2.0 mJ"));
  EXPECT_EQ(reason({}, false), "");
}

}  // namespace
}  // namespace mosaic::evaluation
