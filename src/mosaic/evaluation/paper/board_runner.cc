#include "mosaic/evaluation/paper/board_runner.h"

#include <string>

#include "mosaic/base/tensor.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/plan/validate.h"
#include "mosaic/runtime/executor.h"

namespace mosaic::evaluation {

Result<TimeEnergy> BoardRunner::run(const Chain& chain, std::size_t repeats) const {
  std::vector<std::string> names;
  for (const std::size_t c : chain.configurations) names.push_back(board_.configurations[c].name);
  MOSAIC_TRY(const ValidPlan plan, validate(graph_, board_, Plan{.steps = chain_steps(chain.borders, names)}));
  const onnx::PreparedModel none;  // nothing is computed
  MOSAIC_TRY(const auto executor, Executor::create(none, graph_, board_, plan, backends_));
  std::vector<Tensor> inputs;
  std::vector<const Tensor*> pointers;
  for (const TensorId id : graph_.inputs) inputs.emplace_back(graph_.tensor(id).element, *graph_.tensor(id).shape);
  for (const Tensor& input : inputs) pointers.push_back(&input);
  std::vector<Tensor> outputs;
  TimeEnergy mean;
  for (std::size_t i = 0; i < repeats; ++i) {
    MOSAIC_TRY(const RunReport report, executor->run(pointers, outputs));
    if (!report.energy) return fail(ErrorCode::kDevice, "board '" + board_.name + "' has no meter");
    mean.time += Microseconds(report.total) / static_cast<double>(repeats);
    mean.energy += Joules{report.energy->value / static_cast<double>(repeats)};
  }
  return mean;
}

}  // namespace mosaic::evaluation
