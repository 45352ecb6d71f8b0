// From a model to verified slices, command by command, on a simulated board and on this machine's cores.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "mosaic/input/array_file.h"
#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::Outcome;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

struct Place {
  std::string name;
  std::string board;
  bool simulated;
};

/// A desk with net.onnx, profile.json and plan.json.
std::unique_ptr<Desk> prepare(const Place& place) {
  auto desk = std::make_unique<Desk>();
  desk->write("toy.yaml", test::simulated_board_text());
  if (place.simulated) {
    desk->save("net.onnx", test::conv_chain(6));
  } else {
    (void)desk->output({"zoo", "build", "mobilenet_v2_0.1", "-o", "net.onnx"});
  }
  (void)desk->output({"profile", "net.onnx", "--board", place.board, "--repetitions", "3", "--accept-noise", "-o", "profile.json"});
  (void)desk->output({"plan", "net.onnx", "--board", place.board, "--profile", "profile.json", "--accept-noise", "-o", "plan.json"});
  return desk;
}

class Workflow : public testing::TestWithParam<Place> {
 protected:
  void SetUp() override {
    static std::map<std::string, std::unique_ptr<Desk>> desks;
    auto& known = desks[GetParam().name];
    if (!known) known = prepare(GetParam());
    desk_ = known.get();
  }

  [[nodiscard]] std::string table(std::vector<std::string> arguments) const {
    std::string text = desk_->output(arguments);
    EXPECT_EQ(text.find("simulated") != std::string::npos, GetParam().simulated) << text;
    return text;
  }
  [[nodiscard]] Json json(std::vector<std::string> arguments) const {
    Json result = desk_->json(std::move(arguments));
    EXPECT_EQ(result.at("simulated"), GetParam().simulated);
    return result;
  }
  [[nodiscard]] const std::string& board() const { return GetParam().board; }
  [[nodiscard]] std::size_t layers() const { return desk_->json({"inspect", "net.onnx"}).at("layers").size(); }

  const Desk* desk_ = nullptr;
};

TEST_P(Workflow, ProfilesEveryConfiguration) {
  const std::vector<std::string> command{"profile", "net.onnx", "--board", board(), "--repetitions", "3", "--accept-noise", "-o", "again.json"};
  EXPECT_THAT(table(command), AllOf(HasSubstr("configuration"), HasSubstr("3 rounds"), HasSubstr("caller")));
  const Json summary = json(command);
  EXPECT_EQ(summary.at("rounds"), 3);
  const Json devices = desk_->json({"devices", "--board", board()});
  std::vector<std::string> expected;
  for (const Json& device : devices.at("devices"))
    for (const Json& each : device.at("configurations")) expected.push_back(each);
  std::vector<std::string> measured;
  for (const Json& each : summary.at("configurations")) {
    measured.push_back(each.at("name"));
    EXPECT_EQ(each.at("layers_ms").size(), layers());
    EXPECT_GT(each.at("whole_ms").get<double>(), 0);
  }
  EXPECT_EQ(measured, expected);
  EXPECT_EQ(Json::parse(desk_->read("again.json")).at("simulated"), GetParam().simulated);
}

TEST_P(Workflow, PlansTheSameBytesEachTime) {
  const std::vector<std::string> command{"plan", "net.onnx", "--board", board(), "--profile", "profile.json", "--accept-noise", "-o", "second.json"};
  EXPECT_THAT(table(command), AllOf(HasSubstr("best single configuration"), HasSubstr("planned in")));
  EXPECT_EQ(desk_->read("second.json"), desk_->read("plan.json"));
  const Json shown = json(command);
  EXPECT_GT(shown.at("planning_us").get<double>(), 0);
  EXPECT_THAT(desk_->read("plan.json"), Not(HasSubstr("planning_us")));
  EXPECT_EQ(shown.at("steps"), Json::parse(desk_->read("plan.json")).at("steps"));
}

TEST_P(Workflow, ExplainsEverySlice) {
  EXPECT_THAT(table({"explain", "plan.json"}), AllOf(HasSubstr("slice 0: layers 0 to"), HasSubstr("instead on"), HasSubstr("regret")));
  const Json explanation = json({"explain", "plan.json"});
  const Json steps = Json::parse(desk_->read("plan.json")).at("steps");
  ASSERT_EQ(explanation.at("slices").size(), steps.size());
  for (std::size_t s = 0; s < steps.size(); ++s) {
    EXPECT_EQ(explanation.at("slices").at(s).at("configuration"), steps.at(s).at("configuration"));
    EXPECT_FALSE(explanation.at("slices").at(s).at("alternatives").empty());
  }
  EXPECT_GE(explanation.at("predicted_ms").get<double>(), explanation.at("optimum_ms").get<double>());
}

TEST_P(Workflow, RunsThePlanAndItsOutputsAreRight) {
  const Json input = desk_->json({"inspect", "net.onnx"}).at("inputs").at(0);
  Tensor x(ElementType::kFloat32, input.at("shape").get<Shape>());
  fill_random(x, 5);
  desk_->write("x.npy", format_npy(x));
  const std::vector<std::string> command{"run", "net.onnx", "--plan", "plan.json", "--input", "x.npy", "--check", "--repeat", "4"};
  EXPECT_THAT(table(command), AllOf(HasSubstr("outputs equal"), HasSubstr("whole run: predicted")));

  const Json report = json(command);
  EXPECT_LE(report.at("check").at("worst_relative_difference").get<double>(), 1e-4);
  EXPECT_GT(report.at("measured_ms").at("p50").get<double>(), 0);
  EXPECT_GT(report.at("cold_start_ms").get<double>(), 0);
  EXPECT_GT(report.at("peak_memory_bytes").get<double>(), 0);
  EXPECT_EQ(report.at("slices"), Json::parse(desk_->read("plan.json")).at("steps").size());
}

