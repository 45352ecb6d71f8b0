#pragma once

#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/graph/graph.h"
#include "mosaic/plan/plan.h"

namespace mosaic {

/// A plan that was found to be right for a graph and a board. Only `validate` makes one, so whoever has one need not check again. Immutable.
class ValidPlan {
 public:
  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] std::size_t size() const { return plan_.steps.size(); }
  [[nodiscard]] const Step& step(StepId id) const { return plan_.steps[id.index()]; }
  [[nodiscard]] ConfigurationId configuration(StepId id) const { return configurations_[id.index()]; }

  /// The steps in an order in which each comes after what it depends on; among those that could be next the lowest first.
  [[nodiscard]] const std::vector<StepId>& order() const { return order_; }

  /// Whether `a` has always ended before `b` starts.
  [[nodiscard]] bool before(StepId a, StepId b) const { return before_[a.index()][b.index()]; }

  /// Whether no two steps can ever run at the same time.
  [[nodiscard]] bool is_chain() const { return is_chain_; }

  /// Steps that make resp. use a tensor that crosses between steps; indices as in Graph::tensors. Inputs of the model are made by no step.
  [[nodiscard]] const std::vector<StepId>& users(TensorId tensor) const { return users_[tensor.index()]; }

 private:
  friend Result<ValidPlan> validate(const Graph& graph, const Board& board, Plan plan);
  friend class Validator;
  ValidPlan() = default;

  Plan plan_;
  std::vector<ConfigurationId> configurations_;
  std::vector<StepId> order_;
  std::vector<std::vector<bool>> before_;
  std::vector<std::vector<StepId>> users_;
  bool is_chain_ = false;
};

/// Judges any plan, whoever wrote it. Errors: kInvalidInput unless stated: made for another graph or board; a layer in no step or in two; an unknown
/// configuration; steps that need each other (a cycle, which is also what a step that is not convex leads to); a step that uses what another one
/// makes without coming after it; steps that may run at the same time on the same cores; kUnsupported: an operator its device lacks, more memory
/// than a slice or a memory space may have, channels of a layer.
[[nodiscard]] Result<ValidPlan> validate(const Graph& graph, const Board& board, Plan plan);

}  // namespace mosaic
