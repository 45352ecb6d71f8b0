#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/base/json.h"
#include "mosaic/manager/manager.h"
#include "mosaic/serving/serve.h"
#include "mosaic/serving/serve_timeline.h"
#include "mosaic/serving/serve_trace.h"
#include "tests/families.h"

namespace mosaic {
namespace {

using test::expect;
using testing::HasSubstr;

/// Two applications for ten seconds on a simulated board, one of which leaves after eight; what follows from it is the same for ever.
class ServeReport : public testing::Test {
 protected:
  ServeReport() {
    manager::Scenario scenario{.name = "street", .duration = std::chrono::seconds(10)};
    scenario.board = std::string(MOSAIC_SOURCE_FOLDER) + "/boards/hikey970.yaml";
    for (const std::string name : {"camera", "voice"}) {
      scenario.tenants.push_back({.name = name, .family = family_.path(), .targets = {.latency = std::chrono::milliseconds(40)}, .arrivals = {}});
      scenario.tenants.back().arrivals = {
          .kind = manager::Arrivals::Kind::kPoisson, .period = std::chrono::milliseconds(3), .instants = {}};  // 3,300 requests each
    }
    scenario.tenants[0].queue = 2;
    scenario.events = {{.at = std::chrono::seconds(4), .change = manager::Retarget{.application = "camera", .latency = std::chrono::milliseconds(7)}},
                       {.at = std::chrono::seconds(8), .change = manager::Leave{.application = "voice"}}};
    stage_ = expect(ServeStage::open({.scenario = std::move(scenario)}));
    manager::Manager policy({});
    served_ = {.policy = "mosaic", .outcome = expect(stage_->simulate(policy, {.noise = 0.3}, {}))};
  }

  test::SmallFamily family_;
  std::unique_ptr<ServeStage> stage_;
  Served served_;
};

const report::PointSeries& series(const report::XyChart& chart, const std::string& name) {
  return *std::ranges::find(chart.series, name, &report::PointSeries::name);
}

TEST_F(ServeReport, ATargetChangesWhenItChangedAndEndsWithItsApplication) {
  const auto camera = series(latency_chart(*stage_, served_, 0), "target").points;
  std::vector<std::pair<double, double>> steps;
  for (const report::Point& each : camera) steps.emplace_back(each.x, each.y);
  EXPECT_THAT(steps, testing::ElementsAre(testing::Pair(0, 40), testing::Pair(4, 40), testing::Pair(4, 7), testing::Pair(10, 7)));
  const auto voice = series(latency_chart(*stage_, served_, 1), "target").points;
  EXPECT_EQ(voice[1].x, 8);
  EXPECT_TRUE(std::isnan(voice.back().y));
}

TEST_F(ServeReport, TheSlowestRequestIsDrawnAmongThousands) {
  for (const std::size_t tenant : {0U, 1U}) {
    double slowest = 0;
    for (const manager::Record& each : served_.outcome.records) {
      if (each.tenant == tenant && each.operation) slowest = std::max(slowest, std::chrono::duration<double, std::milli>(each.latency()).count());
    }
    const auto points = latency_chart(*stage_, served_, tenant).series.front().points;
    EXPECT_LT(points.size(), 2000U);
    EXPECT_EQ(std::ranges::max(points, {}, &report::Point::y).y, slowest);
  }
}

TEST_F(ServeReport, LanesSayWhatEachApplicationHadAtAnyMoment) {
  const report::TimeLanes lanes = lane_chart(*stage_, served_);
  ASSERT_EQ(lanes.lanes.size(), 4U);
  EXPECT_EQ(lanes.marks.size(), served_.outcome.decisions.size());
  for (std::size_t lane = 0; lane < lanes.lanes.size(); ++lane) {
    const auto& spans = lanes.lanes[lane].spans;
    ASSERT_FALSE(spans.empty());
    for (std::size_t i = 1; i < spans.size(); ++i) EXPECT_GE(spans[i].from, spans[i - 1].to);
    EXPECT_EQ(spans.front().from, 0);
    EXPECT_EQ(spans.back().to, lane < 2 ? 10 : 8);
  }
  for (const manager::Record& each : served_.outcome.records) {  // a request runs on what was decided before it started
    if (!each.operation) continue;
    const double started = std::chrono::duration<double>(each.started).count();
    const auto& spans = lanes.lanes[2 * each.tenant].spans;
    EXPECT_TRUE(std::ranges::any_of(spans, [&](const report::LaneSpan& span) {
      return span.from <= started && started <= span.to &&
             lanes.names[span.colour] == stage_->tables()[each.tenant].levels[each.operation->level].name;
    }));
  }
}

TEST_F(ServeReport, PowerAddsUpToTheEnergyOfRequests) {
  double drawn = 0;
  for (const report::PointSeries& each : power_chart(*stage_, served_).series) {
    for (const report::Point& point : each.points) drawn += 0.1 * point.y;  // ten seconds in a hundred windows
  }
  Joules energy;
  for (const manager::Record& each : served_.outcome.records) energy += each.energy;
  EXPECT_GT(energy.value, 0);
  EXPECT_NEAR(drawn, energy.value, 1e-9 * energy.value);
}

TEST_F(ServeReport, ThePageSaysWhatIsSimulatedAndWhatWasDecided) {
  const std::string page = serve_page(*stage_, {served_});
  for (const std::string said : {"latency of requests, simulated", "power of requests, simulated", "clocks as decided", "level and placement",
                                 "camera: latency 7 ms", "voice leaves"}) {
    EXPECT_THAT(page, HasSubstr(said));
  }
  EXPECT_THAT(page, testing::Not(HasSubstr("measured")));
}

TEST_F(ServeReport, TheTraceHasABarForEveryAnswerAndOneAtATimeOnEachUnit) {
  const Json trace = Json::parse(format_serve_trace(*stage_, served_));
  std::map<std::pair<int, int>, std::vector<std::pair<double, double>>> bars;  // by process and track
  std::size_t decisions = 0;
  std::size_t unanswered = 0;
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] == "X") {
      const double start = event["ts"].get<double>();
      bars[{event["pid"].get<int>(), event["tid"].get<int>()}].emplace_back(start, start + event["dur"].get<double>());
    }
    if (event["ph"] == "i") ++(event["tid"] == 0 ? decisions : unanswered);
  }
  std::size_t answered = 0;
  std::size_t held = 0;  // units, by all requests
  for (const manager::Record& each : served_.outcome.records) {
    if (!each.operation) continue;
    ++answered;
    held += static_cast<std::size_t>(std::popcount(stage_->machine().placements[each.operation->placement].units));
  }
  std::map<int, std::size_t> by_process;
  for (auto& [track, times] : bars) {
    by_process[track.first] += times.size();
    std::ranges::sort(times);
    for (std::size_t i = 1; i < times.size(); ++i) EXPECT_GE(times[i].first, times[i - 1].second - 1e-3);  // nanoseconds, in rounded microseconds
  }
  EXPECT_EQ(by_process[1], answered);
  EXPECT_EQ(by_process[2], held);
  EXPECT_EQ(unanswered, served_.outcome.records.size() - answered);
  EXPECT_EQ(decisions, served_.outcome.decisions.size());
}

}  // namespace
}  // namespace mosaic
