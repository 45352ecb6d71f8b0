#include "mosaic/evaluation/paper/alone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/backend/sim/sim_backend.h"
#include "tests/running.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

/// A board without noise: cores of two clocks, a GPU that takes 20 us and 1 ns a byte to enter and 10 us and 1 ns a byte to leave.
Board board(const std::string& gpu = "") {
  return expect(parse_board(
      "schema_version: 1\nname: alone\ndevices:\n"
      "  - {name: big, kind: cpu, cores: [0], operating_points: [{cores: 1, clock: 1 GHz, voltage: 0.8}, {cores: 1, clock: 2 GHz, voltage: 1.0}, "
      "{cores: 1}]}\n"
      "  - {name: gpu, kind: gpu" +
      gpu +
      "}\n"
      "simulation:\n  noise_percent: 0\n  devices:\n"
      "    - {device: big, operators: {default: {gmacs: 1, gbytes: 1, watts: 2}}, enter_us: 0, enter_gbytes: 1000, static_watts: 0.5}\n"
      "    - {device: gpu, operators: {default: {gmacs: 5, gbytes: 5, watts: 3}}, enter_us: 20, enter_gbytes: 1, leave_us: 10, leave_gbytes: 1,"
      " hand_over_watts: 1, static_watts: 0.25}\n"
      "  default_link: {us: 0, gbytes: 1000000}\n"));
}

AloneProfile profile(const Board& board) {
  const auto network = test::import_network(test::conv_chain(3));
  const Backends backends{{"sim", expect(sim::make_backend(board))}};
  return expect(profile_alone(network.prepared, network.graph, board, backends, 3));
}

TEST(ProfileAlone, MeasuresAtTheExtremeClocksAndPassesTheGovernorOver) {
  const Board on = board();
  const AloneProfile found = profile(on);
  ASSERT_EQ(found.devices.size(), 2);
  ASSERT_EQ(found.configurations[0].size(), 2);
  EXPECT_EQ(on.configuration(found.configurations[0][1]).name, "big/1c@2000MHz");
  EXPECT_GT(found.devices[0].lowest[0]->time, found.devices[0].highest[0]->time);
  EXPECT_NEAR(found.devices[0].static_power[0].value, 0.32, 1e-12);  // 0.5 W at 0.8 of the voltage
}

TEST(ProfileAlone, FindsTheLineThatHandingOverFollows) {
  // Half of what the cut costs for each side: (20 + 10) / 2 us and 1 ns a byte, at 1.25 W.
  const AloneProfile found = profile(board());
  const auto& line = found.devices[1].communication[0];
  EXPECT_NEAR(line.beta.count(), 15, 0.5);
  EXPECT_NEAR(line.alpha.count(), 1e-3, 1e-5);
  const auto& energy = found.devices[1].communication_energy[0];
  EXPECT_NEAR(energy.beta.value * 1e6, 15 * 1.25, 0.7);
}

TEST(ProfileAlone, TakesCommunicationOfCoresAsNone) { EXPECT_EQ(profile(board()).devices[0].communication[0].beta.count(), 0); }

TEST(ProfileAlone, LeavesOutWhatADeviceCannotRun) {
  const AloneProfile found = profile(board(", missing_operators: [Conv]"));
  EXPECT_FALSE(found.devices[1].highest[0].has_value());
  EXPECT_TRUE(found.devices[0].highest[0].has_value());
}

TEST(ProfileAlone, NeedsAMeter) {
  const Board real = test::split_board();
  const auto network = test::import_network(test::conv_chain(3));
  const Backends backends{{"ort", expect(ort::make_backend())}};
  EXPECT_THAT(error_of(profile_alone(network.prepared, network.graph, real, backends, 1)), HasSubstr("no meter"));
}

}  // namespace
}  // namespace mosaic
