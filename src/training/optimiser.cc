#include "training/optimiser.h"

#include <cmath>
#include <utility>

namespace mosaic::training {
namespace {

constexpr double kMomentum = 0.9;
constexpr double kFirst = 0.9;
constexpr double kSecond = 0.999;
constexpr double kEpsilon = 1e-8;

}  // namespace

SteppingOptimiser::SteppingOptimiser(std::vector<Parameter> parameters, const Schedule& schedule)
    : parameters_(std::move(parameters)), schedule_(schedule) {
  for (Parameter& each : parameters_) {
    each.value.requires_grad_();
    first_.push_back(moments_.size());
    const bool adam = each.chooses || schedule.optimiser == Optimiser::kAdam;
    for (int i = 0; i < (adam ? 2 : 1); ++i)
      moments_.push_back({.name = each.name + (i == 0 ? ".moment1" : ".moment2"), .value = at::zeros_like(each.value.detach())});
  }
}

void SteppingOptimiser::step(double factor) {
  const at::NoGradGuard no_gradients;
  ++steps_;
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    const Parameter& each = parameters_[p];
    at::Tensor gradient = each.value.grad();
    if (!gradient.defined()) continue;
    if (each.chooses)
      step_adam(each, first_[p], gradient, schedule_.choice_rate);
    else if (schedule_.optimiser == Optimiser::kAdam)
      step_adam(each, first_[p], gradient, schedule_.rate * factor);
    else
      step_sgd(each, first_[p], gradient, schedule_.rate * factor);
    gradient.zero_();
  }
}

void SteppingOptimiser::step_adam(const Parameter& parameter, std::size_t moments, const at::Tensor& gradient, double rate) {
  at::Tensor value = parameter.value;
  at::Tensor mean = moments_[moments].value;
  at::Tensor square = moments_[moments + 1].value;
  if (parameter.decays) value.mul_(1 - rate * schedule_.decay);
  mean.mul_(kFirst).add_(gradient, 1 - kFirst);
  square.mul_(kSecond).addcmul_(gradient, gradient, 1 - kSecond);
  const auto steps = static_cast<double>(steps_);
  const double size = rate / (1 - std::pow(kFirst, steps));
  const at::Tensor deviation = square.div(1 - std::pow(kSecond, steps)).sqrt_().add_(kEpsilon);
  value.addcdiv_(mean, deviation, -size);
}

void SteppingOptimiser::step_sgd(const Parameter& parameter, std::size_t moments, at::Tensor gradient, double rate) {
  at::Tensor value = parameter.value;
  at::Tensor momentum = moments_[moments].value;
  if (parameter.decays) gradient = gradient.add(value, schedule_.decay);
  momentum.mul_(kMomentum).add_(gradient);
  value.add_(gradient.add(momentum, kMomentum), -rate);
}

}  // namespace mosaic::training
