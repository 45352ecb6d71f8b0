#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/plan/plan.h"
#include "mosaic/session/race.h"
#include "mosaic/session/unsliced.h"
#include "mosaic/session/workspace.h"

namespace mosaic {

/// Ways to run a workspace's model, timed against each other on the same seeded inputs: plans, and plain ONNX Runtime on the user's file. Refers to
/// the workspace. Thread-compatible.
class Contest {
 public:
  /// Errors: those of `Workspace::random_inputs`.
  [[nodiscard]] static Result<Contest> create(const Workspace& workspace, std::uint64_t seed, std::stop_token stop = {});

  /// Compiles a plan; its entry. Errors, after the name: those of `validate` and of `Executor::create`.
  [[nodiscard]] Result<std::size_t> add_plan(const std::string& name, Plan plan);

  /// Errors: those of `Unsliced`.
  [[nodiscard]] Result<std::size_t> add_unsliced(const std::string& name, const ort::Reference::Options& options);

  /// Lets an entry take part once more, as an entry of its own.
  [[nodiscard]] std::size_t add_again(std::size_t entry) { return add(Runner(runners_.at(entry))); }

  /// Runs an entry once, outside of any race. Requires: an entry that was added.
  [[nodiscard]] const Runner& runner(std::size_t entry) const { return runners_.at(entry); }

  /// A session on the user's file with the contest's inputs bound. Errors: those of `Unsliced`.
  [[nodiscard]] Result<Unsliced> open_unsliced(const ort::Reference::Options& options) const;

  /// Microseconds of each entry in the order of adding, [entry][run]: one `race`. Errors: those of `race`.
  [[nodiscard]] Result<std::vector<std::vector<double>>> run(const RaceOptions& options) const { return race(runners_, options); }

 private:
  Contest(const Workspace& workspace, std::vector<Tensor> inputs, std::stop_token stop);

  std::size_t add(Runner runner);

  const Workspace* workspace_;
  std::shared_ptr<const std::vector<Tensor>> inputs_;
  std::stop_token stop_;
  std::vector<Runner> runners_;
};

}  // namespace mosaic
