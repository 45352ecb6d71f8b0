// The same profile gives the same plan, byte for byte, whatever process or build made it.

#include <gtest/gtest.h>

#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::Outcome;

/// A desk with a profile of a network on a board whose costs are noisy, so that no two plans cost the same by chance.
class Determinism : public testing::Test {
 protected:
  void SetUp() override {
    desk_.write("toy.yaml", test::simulated_board_text("", "", 5));
    desk_.save("net.onnx", test::conv_chain(12));
    (void)desk_.output({"profile", "net.onnx", "--board", "toy.yaml", "-r", "3", "--accept-noise", "-o", "profile.json"});
  }

  [[nodiscard]] std::string plan(const std::string& margin, const std::string& program = MOSAIC_TOOL) const {
    test::Setting setting = desk_.setting();
    setting.program = program;
    const Outcome outcome = test::Process({"plan", "net.onnx", "--board", "toy.yaml", "--profile", "profile.json", "--accept-noise", "--margin",
                                           margin, "-o", "plan.json"},
                                          setting)
                                .wait();
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return desk_.read("plan.json");
  }

  Desk desk_;
};

TEST_F(Determinism, HoldsBetweenProcesses) {
  for (const std::string margin : {"0", "5"}) EXPECT_EQ(plan(margin), plan(margin));
}

TEST_F(Determinism, HoldsBetweenProfilesOfASimulatedBoard) {
  const std::string first = plan("0");
  (void)desk_.output({"profile", "net.onnx", "--board", "toy.yaml", "-r", "3", "--accept-noise", "-o", "profile.json"});
  EXPECT_EQ(plan("0"), first);
}

TEST_F(Determinism, HoldsBetweenBuilds) {
  const std::string other = environment("MOSAIC_OTHER_TOOL");
  if (other.empty()) GTEST_SKIP() << "needs the tool of another build (MOSAIC_OTHER_TOOL)";
  for (const std::string margin : {"0", "5"}) EXPECT_EQ(plan(margin), plan(margin, other));
}

}  // namespace
}  // namespace mosaic
