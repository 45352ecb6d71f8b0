#include "mosaic/session/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/workspaces.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::Workshop;
using testing::HasSubstr;

std::size_t passed(const Verification& verification) {
  return static_cast<std::size_t>(std::ranges::count(verification.plans, true, &VerifiedPlan::passed));
}

TEST(Verify, FindsRandomPlansEqualAndUsesEveryCut) {
  const Workshop workshop(test::specialists_model());
  const Verification verification = expect(verify(workshop.workspace(), {.plans = 6}));
  EXPECT_TRUE(verification.equal);
  EXPECT_EQ(verification.plans.size(), 6U + 3U) << "and each device alone";
  EXPECT_EQ(passed(verification), 9U);
  EXPECT_EQ(verification.cuts, workshop.workspace().graph().layers.size() - 1);
  EXPECT_EQ(verification.cuts_used, verification.cuts);
  EXPECT_LE(verification.worst_relative_difference, 1e-4);
  EXPECT_EQ(verification.tolerance, 1e-4);
  for (std::size_t i = 0; i < 6; ++i) {
    const Plan& plan = verification.plans[i].plan;
    EXPECT_GE(plan.steps.size(), 2U);
    for (std::size_t s = 1; s < plan.steps.size(); ++s) EXPECT_NE(plan.steps[s].configuration, plan.steps[s - 1].configuration);
  }
}

TEST(Verify, NoticesASpoiledValueInEveryRandomPlan) {
  const Workshop workshop(test::specialists_model());
  const Verification verification = expect(verify(workshop.workspace(), {.plans = 5, .inject_error = true}));
  EXPECT_FALSE(verification.equal);
  for (const VerifiedPlan& plan : verification.plans) EXPECT_EQ(plan.passed, plan.name.starts_with("single:")) << plan.name;
  EXPECT_GT(verification.worst_relative_difference, 1e-4);
}

TEST(Verify, DrawsTheSamePlansForTheSameSeed) {
  const Workshop workshop(test::conv_chain(6), test::simulated_board_text());
  const auto plans = [&](std::uint64_t seed) {
    std::string text;
    for (const VerifiedPlan& each : expect(verify(workshop.workspace(), {.plans = 3, .seed = seed})).plans) text += format_plan(each.plan);
    return text;
  };
  EXPECT_EQ(plans(1), plans(1));
  EXPECT_NE(plans(1), plans(2));
}

TEST(Verify, RefusesToProveAnythingWithOutputsThatIgnoreTheInput) {
  onnx::Builder net("constant", 1);
  const std::string x = net.input("x", {1, 8});
  const std::string zero = net.constant("zero", Tensor(ElementType::kFloat32, {1, 8}));
  net.output(net.node("Relu", {net.node("Mul", {x, zero})}), {1, 8});
  const Workshop workshop(net.build());
  const auto verification = verify(workshop.workspace());
  EXPECT_THAT(error_of(verification), HasSubstr("the same for two random inputs"));
  EXPECT_EQ(verification.error().code, ErrorCode::kCheckFailed);
}

TEST(Verify, RefusesToProveAnythingWithOutputsThatAreNotFinite) {
  onnx::Builder net("infinite", 1);
  const std::string x = net.input("x", {1, 8});
  net.output(net.node("Div", {x, net.constant("zero", Tensor(ElementType::kFloat32, {1, 8}))}), {1, 8});
  const Workshop workshop(net.build());
  const auto verification = verify(workshop.workspace());
  EXPECT_THAT(error_of(verification), HasSubstr("not finite"));
  EXPECT_EQ(verification.error().code, ErrorCode::kCheckFailed);
}

TEST(Verify, StopsWhereItIsTold) {
  const Workshop workshop(test::conv_chain(3), test::simulated_board_text());
  std::stop_source stop;
  VerifyOptions options{.plans = 5, .stop = stop.get_token(), .progress = [&](std::string_view, double) { stop.request_stop(); }};
  EXPECT_EQ(verify(workshop.workspace(), options).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace mosaic
