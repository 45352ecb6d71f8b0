// What is not the user's input fails: the engine, the disk. Exit code 3, a message, and no half of a file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::Outcome;
using test::Process;
using test::Setting;
using testing::HasSubstr;

class Failure : public testing::Test {
 protected:
  void SetUp() override {
    desk_.write("toy.yaml", test::simulated_board_text());
    desk_.save("net.onnx", test::conv_chain(2));
    desk_.write("hand.json", test::plan_json({{"0", "gpu"}, {"1", "npu"}}).dump());
  }

  Desk desk_;
};

TEST_F(Failure, OfAnEngineThatIsMissingOrTooOldOrNone) {
  desk_.write("text.so", "not a library");
  const std::vector<std::pair<std::string, std::vector<std::string>>> engines{
      {"/nonexistent.so", {"ONNX Runtime is not to be found", "MOSAIC_ORT_LIBRARY", "/nonexistent.so"}},
      {(desk_ / "text.so").string(), {"text.so"}},
      {MOSAIC_FAKE_ENGINES "/libfake_engine_old.so", {"ONNX Runtime 1.2.3, older than 1."}},
      {MOSAIC_FAKE_ENGINES "/libfake_engine_silent.so", {"ONNX Runtime 1.99.0 does not offer API version"}},
      {MOSAIC_FAKE_ENGINES "/libfake_engine_none.so", {"is not ONNX Runtime: it has no OrtGetApiBase"}},
  };
  for (const auto& [library, said] : engines) {
    const std::map<std::string, std::string> with{{"MOSAIC_ORT_LIBRARY", library}};
    expect_refusal(desk_, {{"profile", "net.onnx", "-o", "profile.json"}, said, 3}, with);
    expect_refusal(desk_, {{"run", "net.onnx", "--board", "toy.yaml", "--plan", "hand.json"}, said, 3}, with);
    expect_refusal(desk_, {{"devices"}, said, 3}, with);
    const Outcome doctor = desk_.run({"doctor", "--json"}, with);
    EXPECT_EQ(doctor.code, 3);
    const Json findings = Json::parse(doctor.out);
    EXPECT_EQ(findings.at(0).at("state"), "missing");
    EXPECT_THAT(findings.at(0).at("finding").get<std::string>(), HasSubstr(said.front()));
    EXPECT_THAT(findings.at(0).at("remedy").get<std::string>(), HasSubstr("MOSAIC_ORT_LIBRARY"));
  }
}

TEST_F(Failure, OfADiskThatIsFull) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "needs /dev/full";
  const auto before = desk_.files();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"profile", "net.onnx", "--board", "toy.yaml", "-r", "3", "-o", "/dev/full"},
        {"zoo", "build", "mobilenet_v2_0.1", "-o", "/dev/full"},
        {"devices", "--write", "/dev/full"},
        {"run", "net.onnx", "--board", "toy.yaml", "--plan", "hand.json", "--trace", "/dev/full"}}) {
    const Outcome outcome = desk_.run(command);
    EXPECT_EQ(outcome.code, 3) << command.front();
    EXPECT_THAT(outcome.err, HasSubstr("cannot write /dev/full: No space left on device"));
  }
  EXPECT_EQ(desk_.files(), before);
}

