#include "mosaic/session/contest.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mosaic/plan/validate.h"
#include "mosaic/runtime/executor.h"

namespace mosaic {
namespace {

/// An executor with the outputs it writes to again and again.
struct Entry {
  std::unique_ptr<Executor> executor;
  std::vector<Tensor> outputs;
};

}  // namespace

Contest::Contest(const Workspace& workspace, std::vector<Tensor> inputs, std::stop_token stop)
    : workspace_(&workspace), inputs_(std::make_shared<const std::vector<Tensor>>(std::move(inputs))), stop_(std::move(stop)) {}

Result<Contest> Contest::create(const Workspace& workspace, std::uint64_t seed, std::stop_token stop) {
  MOSAIC_TRY(std::vector<Tensor> inputs, workspace.random_inputs(seed));
  return Contest(workspace, std::move(inputs), std::move(stop));
}

Result<void> Contest::add_plan(const std::string& name, Plan plan) {
  auto valid = validate(workspace_->graph(), workspace_->board(), std::move(plan));
  if (!valid) return within(name, valid.error());
  auto executor = Executor::create(workspace_->prepared(), workspace_->graph(), workspace_->board(), *valid, workspace_->backends());
  if (!executor) return within(name, executor.error());
  auto entry = std::make_shared<Entry>(Entry{.executor = *std::move(executor), .outputs = {}});
  runners_.push_back({.name = name, .run = [entry, inputs = inputs_, stop = stop_]() -> Result<Microseconds> {
                        MOSAIC_TRY(const RunReport report, entry->executor->run(pointers(*inputs), entry->outputs, {.stop = stop}));
                        return Microseconds(report.total);
                      }});
  return {};
}

Result<void> Contest::add_reference(const std::string& name, const ort::Reference::Options& options) {
  MOSAIC_TRY(const std::shared_ptr<ort::Reference> reference, open_reference(options));
  runners_.push_back({.name = name, .run = [reference, inputs = inputs_]() -> Result<Microseconds> {
                        MOSAIC_TRY(const Nanoseconds time, reference->run());
                        return Microseconds(time);
                      }});
  return {};
}

Result<std::shared_ptr<ort::Reference>> Contest::open_reference(const ort::Reference::Options& options) const {
  MOSAIC_TRY(auto reference, ort::Reference::open(workspace_->options().model, options));
  std::vector<const Tensor*> in_order;  // of the file, which may list them otherwise
  for (const std::string& name : reference->inputs()) {
    const auto& ids = workspace_->graph().inputs;
    const auto found = std::ranges::find(ids, name, [&](TensorId id) { return workspace_->graph().tensor(id).name; });
    if (found == ids.end()) return fail(ErrorCode::kEngine, fmt::format("the file has an input '{}' that the graph lacks", name));
    in_order.push_back(&(*inputs_)[static_cast<std::size_t>(found - ids.begin())]);
  }
  MOSAIC_RETURN_IF_ERROR(reference->bind(in_order));
  return std::shared_ptr<ort::Reference>(std::move(reference));
}

}  // namespace mosaic
