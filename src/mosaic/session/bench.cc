#include "mosaic/session/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "mosaic/backend/ort/ort_backend.h"
#include "mosaic/base/statistics.h"
#include "mosaic/plan/validate.h"
#include "mosaic/planner/algorithm1.h"
#include "mosaic/planner/baselines.h"
#include "mosaic/runtime/executor.h"
#include "mosaic/session/race.h"

namespace mosaic {
namespace {

/// Sessions and executors of all versions, with what times them.
class Field {
 public:
  Field(const Workspace& workspace, std::vector<Tensor> inputs, const std::stop_token& stop)
      : workspace_(workspace), inputs_(std::move(inputs)), stop_(stop) {}

  Result<void> add_chain(const std::string& name, const std::optional<Chain>& chain, const Planned& planned) {
    if (!chain) return {};
    Plan plan = to_plan(*chain, planned.costs, planned.fit, workspace_.graph(), workspace_.board());
    versions_.push_back({.name = name, .slices = plan.steps.size(), .predicted = plan.prediction->expected, .microseconds = {}, .note = ""});
    MOSAIC_TRY(const ValidPlan valid, validate(workspace_.graph(), workspace_.board(), std::move(plan)));
    auto executor = Executor::create(workspace_.prepared(), workspace_.graph(), workspace_.board(), valid, workspace_.backends());
    if (!executor) return within(name, executor.error());
    auto shared = std::make_shared<Program>();
    shared->executor = *std::move(executor);
    runners_.push_back({.name = name, .run = [this, shared]() -> Result<Microseconds> {
                          MOSAIC_TRY(const RunReport report, shared->executor->run(pointers(inputs_), shared->outputs, {.stop = stop_}));
                          return Microseconds(report.total);
                        }});
    return {};
  }

  Result<void> add_reference(const std::string& name, const ort::Reference::Options& options, const std::string& note) {
    MOSAIC_TRY(std::shared_ptr<ort::Reference> reference, open(options));
    versions_.push_back({.name = name, .slices = 1, .predicted = {}, .microseconds = {}, .note = note});
    runners_.push_back({.name = name, .run = [reference]() -> Result<Microseconds> {
                          MOSAIC_TRY(const Nanoseconds time, reference->run());
                          return Microseconds(time);
                        }});
    return {};
  }

  /// The fastest of plain ONNX Runtime's settings that a user would try.
  Result<std::pair<ort::Reference::Options, std::string>> find_best_reference() {
    constexpr int kTries = 10;
    std::pair<ort::Reference::Options, std::string> best;
    double best_time = 0;
    const int most = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    for (int threads = 1; threads <= most; threads = threads == most ? most + 1 : std::min(2 * threads, most)) {
      for (const bool spin : {false, true}) {
        if (threads == 1 && spin) continue;
        const ort::Reference::Options options{.threads = threads, .spin = spin};
        MOSAIC_TRY(const auto reference, open(options));
        std::vector<double> times;
        for (int i = 0; i < kTries; ++i) {
          MOSAIC_TRY(const Nanoseconds time, reference->run());
          times.push_back(Microseconds(time).count());
        }
        if (best_time > 0 && median(times) >= best_time) continue;
        best_time = median(times);
        best = {options, fmt::format("{} thread{}{}", threads, threads == 1 ? "" : "s", spin ? ", spinning" : "")};
      }
    }
    return best;
  }

  [[nodiscard]] const std::vector<Runner>& runners() const { return runners_; }

  std::vector<BenchVersion> finish(std::vector<std::vector<double>> samples) {
    for (std::size_t i = 0; i < samples.size(); ++i) versions_[i].microseconds = std::move(samples[i]);
    return std::move(versions_);
  }

 private:
  struct Program {
    std::unique_ptr<Executor> executor;
    std::vector<Tensor> outputs;
  };

  Result<std::unique_ptr<ort::Reference>> open(const ort::Reference::Options& options) const {
    MOSAIC_TRY(auto reference, ort::Reference::open(workspace_.options().model, options));
    std::vector<const Tensor*> in_order;
    for (const std::string& name : reference->inputs()) {
      const auto& ids = workspace_.graph().inputs;
      const auto found = std::ranges::find(ids, name, [&](TensorId id) { return workspace_.graph().tensor(id).name; });
      if (found == ids.end()) return fail(ErrorCode::kEngine, fmt::format("the file has an input '{}' that the graph lacks", name));
      in_order.push_back(&inputs_[static_cast<std::size_t>(found - ids.begin())]);
    }
    MOSAIC_RETURN_IF_ERROR(reference->bind(in_order));
    return reference;
  }

  const Workspace& workspace_;
  const std::vector<Tensor> inputs_;
  const std::stop_token stop_;
  std::vector<BenchVersion> versions_;
  std::vector<Runner> runners_;
};

}  // namespace

Result<std::vector<BenchVersion>> bench(const Workspace& workspace, const Profile& profile, const BenchOptions& options) {
  MOSAIC_TRY(const Planned planned, make_plan(workspace, profile));
  MOSAIC_TRY(std::vector<Tensor> inputs, workspace.random_inputs(options.seed));
  Field field(workspace, std::move(inputs), options.stop);
  for (std::size_t c = 0; c < planned.costs.configurations; ++c) {
    MOSAIC_RETURN_IF_ERROR(field.add_chain("single:" + workspace.board().configurations[c].name, single_configuration(planned.costs, c), planned));
  }
  MOSAIC_RETURN_IF_ERROR(field.add_chain("mosaic", planned.decision.chain, planned));
  MOSAIC_RETURN_IF_ERROR(field.add_chain("greedy", greedy(planned.costs), planned));
  MOSAIC_RETURN_IF_ERROR(field.add_chain("random_best", best_random(planned.costs, options.seed), planned));
  const auto published = algorithm1(paper_view(planned.costs));
  MOSAIC_RETURN_IF_ERROR(
      field.add_chain("algorithm1", published && cost_of(planned.costs, published->chain) ? std::optional(published->chain) : std::nullopt, planned));
  if (!workspace.board().simulated()) {
    MOSAIC_RETURN_IF_ERROR(field.add_reference("ort_default", {.threads = 0, .spin = true}, "its own choice of threads"));
    MOSAIC_TRY(const auto best, field.find_best_reference());
    MOSAIC_RETURN_IF_ERROR(field.add_reference("ort_best", best.first, best.second));
  }
  const auto show = [&](double share) {
    if (options.progress) options.progress("measuring", share);
  };
  MOSAIC_TRY(auto samples, race(field.runners(), {.runs = options.runs, .most_seconds = 0, .stop = options.stop, .progress = show}));
  return field.finish(std::move(samples));
}

}  // namespace mosaic
