#include "training/optimiser.h"

#include <gtest/gtest.h>

namespace mosaic::training {
namespace {

/// A parameter with a gradient.
Parameter parameter(float value, float gradient, bool chooses = false) {
  Parameter result{.name = "p", .value = at::full({1}, value), .decays = true, .chooses = chooses};
  result.value.mutable_grad() = at::full({1}, gradient);
  return result;
}

float value_of(const Parameter& each) { return each.value.item<float>(); }

TEST(SteppingOptimiser, GoesAlongNesterovsMomentum) {
  const Parameter weight = parameter(1, 2);
  SteppingOptimiser sgd({weight}, {.optimiser = Optimiser::kSgd, .rate = 0.1, .decay = 0.5});
  sgd.step(0.5);
  // Gradient and decay 2 + 0.5 * 1 = 2.5; momentum 2.5; a step of 0.05 * (2.5 + 0.9 * 2.5) = 0.2375.
  EXPECT_FLOAT_EQ(value_of(weight), 1 - 0.2375F);
  EXPECT_EQ(weight.value.grad().item<float>(), 0) << "ready for the next batch";
}

TEST(SteppingOptimiser, TakesAdamsFirstStepAtTheWholeRate) {
  // Both moments are corrected for their start: the first step is rate * gradient / |gradient|; decay takes 0.1 * 0.5 of the weight before.
  const Parameter weight = parameter(1, -4);
  SteppingOptimiser adam({weight}, {.optimiser = Optimiser::kAdam, .rate = 0.1, .decay = 0.5});
  adam.step(1);
  EXPECT_NEAR(value_of(weight), 0.95 + 0.1, 1e-6);
}

TEST(SteppingOptimiser, MovesChoicesAtARateOfTheirOwn) {
  const Parameter choice = parameter(0, 3, true);
  SteppingOptimiser sgd({choice}, {.optimiser = Optimiser::kSgd, .rate = 0.1, .choice_rate = 0.02});
  sgd.step(0.001);
  EXPECT_NEAR(value_of(choice), -0.02, 1e-6) << "Adam, whatever the schedule does to the weights' rate";
}

TEST(SteppingOptimiser, KeepsItsWholeStateInTensorsAndACount) {
  const Parameter a = parameter(1, 2);
  const Schedule schedule{.optimiser = Optimiser::kAdam, .rate = 0.1};
  SteppingOptimiser first({a}, schedule);
  first.step(1);
  const Parameter b = parameter(value_of(a), 0);
  SteppingOptimiser second({b}, schedule);
  for (std::size_t i = 0; i < first.moments().size(); ++i) {
    at::Tensor moment = second.moments()[i].value;
    moment.copy_(first.moments()[i].value);
  }
  second.set_steps(first.steps());
  at::Tensor(a.value.grad()).fill_(-1);
  at::Tensor(b.value.grad()).fill_(-1);
  first.step(1);
  second.step(1);
  EXPECT_EQ(value_of(a), value_of(b));
}

}  // namespace
}  // namespace mosaic::training
