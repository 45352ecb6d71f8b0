#pragma once

// Steps along gradients. Shows libtorch; not installed.

#include <cstdint>
#include <vector>

#include "training/torch_network.h"
#include "training/trainer.h"

namespace mosaic::training {

/// SGD with Nesterov's momentum or Adam for weights, Adam for what chooses. Its whole state is a list of tensors and a number of steps, so that a
/// checkpoint holds it. Shares the parameters' memory; makes them want gradients. Source of Adam: Kingma and Ba (2015), with decay apart from the
/// gradient as Loshchilov and Hutter (2019) have it.
class SteppingOptimiser {
 public:
  SteppingOptimiser(std::vector<Parameter> parameters, const Schedule& schedule);

  /// One step with the schedule's rate times `factor`; the gradients are zero afterwards.
  void step(double factor);

  /// Tensors that it keeps, in an order that does not change.
  [[nodiscard]] const std::vector<Parameter>& moments() const { return moments_; }
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) { steps_ = steps; }

 private:
  void step_adam(const Parameter& parameter, std::size_t moments, const at::Tensor& gradient, double rate);
  void step_sgd(const Parameter& parameter, std::size_t moments, at::Tensor gradient, double rate);

  std::vector<Parameter> parameters_;
  std::vector<Parameter> moments_;
  std::vector<std::size_t> first_;  ///< of each parameter's moments
  Schedule schedule_;
  std::int64_t steps_ = 0;
};

}  // namespace mosaic::training
