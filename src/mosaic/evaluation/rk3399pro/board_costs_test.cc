#include "mosaic/evaluation/rk3399pro/board_costs.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mosaic/base/random.h"
#include "mosaic/evaluation/rk3399pro/board_plans.h"
#include "mosaic/evaluation/rk3399pro/replay.h"
#include "mosaic/planner/baselines.h"
#include "tests/tables.h"

namespace mosaic::tables {
namespace {

using test::expect;

/// Random times and powers for four layers on every device, with accelerator rows, transfers and clock changes.
Tables random_tables(std::uint64_t seed) {
  Random random(seed);
  std::string layers = test::kLayersHeader;
  const auto add = [&](const std::string& point, int layer, const char* metric, bool power) {
    layers += fmt::format("net,{},{},{},{:.4f},{}\n", point, layer, metric, random.uniform(1, 20),
                          power ? fmt::format("{:.1f}", random.uniform(3000, 7000)) : "");
  };
  for (const char* point : {"B,0,-1", "B,2,-1", "L,0,-1", "L,1,-1", "G,0,0", "G,1,2", "N,0,0", "N,2,2"}) {
    add(point, 0, "in", true);
    add(point, 3, "out", false);
    for (int k = 0; k < 4; ++k) {
      add(point, k, "task", true);
      if (point[0] != 'N') continue;
      add(point, k, "NPU_fill_tensor", false);
      add(point, k, "NPU_run_get", false);
    }
  }
  std::string transfers = "Graph,Layer,Dest,Src,Time\n";
  for (int cut = 1; cut < 4; ++cut) {
    for (const char* pair : {"B,G", "G,B", "L,B", "B,L", "G,L"}) transfers += fmt::format("net,{},{},{:.4f}\n", cut, pair, random.uniform(0.1, 3));
  }
  return test::read_texts(layers, transfers, "PE,Freq,NextFreq,T1\nBig,0,2,3e6\nBig,2,0,1e5\nLittle,0,1,1.5e6\nGPU,0,1,2.9e6\n");
}

Knowledge knowledge_of(const Tables& tables) {
  Knowledge knowledge{
      .network = &tables.networks[0], .samples = measured(tables.networks[0]), .points = {}, .clocks = test::table_clocks(), .switching = {}};
  for (const Point& point : tables.networks[0].points()) knowledge.points.push_back(point);
  return knowledge;
}

// Costs and replay are two ways of adding up the same rows: where changing clocks is free they agree to the rounding of picoseconds.
TEST(BoardCosts, AgreeWithTheReplayOfEveryRandomChain) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Tables tables = random_tables(seed);
    const Knowledge knowledge = knowledge_of(tables);
    const ChainCosts time = board_costs(knowledge, Objective::kLatency);
    const ChainCosts energy = board_costs(knowledge, Objective::kEnergy);
    const Replay replay(tables.networks[0], knowledge.clocks, {});
    Random random(seed);
    for (int i = 0; i < 20; ++i) {
      const auto chain = random_chain(time, random, {});
      ASSERT_TRUE(chain.has_value());
      const Taken taken = expect(replay.run(points_of(*chain, knowledge.points)));
      EXPECT_NEAR(static_cast<double>(cost_of(time, *chain).count()) / 1e9, taken.whole.time.count(), 1e-6);
      EXPECT_NEAR(static_cast<double>(cost_of(energy, *chain).count()) / 1e9, taken.whole.energy.value * 1e3, 1e-6);
    }
  }
}

// With clock changes priced they agree again, also where slices in between leave a clock alone.
TEST(BoardCosts, PriceClockChangesAsTheReplayDoes) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Tables tables = random_tables(seed);
    Knowledge knowledge = knowledge_of(tables);
    knowledge.switching = tables.switching;
    const ChainCosts time = board_costs(knowledge, Objective::kLatency);
    const ChainCosts energy = board_costs(knowledge, Objective::kEnergy);
    const Replay replay(tables.networks[0], knowledge.clocks, tables.switching);
    Random random(seed);
    std::size_t changes = 0;
    for (int i = 0; i < 20; ++i) {
      const auto chain = random_chain(time, random, {});
      ASSERT_TRUE(chain.has_value());
      const Taken taken = expect(replay.run(points_of(*chain, knowledge.points)));
      changes += taken.changes;
      EXPECT_NEAR(static_cast<double>(cost_of(time, *chain).count()) / 1e9, taken.whole.time.count(), 1e-6);
      EXPECT_NEAR(static_cast<double>(cost_of(energy, *chain).count()) / 1e9, taken.whole.energy.value * 1e3, 1e-6);
    }
    EXPECT_GT(changes, 10U);
  }
}

// Above its static power of 3 W a board that draws 5 W for 10 ms spends 20 mJ; one that draws 2 W counts as 0.
TEST(BoardCosts, SubtractStaticPower) {
  const Tables tables = test::read_texts(std::string(test::kLayersHeader) + "net,B,0,-1,0,task,10,5000\nnet,L,0,-1,0,task,10,2000\n");
  Knowledge knowledge = knowledge_of(tables);
  knowledge.static_power = Watts{3};
  const ChainCosts costs = board_costs(knowledge, Objective::kEnergyIdle);
  EXPECT_EQ(costs.execute[costs.cell(0, 0)], 20'000'000'000);
  EXPECT_EQ(costs.execute[costs.cell(1, 0)], 0);
}

TEST(BoardCosts, LeaveOutWhatWasNotMeasured) {
  Tables tables = random_tables(1);
  tables.networks[0].samples[{Metric::kTask, 1}].erase({.device = 'L', .clock = 0, .host = {}});
  const Knowledge knowledge = knowledge_of(tables);
  const ChainCosts costs = board_costs(knowledge, Objective::kLatency);
  const auto little =
      static_cast<std::size_t>(std::ranges::find(knowledge.points, Point{.device = 'L', .clock = 0, .host = {}}) - knowledge.points.begin());
  EXPECT_EQ(costs.runs[costs.cell(little, 1)], 0);
  EXPECT_EQ(costs.runs[costs.cell(little, 2)], 1);
}

TEST(PlanBoard, ExactPlansAreNeverWorseByTheirOwnCosts) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Tables tables = random_tables(seed);
    const NetworkPlans plans = expect(plan_board(tables.networks[0], test::table_clocks(), tables.switching, {}));
    std::map<Objective, double> exact;
    std::map<Objective, double> replayed;
    for (const PlanRow& row : plans.rows) {
      if (row.version != "exact") continue;
      exact[row.objective] = row.predicted;
      replayed[row.objective] = row.replayed;
    }
    for (const PlanRow& row : plans.rows) {
      if (row.version == "best single" || row.version == "greedy") {
        EXPECT_LE(exact.at(row.objective), row.predicted + 1e-9) << row.version;
      }
      const double switching = row.objective == Objective::kLatency ? row.taken.switching.time.count() : row.taken.switching.energy.value * 1e3;
      if (row.version == "exact") {
        EXPECT_NEAR(row.predicted + switching, row.replayed, 1e-6) << "what it did not price is what the replay adds";
      }
      if (row.version == "exact, changes priced") {
        EXPECT_NEAR(row.predicted, row.replayed, 1e-6);
      }
      if (row.version == "exact, changes priced") {
        EXPECT_LE(row.predicted, replayed.at(row.objective) + 1e-6) << "priced is never worse than not priced";
      }
    }
  }
}

}  // namespace
}  // namespace mosaic::tables
