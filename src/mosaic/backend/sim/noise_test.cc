#include <gtest/gtest.h>

#include <cmath>

#include "tests/running.h"

namespace mosaic::sim {
namespace {

using test::expect;

/// The hand board with 5 % of noise in times and powers, and power to speak of.
Board noisy_board() {
  std::string text = test::hand_board_text();
  const auto replace = [&](const std::string& from, const std::string& to) { text.replace(text.find(from), from.size(), to); };
  replace("noise_percent: 0", "noise_percent: 5\n  power_noise_percent: 5");
  replace("{gmacs: 1, gbytes: 1}", "{gmacs: 1, gbytes: 1, watts: 2}");
  return expect(parse_board(text));
}

/// Logarithms of what the first step of a run took in each call.
struct Series {
  std::vector<double> transfer;
  std::vector<double> time;
  std::vector<double> power;
};

/// The first `count` calls of the first step, with the run in slices that end before these layers.
Series calls(std::int64_t layers, const std::vector<std::size_t>& ends, int count, std::string_view scope = "scope/") {
  const auto network = test::import_network(test::conv_chain(layers));
  const Board board = noisy_board();
  const auto backend = expect(make_backend(board));
  std::vector<Run::Step> steps;
  std::size_t layer = 0;
  for (const std::size_t end : ends) {
    steps.push_back({.layers = {}, .configuration = ConfigurationId(0)});
    for (; layer < end; ++layer) steps.back().layers.emplace_back(layer);
  }
  const Run run{.prepared = network.prepared, .graph = network.graph, .board = board, .steps = steps, .leaving = network.graph.outputs};
  const auto executables = expect(backend->compile(run, scope));
  const auto invocation = expect(executables.front()->make_invocation());
  Series series;
  for (int i = 0; i < count; ++i) {
    const Invocation::Times times = expect(invocation->run());
    const double seconds = std::chrono::duration<double>(times.execute).count();
    series.transfer.push_back(std::log(std::chrono::duration<double>(times.transfer).count()));
    series.time.push_back(std::log(seconds));
    series.power.push_back(std::log(times.energy->value / seconds));
  }
  return series;
}

/// Of a[i] and b[i + lag].
double correlation(const std::vector<double>& a, const std::vector<double>& b, std::size_t lag) {
  const std::size_t n = a.size() - lag;
  double mean_a = 0;
  double mean_b = 0;
  for (std::size_t i = 0; i < n; ++i) {
    mean_a += a[i] / static_cast<double>(n);
    mean_b += b[i + lag] / static_cast<double>(n);
  }
  double both = 0;
  double square_a = 0;
  double square_b = 0;
  for (std::size_t i = 0; i < n; ++i) {
    both += (a[i] - mean_a) * (b[i + lag] - mean_b);
    square_a += (a[i] - mean_a) * (a[i] - mean_a);
    square_b += (b[i + lag] - mean_b) * (b[i + lag] - mean_b);
  }
  return both / std::sqrt(square_a * square_b);
}

// Of n = 2,000 independent pairs the correlation has a deviation of 1 / sqrt(2000) = 0.022: 0.09 is four of them. The seed is fixed.
constexpr int kCalls = 2000;
constexpr double kMost = 0.09;

TEST(SimulatedNoise, OfTimeAndPowerIsIndependentFromCallToCall) {
  const Series series = calls(1, {1}, kCalls);
  for (std::size_t lag = 0; lag < 5; ++lag) {
    EXPECT_LT(std::abs(correlation(series.power, series.time, lag)), kMost) << lag;
    EXPECT_LT(std::abs(correlation(series.time, series.power, lag)), kMost) << lag;
    EXPECT_LT(std::abs(correlation(series.transfer, series.time, lag)), kMost) << lag;
    EXPECT_LT(std::abs(correlation(series.transfer, series.power, lag)), kMost) << lag;
    EXPECT_LT(std::abs(correlation(series.time, series.time, lag + 1)), kMost) << lag + 1;
  }
}

TEST(SimulatedNoise, IsNotRepeatedInAnotherPlanPurposeOrNetwork) {
  const Series alone = calls(3, {1}, kCalls);
  EXPECT_LT(std::abs(correlation(alone.time, calls(3, {1, 3}, kCalls).time, 0)), kMost) << "the same slice, with another behind it";
  EXPECT_LT(std::abs(correlation(alone.time, calls(3, {1}, kCalls, "profile/").time, 0)), kMost);
  EXPECT_LT(std::abs(correlation(alone.time, calls(4, {1}, kCalls).time, 0)), kMost) << "of another network";
  EXPECT_EQ(alone.time, calls(3, {1}, kCalls).time) << "the same again";
}

}  // namespace
}  // namespace mosaic::sim
