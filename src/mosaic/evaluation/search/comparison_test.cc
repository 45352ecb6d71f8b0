#include "mosaic/evaluation/search/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <variant>

#include "mosaic/base/random.h"
#include "mosaic/evaluation/search/report.h"
#include "tests/support.h"

namespace mosaic::evaluation {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kImages = 200;

/// Right on the first `right` images, whose class is 1; 0 is the wrong answer.
SearchOutcome outcome(const std::string& name, MappingMethod method, std::size_t right, double cycles, double microjoules, std::size_t split = 0) {
  SearchOutcome made{.name = name, .method = method, .cycles = cycles, .microjoules = microjoules, .split_layers = split, .classes = {}};
  for (std::size_t i = 0; i < kImages; ++i) made.classes.push_back(i < right ? 1 : 0);
  return made;
}

SeedOutcomes seed(std::int64_t number) {
  return {.file = "seed" + std::to_string(number) + ".json",
          .seed = number,
          .labels = std::vector<std::size_t>(kImages, 1),
          .outcomes = {outcome("All-8bit", MappingMethod::kHeuristic, 190, 100, 10), outcome("All-Ternary", MappingMethod::kHeuristic, 150, 40, 5),
                       outcome("IO-8bit/backbone-ternary", MappingMethod::kHeuristic, 170, 39, 5.5),
                       outcome("Min-Cost", MappingMethod::kMinCost, 171, 39, 5.6), outcome("point 1", MappingMethod::kTrainingFree, 180, 60, 8, 2),
                       outcome("point 2", MappingMethod::kTrainingFree, 179, 65, 8.5), outcome("odimo 1", MappingMethod::kOdimo, 189, 55, 7, 3)}};
}

const SearchEntry& entry(const SearchComparison& comparison, std::string_view name) {
  const auto found = std::ranges::find(comparison.entries, name, &SearchEntry::name);
  EXPECT_NE(found, comparison.entries.end());
  return *found;
}

TEST(CompareSearches, ByHand) {
  const auto all = expect(compare_searches(std::vector{seed(1), seed(2)}, SearchCost::kLatency));
  EXPECT_EQ(all.seeds, 2U);
  EXPECT_EQ(all.entries.size(), 7U);
  EXPECT_EQ(entry(all, "All-8bit").accuracy.mean, 95);
  EXPECT_THAT(all.left_out, testing::IsEmpty());

  // Training-free: point 2 costs more than point 1 and is less accurate.
  const auto front = std::ranges::find(all.fronts, MappingMethod::kTrainingFree, &FrontCount::method);
  ASSERT_NE(front, all.fronts.end());
  EXPECT_EQ(front->points, 1U);
  EXPECT_EQ(front->split, 1U);

  // Min-Cost, 85.5 %: IO-8bit has 85.0, which is 0.5 less and no more; it costs as much. odimo 1, 94.5 %: All-8bit alone is as good, at 100 cycles.
  ASSERT_EQ(all.savings.size(), 4U);
  EXPECT_EQ(all.entries[all.savings[0].rival].name, "IO-8bit/backbone-ternary");
  EXPECT_EQ(all.savings[0].latency_percent, 0);
  EXPECT_EQ(all.entries[all.savings[3].rival].name, "All-8bit");
  EXPECT_NEAR(all.savings[3].latency_percent, 45, 1e-9);
  EXPECT_NEAR(all.savings[3].energy_percent, 30, 1e-9);
  EXPECT_NEAR(all.savings[3].difference.mean, -0.5, 1e-9);

  // odimo 1 at 55 cycles: no training-free point costs so little; point 1 at 60: odimo 1 costs less and is better by 9 images of 200.
  std::vector<std::string> pairs;
  for (const Contest& each : all.contests) pairs.push_back(all.entries[each.entry].name + " - " + all.entries[each.rival].name);
  EXPECT_THAT(pairs, ElementsAre("point 1 - odimo 1", "odimo 1 - Min-Cost", "point 1 - Min-Cost"));
  EXPECT_NEAR(all.contests[0].difference.mean, -4.5, 1e-9);
  EXPECT_EQ(all.contests[0].winner, all.contests[0].rival);
  EXPECT_EQ(all.contests[0].discordance.second, 9U);  // under both seeds
  EXPECT_NEAR(all.contests[0].rival_cost_percent, 100.0 * 55 / 60, 1e-9);

  // 45 % less latency and 30 % less energy than All-8bit; 55 % of its latency at half a point less; training-free 60 % of it, five points less.
  EXPECT_EQ(all.wishes[0].holds, true);
  EXPECT_EQ(all.wishes[1].holds, true);
  EXPECT_EQ(all.wishes[2].holds, true);
  EXPECT_EQ(all.wishes[3].holds, false);
  EXPECT_THAT(all.wishes[3].figures, HasSubstr("point 1: 60.0 % of the cycles, -5.00 points"));
}

TEST(CompareSearches, CostsThatDifferBySeedCountWithTheirMean) {
  auto other = seed(2);
  other.outcomes[4].cycles = 70;
  const auto all = expect(compare_searches(std::vector{seed(1), other}, SearchCost::kLatency));
  EXPECT_EQ(entry(all, "point 1").cycles.mean, 65);
  EXPECT_EQ(entry(all, "point 1").cycles.low, 60);
  EXPECT_EQ(entry(all, "point 1").cycles.high, 70);
}

TEST(CompareSearches, WhatASeedLacksIsLeftOut) {
  auto other = seed(2);
  other.outcomes.erase(other.outcomes.begin() + 5);
  other.outcomes.push_back(outcome("point 9", MappingMethod::kTrainingFree, 180, 60, 8, 2));
  const auto all = expect(compare_searches(std::vector{seed(1), other}, SearchCost::kLatency));
  EXPECT_THAT(all.left_out, ElementsAre("point 2", "point 9"));
  EXPECT_THAT(search_notes(all).back(), HasSubstr("point 2, point 9"));
}

TEST(CompareSearches, OneSeedSaysSo) {
  const auto all = expect(compare_searches(std::vector{seed(1)}, SearchCost::kEnergy));
  EXPECT_THAT(search_notes(all).front(), HasSubstr("1 seed, 200 test images"));
  EXPECT_THAT(search_notes(expect(compare_searches(std::vector{seed(1), seed(2)}, SearchCost::kEnergy))),
              testing::Contains(HasSubstr("nothing of another training")));
}

/// All-8bit, and a point of each search, at these costs, that have so many images right.
SeedOutcomes two_searches(std::int64_t number, double odimo_cycles, std::size_t odimo_right, double free_cycles, std::size_t free_right) {
  SeedOutcomes made = seed(number);
  made.outcomes.resize(1);
  made.outcomes.push_back(outcome("odimo", MappingMethod::kOdimo, odimo_right, odimo_cycles, 5));
  made.outcomes.push_back(outcome("point", MappingMethod::kTrainingFree, free_right, free_cycles, 5));
  return made;
}

std::optional<std::string> winner(const std::vector<SeedOutcomes>& seeds) {
  const auto all = expect(compare_searches(seeds, SearchCost::kLatency));
  EXPECT_FALSE(all.contests.empty());
  const auto& first = all.contests.at(0);
  return first.winner ? std::optional(all.entries[*first.winner].name) : std::nullopt;
}

// Four images against none: by chance once in eight, though Student's interval leaves out zero. Six: once in 32.
TEST(CompareSearches, WithOneSeedMcNemarDecides) {
  const auto all = expect(compare_searches(std::vector{two_searches(1, 60, 104, 60, 100)}, SearchCost::kLatency));
  EXPECT_GT(all.contests.at(0).difference.images.low, 0);
  EXPECT_EQ(winner({two_searches(1, 60, 104, 60, 100)}), std::nullopt);
  EXPECT_EQ(winner({two_searches(1, 60, 106, 60, 100)}), "odimo");
  EXPECT_EQ(winner({two_searches(1, 60, 100, 60, 106)}), "point");
}

// One seed of three is far ahead: images enough, but trainings do not agree.
TEST(CompareSearches, NobodyWinsByOneSeedAlone) {
  const std::vector uneven{two_searches(1, 60, 99, 60, 100), two_searches(2, 60, 100, 60, 100), two_searches(3, 60, 140, 60, 100)};
  EXPECT_GT(expect(compare_searches(uneven, SearchCost::kLatency)).contests.at(0).difference.images.low, 0);
  EXPECT_EQ(winner(uneven), std::nullopt);
  EXPECT_EQ(winner({two_searches(1, 60, 120, 60, 100), two_searches(2, 60, 121, 60, 100), two_searches(3, 60, 122, 60, 100)}), "odimo");
}

TEST(CompareSearches, APointWinsAtEqualCostAlone) {
  EXPECT_EQ(winner({two_searches(1, 100, 150, 94, 100)}), std::nullopt);
  EXPECT_EQ(winner({two_searches(1, 100, 150, 95, 100)}), "odimo");
  EXPECT_EQ(winner({two_searches(1, 100, 100, 50, 150)}), "point") << "cheaper and better";
  const auto cheaper = contest_table(expect(compare_searches(std::vector{two_searches(1, 100, 150, 94, 100)}, SearchCost::kLatency)));
  EXPECT_EQ(std::get<report::Mark>(cheaper.rows.at(0).back()).text, "rival is cheaper");
}

TEST(CompareSearches, TrainedMappingsMeetTrainedOnes) {
  auto trained = two_searches(1, 60, 120, 60, 100);
  trained.outcomes[1].trained = true;
  trained.outcomes.push_back(outcome("point tuned", MappingMethod::kTrainingFree, 110, 58, 5));
  trained.outcomes[3].trained = true;
  const auto all = expect(compare_searches(std::vector{trained}, SearchCost::kLatency));
  EXPECT_EQ(all.entries[all.contests.at(0).rival].name, "point tuned");
}

// Of two points of one cost the one that held-out images prefer, whatever test images say.
TEST(CompareSearches, HeldOutImagesChoose) {
  auto held_out = two_searches(1, 60, 120, 60, 100);
  held_out.outcomes.push_back(outcome("other", MappingMethod::kTrainingFree, 90, 60, 5));
  const auto chosen = [&] {
    const auto all = expect(compare_searches(std::vector{held_out}, SearchCost::kLatency));
    const auto front = std::ranges::find(all.fronts, MappingMethod::kTrainingFree, &FrontCount::method);
    std::vector<std::string> names{all.entries[all.contests.at(0).rival].name};
    for (std::size_t i = 0; i < all.entries.size(); ++i) {
      if (front->on[i]) names.push_back(all.entries[i].name);
    }
    return names;
  };
  EXPECT_THAT(chosen(), ElementsAre("point", "point"));
  EXPECT_THAT(search_notes(expect(compare_searches(std::vector{held_out}, SearchCost::kLatency))),
              testing::Contains(HasSubstr("the best of several is flattered")));
  for (SearchOutcome& each : held_out.outcomes) each.held_out = 80;
  held_out.outcomes[3].held_out = 81;
  EXPECT_THAT(chosen(), ElementsAre("other", "other"));
  EXPECT_THAT(search_notes(expect(compare_searches(std::vector{held_out}, SearchCost::kLatency))), Not(testing::Contains(HasSubstr("flattered"))));
}

TEST(CompareSearches, SaysWhetherBudgetsWereEqual) {
  auto trained = two_searches(1, 60, 120, 60, 100);
  const auto notes = [&] { return search_notes(expect(compare_searches(std::vector{trained}, SearchCost::kLatency))); };
  EXPECT_THAT(notes(), Not(testing::Contains(HasSubstr("epochs"))));
  for (SearchOutcome& each : trained.outcomes) each.trained = true;
  EXPECT_THAT(notes(), testing::Contains(HasSubstr("do not say for how many epochs")));
  for (SearchOutcome& each : trained.outcomes) each.epochs = 4;
  EXPECT_THAT(notes(), testing::Contains(HasSubstr("Each trained mapping had 4 epochs")));
  trained.outcomes[0].epochs = 2;
  EXPECT_THAT(notes(), testing::Contains(HasSubstr("Budgets are not equal: mappings were trained for 2, 4 epochs")));
}

TEST(CompareSearches, AWishForWhatIsNotThereIsNeitherTrueNorFalse) {
  auto one = seed(1);
  one.outcomes.resize(1);
  const auto table = wish_table(expect(compare_searches(std::vector{one}, SearchCost::kLatency)));
  for (const auto& row : table.rows) EXPECT_EQ(std::get<report::Mark>(row.at(1)).text, "-");
}

TEST(CompareSearches, RefusesWhatCannotBeCompared) {
  auto other = seed(2);
  other.outcomes[0].cycles = 101;
  EXPECT_THAT(error_of(compare_searches(std::vector{seed(1), other}, SearchCost::kLatency)), HasSubstr("different networks: All-8bit takes 100"));
  other = seed(2);
  other.labels[3] = 7;
  EXPECT_THAT(error_of(compare_searches(std::vector{seed(1), other}, SearchCost::kLatency)), HasSubstr("tested on different images"));
  EXPECT_THAT(error_of(compare_searches(std::vector{seed(1), seed(1)}, SearchCost::kLatency)), HasSubstr("are of one seed"));
  other = seed(2);
  other.setting.objective = "energy";
  EXPECT_THAT(error_of(compare_searches(std::vector{seed(1), other}, SearchCost::kLatency)),
              HasSubstr("objective is none in one and 'energy' in the other"));
  other = seed(2);
  other.setting.tune_epochs = 3;
  EXPECT_THAT(error_of(compare_searches(std::vector{seed(1), other}, SearchCost::kLatency)), HasSubstr("tune_epochs is none in one and 3"));
  other = seed(2);
  other.outcomes[0].trained = true;
  EXPECT_THAT(error_of(compare_searches(std::vector{seed(1), other}, SearchCost::kLatency)),
              HasSubstr("'All-8bit' is heuristic, untrained in one and heuristic, trained in the other"));
  other = seed(2);
  other.outcomes.erase(other.outcomes.begin());
  EXPECT_THAT(error_of(compare_searches(std::vector{seed(1), other}, SearchCost::kLatency)), HasSubstr("seed2.json has no mapping 'All-8bit'"));
}

// A search without training has no seed: the same file under another name is the same search.
TEST(CompareSearches, TakesFilesWithoutSeedsIfTheyDiffer) {
  auto one = seed(1);
  auto two = seed(2);
  one.seed.reset();
  two.seed.reset();
  EXPECT_THAT(error_of(compare_searches(std::vector{one, two}, SearchCost::kLatency)), HasSubstr("seed1.json and seed2.json have the same answers"));
  two.outcomes[1].classes[0] = 0;
  EXPECT_EQ(expect(compare_searches(std::vector{one, two}, SearchCost::kLatency)).seeds, 2U);
}

TEST(FrontOf, NoneBeatsAnotherAndEachThatIsMissingIsBeaten) {
  Random random(4);
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<SearchEntry> entries;
    for (int i = 0; i < 12; ++i) {
      SearchEntry made{.name = std::to_string(i)};
      made.method = random.below(4) == 0 ? MappingMethod::kOdimo : MappingMethod::kTrainingFree;
      made.cycles.mean = static_cast<double>(random.below(6));
      made.microjoules.mean = static_cast<double>(random.below(6));
      made.accuracy.mean = static_cast<double>(random.below(6));
      entries.push_back(made);
    }
    const bool both = trial % 2 == 1;
    const std::vector<SearchCost> costs = both ? std::vector{SearchCost::kLatency, SearchCost::kEnergy} : std::vector{SearchCost::kLatency};
    const FrontCount front = front_of(entries, MappingMethod::kTrainingFree, false, costs);
    const auto beats = [&](std::size_t a, std::size_t b) {
      return entries[a].cycles.mean <= entries[b].cycles.mean && entries[a].accuracy.mean >= entries[b].accuracy.mean &&
             (!both || entries[a].microjoules.mean <= entries[b].microjoules.mean);
    };
    std::size_t points = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      points += front.on[i] ? 1 : 0;
      if (entries[i].method != MappingMethod::kTrainingFree) {
        ASSERT_FALSE(front.on[i]);
        continue;
      }
      bool beaten = false;
      for (std::size_t j = 0; j < entries.size(); ++j) beaten |= j != i && front.on[j] && beats(j, i);
      ASSERT_NE(front.on[i], beaten);
    }
    ASSERT_EQ(points, front.points);
  }
}

