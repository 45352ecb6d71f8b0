#include "evaluation.h"
#include "mosaic/profiler/profiler.h"

namespace mosaic::evaluate {

Result<Subject> prepare(const Setting& setting, const PlannerOptions& options) {
  MOSAIC_TRY(auto workspace, Workspace::open({.model = setting.model, .board = setting.board, .shapes = {}}));
  MOSAIC_TRY(const auto profiler,
             Profiler::create(workspace->prepared(), workspace->graph(), workspace->board(), workspace->backends(), {.rounds = setting.rounds}));
  while (!profiler->done()) MOSAIC_RETURN_IF_ERROR(profiler->round());
  Profile profile = profiler->profile();
  MOSAIC_TRY(Planned planned, make_plan(*workspace, profile, {options}));
  return Subject{.workspace = std::move(workspace), .profile = std::move(profile), .planned = std::move(planned)};
}

}  // namespace mosaic::evaluate
