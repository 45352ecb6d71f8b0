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

}  // namespace
}  // namespace mosaic