TEST(ParseSearchOutcomes, ReadsWhatASearchPrints) {
  const auto parsed = expect(parse_search_outcomes(R"({"front_points": 3, "seed": 5, "test_labels": [1, 0], "objective": "energy",
      "search_epochs": 2, "mappings": [
      {"name": "All-8bit", "manual": true, "modelled_cycles": 10.5, "modelled_uj": 2, "split_layers": 0, "classes": [1, 1], "proxy": 0},
      {"name": "Min-Cost", "manual": false, "modelled_cycles": 9, "modelled_uj": 2, "split_layers": 1, "classes": [1, 0]},
      {"name": "a", "method": "odimo", "trained": true, "held_out_accuracy_pct": 91.5, "epochs": 4, "modelled_cycles": 9,
       "modelled_uj": 2, "classes": [1, 0]},
      {"name": "point 1", "manual": false, "modelled_cycles": 9, "modelled_uj": 2, "split_layers": 1, "classes": [0, 0]}]})",
                                                   "a.json"));
  EXPECT_EQ(parsed.seed, 5);
  EXPECT_THAT(parsed.labels, ElementsAre(1, 0));
  ASSERT_EQ(parsed.outcomes.size(), 4U);
  EXPECT_EQ(parsed.outcomes[0].method, MappingMethod::kHeuristic);
  EXPECT_EQ(parsed.outcomes[0].cycles, 10.5);
  EXPECT_EQ(parsed.outcomes[1].method, MappingMethod::kMinCost);
  EXPECT_EQ(parsed.outcomes[2].method, MappingMethod::kOdimo);
  EXPECT_TRUE(parsed.outcomes[2].trained);
  EXPECT_EQ(parsed.outcomes[2].held_out, 91.5);
  EXPECT_EQ(parsed.outcomes[2].epochs, 4);
  EXPECT_EQ(parsed.setting.objective, "energy");
  EXPECT_EQ(parsed.setting.search_epochs, 2);
  EXPECT_EQ(parsed.setting.tune_epochs, std::nullopt);
  EXPECT_EQ(parsed.outcomes[3].method, MappingMethod::kTrainingFree);
  EXPECT_EQ(parsed.outcomes[3].split_layers, 1U);
}

