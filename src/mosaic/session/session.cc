#include "mosaic/session/session.h"

#include <chrono>

namespace mosaic {

Result<std::unique_ptr<Session>> Session::open(Options options) {
  std::unique_ptr<Session> session(new Session);
  MOSAIC_TRY(session->workspace_,
             Workspace::open({.model = options.model, .board = options.board, .shapes = options.shapes, .remark = options.remark}));
  const Workspace& workspace = *session->workspace_;
  if (options.accept) MOSAIC_RETURN_IF_ERROR(options.accept(workspace));
  if (options.plan) {
    MOSAIC_TRY(session->choice_.plan, read_plan(*options.plan));
  } else {
    MOSAIC_TRY(session->choice_, choose_plan(workspace, options.profiler, options.stop));
  }
  auto valid = validate(workspace.graph(), workspace.board(), session->choice_.plan);
  if (!valid) return within(options.plan ? options.plan->string() : "plan", valid.error());
  session->plan_ = *std::move(valid);
  const auto begin = std::chrono::steady_clock::now();
  MOSAIC_TRY(session->executor_,
             Executor::create(workspace.prepared(), workspace.graph(), workspace.board(), *session->plan_, workspace.backends(), options.executor));
  session->compile_time_ = std::chrono::steady_clock::now() - begin;
  return session;
}

Result<std::vector<Tensor>> Session::run(const std::vector<Tensor>& inputs) {
  std::vector<Tensor> outputs;
  MOSAIC_TRY([[maybe_unused]] const RunReport report, executor_->run(pointers(inputs), outputs));
  return outputs;
}

}  // namespace mosaic
