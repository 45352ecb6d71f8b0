// The parts, each by itself: measure, fit, plan, explain. Nothing is run after planning.     parts MODEL [BOARD]

#include <iostream>

#include "mosaic/planner/explain.h"
#include "mosaic/planner/planner.h"
#include "mosaic/profiler/profiler.h"
#include "mosaic/session/workspace.h"

namespace {

mosaic::Result<void> run(const char* model, const char* board_name) {
  MOSAIC_TRY(const auto workspace, mosaic::Workspace::open({.model = model, .board = board_name, .shapes = {}}));
  const mosaic::Graph& graph = workspace->graph();
  const mosaic::Board& board = workspace->board();

  // Measure: raw samples, nothing fitted.
  MOSAIC_TRY(const auto profiler, mosaic::Profiler::create(workspace->prepared(), graph, board, workspace->backends(), {.rounds = 5}));
  while (!profiler->done()) MOSAIC_RETURN_IF_ERROR(profiler->round());
  const mosaic::Profile profile = profiler->profile();

  // Fit: what a layer, an entry, a link costs. Plan: a pure function of those costs.
  MOSAIC_TRY(const mosaic::Fit fit, mosaic::fit_profile(profile, graph, board));
  const mosaic::TimeAndEnergy costs = mosaic::measured_time_and_energy(fit, graph, board);
  MOSAIC_TRY(const mosaic::Decision decision, mosaic::decide(costs, fit, graph, board));

  const mosaic::Explanation why = mosaic::explain(decision.chosen.chain, costs.time, graph, board, profile);
  for (const mosaic::SliceReason& slice : why.slices) {
    std::cout << "layers " << slice.begin << " to " << slice.end - 1 << " on " << slice.configuration << ": "
              << mosaic::Microseconds(as_time(slice.cost.execute)).count() << " us; instead:";
    for (const mosaic::Alternative& other : slice.alternatives) {
      std::cout << "  " << other.configuration << ' ';
      if (other.plan_cost) {
        std::cout << "+" << mosaic::Microseconds(as_time(*other.plan_cost) - as_time(why.cost)).count() << " us";
      } else {
        std::cout << other.excluded;
      }
    }
    std::cout << '\n';
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = run(argc > 1 ? argv[1] : "model.onnx", argc > 2 ? argv[2] : "example-sim");
  if (!done) std::cerr << done.error().message << '\n';
  return done ? 0 : 1;
}