// Four timed runs of each step: as many events of complete kind ("X") with a duration.
TEST_P(Workflow, WritesATraceThatChromeReads) {
  (void)desk_->output({"run", "net.onnx", "--plan", "plan.json", "--repeat", "4", "--trace", "trace.json"});
  const Json trace = Json::parse(desk_->read("trace.json"));
  std::size_t complete = 0;
  for (const Json& event : trace.at("traceEvents")) {
    EXPECT_TRUE(event.contains("ph") && event.contains("pid") && event.contains("name")) << event;
    if (event.at("ph") != "X") continue;
    ++complete;
    EXPECT_GE(event.at("dur").get<double>(), 0);
    EXPECT_TRUE(event.contains("ts") && event.contains("tid")) << event;
  }
  EXPECT_GE(complete, 4 * Json::parse(desk_->read("plan.json")).at("steps").size());
  EXPECT_EQ(desk_->read("trace.json").find("simulated") != std::string::npos, GetParam().simulated);
}

TEST_P(Workflow, ExportsSlicesThatNeedNoMosaic) {
  std::filesystem::remove_all(*desk_ / "slices");
  EXPECT_THAT(desk_->output({"export", "net.onnx", "--plan", "plan.json", "-o", "slices"}), HasSubstr("manifest.json"));
  const Json manifest = Json::parse(desk_->read("slices/manifest.json"));
  ASSERT_EQ(manifest.at("slices").size(), Json::parse(desk_->read("plan.json")).at("steps").size());
  std::size_t exported_layers = 0;
  for (const Json& slice : manifest.at("slices")) {
    const Json inspected = desk_->json({"inspect", "slices/" + slice.at("file").get<std::string>()});
    exported_layers += inspected.at("layers").size();
    EXPECT_EQ(inspected.at("inputs").size(), slice.at("inputs").size());
    EXPECT_EQ(inspected.at("outputs").size(), slice.at("outputs").size());
  }
  EXPECT_EQ(exported_layers, layers());
}

TEST_P(Workflow, BenchesThePlanAgainstItsRivals) {
  const Json report = json({"bench", "net.onnx", "--board", board(), "--profile", "profile.json", "--runs", "5"});
  EXPECT_EQ(report.at("model"), "net.onnx");
  std::vector<std::string> names;
  for (const Json& version : report.at("versions")) {
    names.push_back(version.at("name"));
    for (const char* key : {"slices", "measured_ms", "p95_ms", "spread_pct", "ratio_to_best_single"}) EXPECT_TRUE(version.at(key).is_number()) << key;
    EXPECT_EQ(version.at("predicted_ms").is_null(), version.at("error_pct").is_null());
    EXPECT_LE(version.at("measured_ms").get<double>(), version.at("p95_ms").get<double>());
  }
  EXPECT_THAT(names, IsSupersetOf({"mosaic", "greedy", "random_best", "algorithm1"}));
  EXPECT_THAT(names, Contains(GetParam().simulated ? "single:big/4c" : "single:core0/1c"));
  // Plain ONNX Runtime would be compared in real time with a clock that is not.
  for (const char* real : {"ort_default", "ort_best"}) EXPECT_EQ(std::ranges::count(names, real), GetParam().simulated ? 0 : 1);
  EXPECT_THAT(table({"bench", "net.onnx", "--board", board(), "--profile", "profile.json", "--runs", "5"}), HasSubstr("ratio to best single"));
}

TEST_P(Workflow, VerifiesThatSlicingChangesNothing) {
  const std::vector<std::string> command{"verify", "net.onnx", "--board", board(), "--plans", "4"};
  const Json report = desk_->json(command);
  EXPECT_EQ(report.at("model"), "net.onnx");
  EXPECT_GE(report.at("plans").get<std::size_t>(), 4);
  EXPECT_TRUE(report.at("equal"));
  EXPECT_LE(report.at("worst_relative_difference").get<double>(), 1e-4);
  EXPECT_THAT(desk_->output(command), HasSubstr("outputs equal"));
}

TEST_P(Workflow, NoticesASpoiltValue) {
  const Outcome outcome = desk_->run({"verify", "net.onnx", "--board", board(), "--plans", "3", "--inject-error", "--json"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("net.onnx: a sliced run differs"));
  EXPECT_FALSE(Json::parse(outcome.out).at("equal"));
}

TEST_P(Workflow, MeasuresOnceAndKnowsThePlanFromThenOn) {
  const std::vector<std::string> command{"run", "net.onnx", "--board", board(), "--repetitions", "3", "--repeat", "2"};
  EXPECT_THAT(desk_->output({"cache", "clear"}), HasSubstr("forgot"));
  EXPECT_EQ(desk_->json({"cache", "show"}).at("entries"), 0);
  const Outcome first = desk_->run(command);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("measuring"));
  EXPECT_EQ(desk_->json({"cache", "show"}).at("entries"), 1);
  const Outcome second = desk_->run(command);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.err, Not(HasSubstr("measuring")));
  EXPECT_THAT(desk_->output({"cache", "clear"}), HasSubstr("forgot 1 entry"));
  EXPECT_EQ(desk_->json({"cache", "show"}).at("entries"), 0);
}

INSTANTIATE_TEST_SUITE_P(Boards, Workflow, testing::Values(Place{"simulated", "toy.yaml", true}, Place{"cores", "host-split", false}),
                         [](const auto& place) { return place.param.name; });

}  // namespace
}  // namespace mosaic
