#include "mosaic/backend/sim/governor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/running.h"

namespace mosaic::sim {
namespace {

constexpr Governor kGovernor{.period = Milliseconds(10), .up_threshold = 0.8};

/// A slice that takes 40 ms and 40 mJ at the low clock, 20 ms and 60 mJ at the middle, 10 ms and 80 mJ at the high one.
GovernedSlice slice(std::size_t device = 0, Microseconds before = {}) {
  return {.device = device,
          .at = {{.time = Milliseconds(40), .energy = {0.040}},
                 {.time = Milliseconds(20), .energy = {0.060}},
                 {.time = Milliseconds(10), .energy = {0.080}}},
          .hertz = {1e9, 2e9, 4e9},
          .before = before};
}

TEST(Govern, StartsLowAndGoesToTheHighestClockUnderLoad) {
  // The first period at the low clock does a quarter of the work: 10 ms, 10 mJ. Busy all the time, so the rest is done at the high clock: three
  // quarters of 10 ms and of 80 mJ.
  const auto spent = govern(kGovernor, std::vector{slice()});
  EXPECT_NEAR(spent[0].time.count(), 17'500, 1e-6);
  EXPECT_NEAR(spent[0].energy.value, 0.070, 1e-12);
}

TEST(Govern, ScalesTheClockByTheLoadBelowTheThreshold) {
  // Half of the first period is spent waiting: an eighth of the work by then, load 0.5: wanted 1 + 0.5 * 3 = 2.5 GHz, the next clock is the highest.
  // Seven eighths of 10 ms, all at the high clock from then on since the load stays 1: 8.75 ms. Together 5 + 8.75.
  const auto spent = govern(kGovernor, std::vector{slice(0, Milliseconds(5))});
  EXPECT_NEAR(spent[0].time.count(), 13'750, 1e-6);
  // 7 of 10 ms waiting: load 0.3, wanted 1.9 GHz, the middle clock. 3/40 of the work at the low clock, then a period of half the work at the middle
  // one, and 1 - 0.075 - 0.5 = 0.425 of 10 ms at the high clock: 3 + 10 + 4.25 ms.
  const auto slower = govern(kGovernor, std::vector{slice(0, Milliseconds(7))});
  EXPECT_NEAR(slower[0].time.count(), 17'250, 1e-6);
}

TEST(Govern, LowersAClockThatIsNotNeeded) {
  // Device 0 ends after 17.5 ms. Device 1 works for two periods and more at first low, then high: from 17.5 ms its first look comes at 20 ms with
  // load 0.25: wanted 1.75 GHz, the middle clock. By then device 0 had load 0.75 and wants 3.25 GHz: high; at 30 ms it has load 0: low again.
  const auto spent = govern(kGovernor, std::vector{slice(0), slice(1), slice(0)});
  // Device 1: 2.5 ms low (1/16), 10 ms middle (1/2), then high: 7/16 of 10 ms: 16.875 ms in all, till 34.375 ms.
  EXPECT_NEAR(spent[1].time.count(), 16'875, 1e-6);
  // Device 0 again: 5.625 ms low (9/64) till 40 ms, load 0.5625: wanted 2.6875 GHz: high, 55/64 of 10 ms.
  EXPECT_NEAR(spent[2].time.count(), 5'625 + 8'593.75, 1e-6);
}

/// 33 ms and 0.5 J at a clock that somebody set.
GovernedSlice fixed_slice() { return {.device = 0, .at = {{.time = Milliseconds(33), .energy = {0.5}}}, .hertz = {}, .before = {}}; }

TEST(Govern, MixesGovernedAndFixedSlicesOfOneDevice) {
  // Governed first: 17.5 ms and 70 mJ as alone; the fixed one takes what it takes at its clock.
  const auto governed_first = govern(kGovernor, std::vector{slice(), fixed_slice()});
  EXPECT_NEAR(governed_first[0].time.count(), 17'500, 1e-6);
  EXPECT_NEAR(governed_first[1].time.count(), 33'000, 1e-6);
  EXPECT_NEAR(governed_first[1].energy.value, 0.5, 1e-12);
  // Fixed first: it keeps the device busy for three periods, so that the governor is at the highest clock when the other begins: 10 ms, 80 mJ.
  const auto fixed_first = govern(kGovernor, std::vector{fixed_slice(), slice()});
  EXPECT_NEAR(fixed_first[0].time.count(), 33'000, 1e-6);
  EXPECT_NEAR(fixed_first[1].time.count(), 10'000, 1e-6);
  EXPECT_NEAR(fixed_first[1].energy.value, 0.080, 1e-12);
}

TEST(Govern, LeavesADeviceOfOneClockAlone) {
  const GovernedSlice fixed = fixed_slice();
  const auto spent = govern(kGovernor, std::vector{fixed});
  EXPECT_NEAR(spent[0].time.count(), 33'000, 1e-6);
  EXPECT_NEAR(spent[0].energy.value, 0.5, 1e-12);
}

TEST(SimulatedGovernor, LeavesASliceAloneWhoseClockIsSet) {
  // Device "a" with two clocks and a point that leaves the clock to the system: a slice there, then one at the highest clock, and the other way
  // round.
  std::string text = test::hand_board_text();
  const auto replace = [&](const std::string& from, const std::string& to) { text.replace(text.find(from), from.size(), to); };
  replace("{name: a, kind: gpu}", "{name: a, kind: gpu, operating_points: [{clock: 1 GHz, voltage: 0.6}, {clock: 4 GHz, voltage: 1.0}, {}]}");
  replace("  noise_percent: 0\n", "  noise_percent: 0\n  governor: {period_ms: 20, up_threshold: 0.8}\n");
  const Board board = test::expect(parse_board(text));
  const auto network = test::import_network(test::conv_chain(2));
  const auto backend = test::expect(make_backend(board));
  const ConfigurationId highest(1);
  const ConfigurationId governed(2);
  const auto execute = [&](ConfigurationId first, ConfigurationId second, std::size_t which) {
    const mosaic::Run run{.prepared = network.prepared,
                          .graph = network.graph,
                          .board = board,
                          .steps = {{.layers = {LayerId(0)}, .configuration = first}, {.layers = {LayerId(1)}, .configuration = second}},
                          .leaving = network.graph.outputs};
    const auto executables = test::expect(backend->compile(run, "scope/"));
    return test::expect(test::expect(executables[which]->make_invocation())->run()).execute;
  };
  const auto truth = [&](std::size_t layer, std::size_t clock) {
    const std::vector<LayerId> layers{LayerId(layer)};
    const Microseconds time = test::expect(Truth::parse(board)).slice_time(network.graph, board, layers, ConfigurationId(clock));
    return std::chrono::duration_cast<Nanoseconds>(time);
  };
  EXPECT_EQ(execute(governed, highest, 1), truth(1, 1));
  EXPECT_EQ(execute(highest, governed, 0), truth(0, 1));
  // All is over before the governor's first look: it stays at the lowest clock.
  EXPECT_EQ(execute(governed, highest, 0), truth(0, 0));
  EXPECT_EQ(execute(highest, governed, 1), truth(1, 0));
}

}  // namespace
}  // namespace mosaic::sim
