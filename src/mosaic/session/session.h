#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/plan/validate.h"
#include "mosaic/runtime/executor.h"
#include "mosaic/session/choose.h"
#include "mosaic/session/workspace.h"

namespace mosaic {

/// The short way in: a model, placed and ready to run.
///
///   auto session = mosaic::Session::open({.model = "model.onnx"});
///   if (!session) { std::cerr << session.error().message << '\n'; return 1; }
///   auto outputs = (*session)->run({input});
///
/// Thread-safe once opened.
class Session {
 public:
  struct Options {
    std::filesystem::path model;
    std::string board;                          ///< as `find_board` takes it; empty: this machine
    onnx::InputShapes shapes;                   ///< for inputs whose shapes are symbolic
    std::optional<std::filesystem::path> plan;  ///< none: profile, plan and confirm, or take what the cache has from doing so before
    ProfilerOptions profiler;                   ///< progress among them
    std::stop_token stop;                       ///< ends a long profile
    ExecutorOptions executor;
    std::function<Result<void>(const Workspace&)> accept;  ///< called once model and board are open, before anything is measured; may refuse
    std::function<void(const std::string&)> remark = {};   ///< takes what must be said but fails nothing
  };

  /// Errors: those of the workspace, `accept`, the plan file, profiling, planning and executing.
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(Options options);

  /// Runs the model. Inputs in the order of the graph's. Errors: those of `Executor::run`.
  [[nodiscard]] Result<std::vector<Tensor>> run(const std::vector<Tensor>& inputs);

  [[nodiscard]] Executor& executor() { return *executor_; }
  [[nodiscard]] const Workspace& workspace() const { return *workspace_; }
  [[nodiscard]] const ValidPlan& plan() const { return *plan_; }

  /// What compiling the plan took: the part of a cold start that is not the first run.
  [[nodiscard]] Microseconds compile_time() const { return compile_time_; }

  /// How the plan came about; `confirmation` is empty for one that was given or cached.
  [[nodiscard]] const Choice& choice() const { return choice_; }

 private:
  Session() = default;

  std::unique_ptr<Workspace> workspace_;
  Choice choice_;
  std::optional<ValidPlan> plan_;
  std::unique_ptr<Executor> executor_;
  Microseconds compile_time_{};
};

}  // namespace mosaic