TEST(ParseSearchOutcomes, NamesWhatIsWrong) {
  const auto message = [](const std::string& text) { return error_of(parse_search_outcomes(text, "a.json")); };
  const std::string mapping = R"({"name": "x", "modelled_cycles": 9, "modelled_uj": 2, "classes": [1]})";
  EXPECT_THAT(message("{"), HasSubstr("a.json"));
  EXPECT_THAT(message("[]"), HasSubstr("a.json is not what 'mosaic search --json' prints"));
  EXPECT_THAT(message(R"({"mappings": [)" + mapping + "]}"), HasSubstr("a.json has no test_labels: search with right classes"));
  EXPECT_THAT(message(R"({"test_labels": [1, 2], "mappings": [)" + mapping + "]}"), HasSubstr("'x' has classes of 1 images, there are 2 labels"));
  EXPECT_THAT(message(R"({"test_labels": [1], "mappings": [)" + mapping + ", " + mapping + "]}"), HasSubstr("two mappings 'x'"));
  EXPECT_THAT(message(R"({"test_labels": [-1], "mappings": []})"), HasSubstr("class -1 is negative"));
  EXPECT_THAT(message(R"({"test_labels": [1], "mappings": [{"name": "x", "modelled_cycles": 0, "modelled_uj": 2, "classes": [1]}]})"),
              HasSubstr("'x' has a cost of 0"));
  EXPECT_THAT(message(R"({"test_labels": [1], "mappings": [{"name": "x", "modelled_cycles": 1, "modelled_uj": 2}]})"),
              HasSubstr("key 'classes' is missing"));
  EXPECT_THAT(message(R"({"test_labels": [1], "mappings": [{"name": "x", "method": "y", "modelled_cycles": 1, "modelled_uj": 2, "classes": [1]}]})"),
              HasSubstr("method 'y' is none of"));
}

TEST(SearchReport, HasEveryTableAndFront) {
  const auto all = expect(compare_searches(std::vector{seed(1), seed(2)}, SearchCost::kLatency));
  const std::string page = search_page(all, {"a.json", "b.json"});
  for (const char* part : {"energy (uJ, modelled)", "What a search saves", "Methods against each other", "All-8bit", "-0.53", "McNemar"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_EQ(front_table(all).rows.size(), 7U);
  EXPECT_EQ(contest_table(all).rows.size(), 3U);
  EXPECT_EQ(wish_table(all).rows.size(), 4U);
  EXPECT_EQ(page, search_page(all, {"a.json", "b.json"}));
}

}  // namespace
}  // namespace mosaic::evaluation