// What was there before stays as it was. The limits leave room for what the engine itself writes (a model of 5 kB) where it takes part: 100 rounds
// of some 50 samples are more, as are 200 runs of two steps.
TEST_F(Failure, OfAWriteLeavesTheOldFileAndNoOther) {
  struct Case {
    std::string file;
    std::size_t limit;
    std::vector<std::string> command;
  };
  const std::vector<Case> cases{
      {"profile.json", 12'000, {"profile", "net.onnx", "--board", "toy.yaml", "-r", "100", "-o", "profile.json"}},
      {"trace.json", 12'000, {"run", "net.onnx", "--board", "toy.yaml", "--plan", "hand.json", "--repeat", "200", "--trace", "trace.json"}},
      {"x.onnx", 1000, {"zoo", "build", "mobilenet_v2_0.1", "-o", "x.onnx"}},
      {"x.yaml", 1000, {"devices", "--board", "toy.yaml", "--write", "x.yaml"}},
      {"slices", 1000, {"export", "net.onnx", "--board", "toy.yaml", "--plan", "hand.json", "-o", "slices"}},
  };
  for (const Case& each : cases) {
    if (each.file != "slices") desk_.write(each.file, "old");
    const auto before = desk_.files();
    Setting setting = desk_.setting();
    setting.largest_file = each.limit;
    const Outcome outcome = Process(each.command, setting).wait();
    EXPECT_EQ(outcome.code, 3) << each.file;
    EXPECT_THAT(outcome.err, testing::AllOf(HasSubstr("cannot write"), HasSubstr(each.file), HasSubstr("File too large")));
    EXPECT_EQ(desk_.files(), before) << each.file;
    if (each.file != "slices") {
      EXPECT_EQ(desk_.read(each.file), "old");
    }
  }
}

TEST_F(Failure, OfAPlaceThatCannotBeWrittenTo) {
  for (const std::string& out : {std::string("net.onnx/inside.json"), std::string("/proc/nowhere/p.json")}) {
    expect_refusal(desk_, {{"devices", "--write", out}, {"cannot write", out}, 3});
    expect_refusal(desk_, {{"zoo", "build", "mobilenet_v2_0.1", "-o", out}, {"cannot write", out}, 3});
  }
  expect_refusal(desk_, {{"run", "net.onnx", "--board", "toy.yaml", "-r", "3"}, {"/proc/nowhere"}, 3}, {{"MOSAIC_CACHE", "/proc/nowhere"}});
}

TEST_F(Failure, OfAnExportLeavesWhatIsThereAlone) {
  desk_.write("slices/mine.txt", "keep me");
  expect_refusal(desk_, {{"export", "net.onnx", "--board", "toy.yaml", "--plan", "hand.json", "-o", "slices"}, {"slices", "not empty"}});
  EXPECT_EQ(desk_.read("slices/mine.txt"), "keep me");
}

TEST_F(Failure, OfADeviceThatNeedsAProviderThatTheEngineLacks) {
  desk_.write("odd.yaml", "schema_version: 1\nname: odd\ndevices: [{name: brain, kind: npu, provider: Brain}]\n");
  expect_refusal(desk_, {{"profile", "net.onnx", "--board", "odd.yaml", "-o", "p.json"}, {"device 'brain' needs provider 'Brain'", "CPU"}, 3});
}

TEST_F(Failure, ToWriteStandardOutput) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "needs /dev/full";
  Setting shell = desk_.setting();
  shell.program = "/bin/sh";
  for (const std::string command : {"--version", "help", "zoo list", "inspect net.onnx --json"}) {
    const Outcome outcome = Process({"-c", std::string(MOSAIC_TOOL) + " " + command + " >/dev/full"}, shell).wait();
    EXPECT_EQ(outcome.code, 3) << command;
    EXPECT_THAT(outcome.err, HasSubstr("standard output"));
  }
  EXPECT_EQ(Process({"-c", std::string(MOSAIC_TOOL) + " inspect none.onnx 2>/dev/full"}, shell).wait().code, 2);
  EXPECT_EQ(Process({"-c", std::string(MOSAIC_TOOL) + " inspect net.onnx 2>&-"}, shell).wait().code, 0);
}

TEST_F(Failure, NeverHitsAnInput) {
  expect_refusal(desk_, {{"profile", "net.onnx", "--board", "toy.yaml", "-o", "net.onnx"}, {"net.onnx would be overwritten"}});
  expect_refusal(desk_,
                 {{"run", "net.onnx", "--board", "toy.yaml", "--plan", "hand.json", "--trace", "./hand.json"}, {"hand.json would be overwritten"}});
  EXPECT_EQ(desk_.run({"profile", "net.onnx", "--board", "toy.yaml", "-r", "3", "-o", "profile.json"}).code, 0);
  expect_refusal(desk_, {{"plan", "net.onnx", "--board", "toy.yaml", "-p", "profile.json", "-o", "profile.json"}, {"would be overwritten"}});
}

TEST_F(Failure, OfClearingTheCacheIsNotToClearMore) {
  desk_.write("home/thesis.txt", "years");
  const std::map<std::string, std::string> home{{"MOSAIC_CACHE", (desk_ / "home").string()}};
  EXPECT_EQ(desk_.run({"run", "net.onnx", "--board", "toy.yaml", "-r", "3", "--repeat", "1"}, home).code, 0);
  EXPECT_EQ(desk_.run({"cache", "clear"}, home).code, 0);
  EXPECT_EQ(desk_.files(), (std::vector<std::string>{"hand.json", "home", "home/thesis.txt", "net.onnx", "toy.yaml"}));
}

TEST_F(Failure, IsNotReportedToAnyoneElse) {
  std::filesystem::create_directory(desk_ / "own");
  const std::map<std::string, std::string> own{
      {"XDG_CACHE_HOME", (desk_ / "own").string()}, {"HOME", (desk_ / "own").string()}, {"XDG_DATA_HOME", (desk_ / "own").string()}};
  EXPECT_EQ(desk_.run({"inspect", "net.onnx"}, own).code, 0);
  EXPECT_TRUE(std::filesystem::is_empty(desk_ / "own")) << "the engine keeps events to send";
}

TEST_F(Failure, OfCountsThatAreNone) {
  expect_refusal(desk_, {{"run", "net.onnx", "-r", "0"}, {"repetitions"}});
  expect_refusal(desk_, {{"run", "net.onnx", "--repeat", "-1"}, {"repeat"}});
  expect_refusal(desk_, {{"verify", "net.onnx", "--plans", "-3"}, {"plans"}});
}

}  // namespace
}  // namespace mosaic
