// A plan that nobody computed: the first half of the layers on one core, the rest on another one.     plan_by_hand MODEL
// Any plan may be run that `validate` accepts; what is wrong with others it says.

#include <iostream>

#include "mosaic/plan/validate.h"
#include "mosaic/runtime/executor.h"
#include "mosaic/session/workspace.h"

namespace {

mosaic::Result<void> run(const char* model) {
  MOSAIC_TRY(const auto workspace, mosaic::Workspace::open({.model = model, .board = "host-split", .shapes = {}}));
  const mosaic::Graph& graph = workspace->graph();
  const mosaic::Board& board = workspace->board();

  const std::size_t layers = graph.layers.size();
  const std::string first = board.configurations.front().name;
  const std::string last = board.configurations.back().name;
  mosaic::Plan plan;
  plan.steps = mosaic::chain_steps({0, layers / 2, layers}, {first, last});
  std::cout << mosaic::format_plan(plan);

  MOSAIC_TRY(const mosaic::ValidPlan valid, mosaic::validate(graph, board, plan));
  MOSAIC_TRY(const auto executor, mosaic::Executor::create(workspace->prepared(), graph, board, valid, workspace->backends()));
  MOSAIC_TRY(const std::vector<mosaic::Tensor> inputs, workspace->random_inputs(1));
  std::vector<mosaic::Tensor> outputs;
  MOSAIC_TRY(const mosaic::RunReport report, executor->run(mosaic::pointers(inputs), outputs));
  for (const mosaic::StepTimes& step : report.steps) {
    std::cout << "step " << step.step.value << ": transfer " << mosaic::Microseconds(step.transfer()).count() << " us, execution "
              << mosaic::Microseconds(step.execute()).count() << " us\n";
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = run(argc > 1 ? argv[1] : "model.onnx");
  if (!done) std::cerr << done.error().message << '\n';
  return done ? 0 : 1;
}
