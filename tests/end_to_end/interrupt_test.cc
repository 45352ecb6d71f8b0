// Ctrl-C: what was measured is kept, and the same command goes on from there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::Outcome;
using test::Process;
using testing::HasSubstr;
using testing::Not;

class Interrupt : public testing::Test {
 protected:
  void SetUp() override {
    desk_.write("toy.yaml", test::simulated_board_text());
    desk_.save("net.onnx", test::conv_chain(2));
  }

  Desk desk_;
};

TEST_F(Interrupt, AtTheBeginningLeavesNothingButWholeRounds) {
  auto expected = desk_.files();
  Process process({"profile", "net.onnx", "--board", "toy.yaml", "--repetitions", "10000", "-o", "profile.json"}, desk_.setting());
  ASSERT_TRUE(process.wait_for_error("compiling"));
  process.interrupt();
  const Outcome stopped = process.wait();
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("of 10000 rounds"));
  const bool measured = stopped.err.find("stopped after 0 of") == std::string::npos;  // on a machine so busy that the signal came late
  if (measured) expected.insert(std::ranges::upper_bound(expected, "profile.json.partial"), "profile.json.partial");
  EXPECT_EQ(desk_.files(), expected);
}

// So that there are rounds to keep however fast the machine, it starts from three of them. Their file is taken away once they have been read: what
// lies there afterwards was written on Ctrl-C.
TEST_F(Interrupt, OfAProfileKeepsWhatWasMeasured) {
  const std::vector<std::string> command{"profile", "net.onnx", "--board", "toy.yaml", "--repetitions", "200", "-o", "profile.json"};
  ASSERT_EQ(desk_.run({"profile", "net.onnx", "--board", "toy.yaml", "--repetitions", "3", "-o", "profile.json.partial"}).code, 0);
  Process process(command, desk_.setting());
  ASSERT_TRUE(process.wait_for_error("going on after 3 of 200 rounds"));
  std::filesystem::remove(desk_ / "profile.json.partial");
  process.interrupt();
  const Outcome stopped = process.wait();
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("of 200 rounds; the same command goes on from there"));
  EXPECT_FALSE(std::filesystem::exists(desk_ / "profile.json"));
  const std::size_t rounds = Json::parse(desk_.read("profile.json.partial")).at("rounds");
  EXPECT_GE(rounds, 3);
  EXPECT_THAT(stopped.err, HasSubstr("stopped after " + std::to_string(rounds) + " of"));

  const Outcome resumed = desk_.run(command);
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("going on after " + std::to_string(rounds) + " of 200 rounds"));
  EXPECT_EQ(Json::parse(desk_.read("profile.json")).at("rounds"), 200);
  EXPECT_FALSE(std::filesystem::exists(desk_ / "profile.json.partial"));
}

// Simulated times are the same in every round, so a profile made in two goes is the profile made in one.
TEST_F(Interrupt, MakesNoDifferenceToTheProfile) {
  const auto profile = [&](const std::string& rounds, const std::string& file) {
    return desk_.run({"profile", "net.onnx", "--board", "toy.yaml", "--repetitions", rounds, "-o", file});
  };
  ASSERT_EQ(profile("3", "three.json").code, 0);
  ASSERT_EQ(profile("6", "whole.json").code, 0);
  std::filesystem::rename(desk_ / "three.json", desk_ / "pieces.json.partial");
  const Outcome resumed = profile("6", "pieces.json");
  EXPECT_THAT(resumed.err, HasSubstr("going on after 3 of 6 rounds"));
  Json whole = Json::parse(desk_.read("whole.json"));
  Json pieces = Json::parse(desk_.read("pieces.json"));
  whole.erase("load");
  pieces.erase("load");
  EXPECT_EQ(whole, pieces);
}

// What cannot be gone on from is measured anew, without a word of resuming.
TEST_F(Interrupt, LeavesWhatBelongsToAnotherModelAlone) {
  desk_.save("other.onnx", test::conv_chain(3));
  for (const std::string& stale : {std::string("{ damaged"), std::string()}) {
    if (stale.empty()) {
      ASSERT_EQ(desk_.run({"profile", "other.onnx", "--board", "toy.yaml", "--repetitions", "3", "-o", "profile.json.partial"}).code, 0);
    } else {
      desk_.write("profile.json.partial", stale);
    }
    const Outcome outcome = desk_.run({"profile", "net.onnx", "--board", "toy.yaml", "--repetitions", "4", "-o", "profile.json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("going on")));
    EXPECT_EQ(Json::parse(desk_.read("profile.json")).at("rounds"), 4);
  }
}

TEST_F(Interrupt, OfARunEndsIt) {
  desk_.write("hand.json", test::plan_json({{"0", "gpu"}, {"1", "npu"}}).dump());
  const auto before = desk_.files();
  Process process({"run", "net.onnx", "--board", "toy.yaml", "--plan", "hand.json", "--repeat", "100000000", "--trace", "trace.json"},
                  desk_.setting());
  ASSERT_TRUE(process.wait_for_error("running"));
  process.interrupt();
  const Outcome stopped = process.wait();
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_EQ(desk_.files(), before);
}

TEST_F(Interrupt, OfAVerificationEndsIt) {
  Process process({"verify", "net.onnx", "--board", "toy.yaml", "--plans", "1000000"}, desk_.setting());
  ASSERT_TRUE(process.wait_for_error("verifying"));
  process.interrupt();
  EXPECT_EQ(process.wait().code, 130);
}

}  // namespace
}  // namespace mosaic
