// What 'mosaic plan' may be asked for: objectives, constraints, fronts, on a simulated board that knows no energy.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using testing::AllOf;
using testing::HasSubstr;

class Objectives : public testing::Test {
 protected:
  void SetUp() override {
    desk_.write("toy.yaml", test::simulated_board_text());
    desk_.save("net.onnx", test::conv_chain(4));
    (void)desk_.output({"profile", "net.onnx", "--board", "toy.yaml", "--repetitions", "3", "-o", "profile.json"});
  }

  [[nodiscard]] static std::vector<std::string> plan(const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"plan", "net.onnx", "--board", "toy.yaml", "--profile", "profile.json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return arguments;
  }

  Desk desk_;
};

TEST_F(Objectives, ConstraintsThatAreKeptChangeNothing) {
  EXPECT_EQ(desk_.output(plan({"-o", "free.json"})).empty(), false);
  (void)desk_.output(plan({"--max-latency", "10 s", "--max-memory", "1GB", "--max-memory", "host=1GB", "-o", "kept.json"}));
  EXPECT_EQ(desk_.read("kept.json"), desk_.read("free.json"));
  EXPECT_EQ(desk_.json(plan({"--max-latency", "10s"})).at("gap_pct"), 0);
}

TEST_F(Objectives, ConstraintsThatCannotBeKeptSayByHowMuch) {
  expect_refusal(desk_, {plan({"--max-latency", "1us", "-o", "plan.json"}), {"no plan takes at most 0.001 ms: the least is", "more"}});
  expect_refusal(desk_,
                 {plan({"--max-memory", "5kB", "-o", "plan.json"}), {"no plan keeps the memory limits", "all slices together may have 4.88 KiB"}});
  expect_refusal(desk_, {plan({"--max-memory", "attic=5MB"}), {"no memory space 'attic'", "host"}});
}

TEST_F(Objectives, QuantitiesNeedAUnit) {
  expect_refusal(desk_, {plan({"--max-latency", "20"}), {"--max-latency", "'20' is not a time such as '20 ms'"}});
  expect_refusal(desk_, {plan({"--max-energy", "5ms"}), {"--max-energy", "'5ms' is not an energy such as '5 mJ'"}});
  expect_refusal(desk_, {plan({"--max-memory", "much"}), {"--max-memory", "'much' is not a size"}});
  expect_refusal(desk_, {plan({"--objective", "beauty"}), {"'beauty'", "latency, energy and edp"}});
}

TEST_F(Objectives, EnergyNeedsAProfileThatHasIt) {
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"--objective", "energy"}, {"--objective", "edp"}, {"--max-energy", "5mJ"}, {"--pareto", "-o", "front.json"}}) {
    expect_refusal(desk_, {plan(options), {"nothing says what energy the configurations use", "mosaic profile --meter"}});
  }
}

}  // namespace
}  // namespace mosaic
