#include "mosaic/session/contest.h"

#include <fmt/format.h>

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

std::size_t Contest::add(Runner runner) {
  runners_.push_back(std::move(runner));
  return runners_.size() - 1;
}

Result<std::size_t> Contest::add_plan(const std::string& name, Plan plan) {
  auto valid = validate(workspace_->graph(), workspace_->board(), std::move(plan));
  if (!valid) return within(name, valid.error());
  auto executor = Executor::create(workspace_->prepared(), workspace_->graph(), workspace_->board(), *valid, workspace_->backends());
  if (!executor) return within(name, executor.error());
  auto entry = std::make_shared<Entry>(Entry{.executor = *std::move(executor), .outputs = {}});
  return add({.name = name, .run = [entry, inputs = inputs_, stop = stop_]() -> Result<Microseconds> {
                MOSAIC_TRY(const RunReport report, entry->executor->run(pointers(*inputs), entry->outputs, {.stop = stop}));
                return Microseconds(report.total);
              }});
}

Result<std::size_t> Contest::add_unsliced(const std::string& name, const ort::Reference::Options& options) {
  MOSAIC_TRY(Unsliced opened, open_unsliced(options));
  const auto unsliced = std::make_shared<Unsliced>(std::move(opened));
  return add({.name = name, .run = [unsliced, inputs = inputs_]() -> Result<Microseconds> {
                MOSAIC_TRY(const Nanoseconds time, unsliced->run());
                return Microseconds(time);
              }});
}

Result<Unsliced> Contest::open_unsliced(const ort::Reference::Options& options) const {
  MOSAIC_TRY(Unsliced unsliced, Unsliced::open(*workspace_, options));
  MOSAIC_RETURN_IF_ERROR(unsliced.bind(*inputs_));
  return unsliced;
}

}  // namespace mosaic
