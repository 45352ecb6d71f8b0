#include "mosaic/plan/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "mosaic/base/text.h"

namespace mosaic {
namespace {

std::unexpected<Error> unsupported(std::string message) { return fail(ErrorCode::kUnsupported, std::move(message)); }

}  // namespace

class Validator {
 public:
  Validator(const Graph& graph, const Board& board, ValidPlan& out) : graph_(graph), board_(board), out_(out), steps_(out.plan_.steps) {}

  Result<void> run() {
    MOSAIC_RETURN_IF_ERROR(check_origin());
    MOSAIC_RETURN_IF_ERROR(assign_layers());
    MOSAIC_RETURN_IF_ERROR(resolve_configurations());
    MOSAIC_RETURN_IF_ERROR(order_steps());
    MOSAIC_RETURN_IF_ERROR(check_data_dependencies());
    MOSAIC_RETURN_IF_ERROR(check_concurrency());
    MOSAIC_RETURN_IF_ERROR(check_operators());
    return check_memory();
  }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  Result<void> check_origin() {
    const Plan& plan = out_.plan_;
    if (!plan.graph.empty() && plan.graph != graph_.fingerprint) {
      return invalid(fmt::format("the plan is for another model: '{}' ({:.8}), this is '{}' ({:.8})", plan.graph_name, plan.graph, graph_.name,
                                 graph_.fingerprint));
    }
    if (!plan.board.empty() && plan.board != board_.fingerprint) {
      if (plan.board_name != board_.name) {
        return invalid(fmt::format("the plan is for board '{}', this is '{}': give --board with its name or file{}", plan.board_name, board_.name,
                                   plan.sources.board.empty() ? "" : fmt::format(", such as --board {}", plan.sources.board)));
      }
      return invalid(
          fmt::format("the plan is for another board '{}': its devices, operating points, memory spaces or simulation have changed since "
                      "({:.8}, now {:.8}): plan again",
                      plan.board_name, plan.board, board_.fingerprint));
    }
    if (steps_.empty()) return invalid("the plan has no step");
    return {};
  }

  Result<void> assign_layers() {
    step_of_.assign(graph_.layers.size(), kNone);
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      if (steps_[s].channels) {
        return unsupported(
            fmt::format("step {} computes only some channels: such plans belong to a network in integers on a board of accelerators, "
                        "as 'mosaic search' writes both",
                        s));
      }
      if (steps_[s].layers.empty()) return invalid(fmt::format("step {} has no layer", s));
      for (const LayerId id : steps_[s].layers) {
        if (id.index() >= graph_.layers.size()) {
          return invalid(fmt::format("step {} has layer {}, the model has layers 0 to {}", s, id.value, graph_.layers.size() - 1));
        }
        std::size_t& owner = step_of_[id.index()];
        if (owner != kNone) return invalid(fmt::format("layer {} ('{}') is in steps {} and {}", id.value, graph_.layer(id).name, owner, s));
        owner = s;
      }
    }
    const auto gap = std::ranges::find(step_of_, kNone);
    if (gap == step_of_.end()) return {};
    const LayerId id(static_cast<std::size_t>(gap - step_of_.begin()));
    return invalid(fmt::format("layer {} ('{}') is in no step", id.value, graph_.layer(id).name));
  }

  Result<void> resolve_configurations() {
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      auto found = board_.find_configuration(steps_[s].configuration);
      if (!found) return within(fmt::format("step {}", s), found.error());
      out_.configurations_.push_back(*found);
    }
    return {};
  }

  /// The order by what each step says it comes after, and who is before whom.
  Result<void> order_steps() {
    std::vector<std::size_t> waiting(steps_.size());
    std::vector<std::vector<std::size_t>> next(steps_.size());
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      const std::set<StepId> after(steps_[s].after.begin(), steps_[s].after.end());
      waiting[s] = after.size();
      for (const StepId each : after) {
        if (each.index() >= steps_.size()) return invalid(fmt::format("step {} comes after step {}, which does not exist", s, each.value));
        next[each.index()].push_back(s);
      }
    }
    out_.before_.assign(steps_.size(), std::vector<bool>(steps_.size(), false));
    std::set<std::size_t> ready;
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      if (waiting[s] == 0) ready.insert(s);
    }
    while (!ready.empty()) {
      const std::size_t s = *ready.begin();
      ready.erase(ready.begin());
      out_.order_.emplace_back(s);
      for (const std::size_t n : next[s]) {
        for (std::size_t a = 0; a < steps_.size(); ++a) {
          if (a == s || out_.before_[a][s]) out_.before_[a][n] = true;
        }
        if (--waiting[n] == 0) ready.insert(n);
      }
    }
    if (out_.order_.size() == steps_.size()) return {};
    const auto stuck = std::ranges::find_if(waiting, [](std::size_t count) { return count > 0; });
    return invalid(fmt::format("step {} waits for itself: the steps form a cycle", stuck - waiting.begin()));
  }

  Result<void> check_data_dependencies() {
    out_.users_.resize(graph_.tensors.size());
    std::vector<std::size_t> maker(graph_.tensors.size(), kNone);
    for (std::size_t l = 0; l < graph_.layers.size(); ++l) {
      for (const TensorId id : graph_.layers[l].outputs) maker[id.index()] = step_of_[l];
    }
    for (std::size_t l = 0; l < graph_.layers.size(); ++l) {
      const std::size_t user = step_of_[l];
      for (const TensorId id : graph_.layers[l].inputs) {
        const std::size_t made_by = maker[id.index()];
        if (made_by == user) continue;
        auto& users = out_.users_[id.index()];
        if (std::ranges::find(users, StepId(user)) == users.end()) users.emplace_back(user);
        if (made_by == kNone || out_.before_[made_by][user]) continue;
        if (out_.before_[user][made_by]) {
          return invalid(fmt::format("steps {} and {} need each other: a cycle (layer {} uses '{}')", made_by, user, l, graph_.tensor(id).name));
        }
        return invalid(fmt::format("step {} uses '{}', which step {} makes, but does not come after it", user, graph_.tensor(id).name, made_by));
      }
    }
    return {};
  }

  Result<void> check_concurrency() {
    out_.is_chain_ = true;
    for (std::size_t a = 0; a < steps_.size(); ++a) {
      for (std::size_t b = a + 1; b < steps_.size(); ++b) {
        if (out_.before_[a][b] || out_.before_[b][a]) continue;
        out_.is_chain_ = false;
        if (board_.disjoint(out_.configurations_[a], out_.configurations_[b])) continue;
        return invalid(fmt::format("steps {} ({}) and {} ({}) may run at the same time but share a device or its cores: let one come after the other",
                                   a, steps_[a].configuration, b, steps_[b].configuration));
      }
    }
    return {};
  }

  Result<void> check_operators() const {
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      const Device& device = board_.device_of(out_.configurations_[s]);
      for (const LayerId layer : steps_[s].layers) {
        for (const NodeId node : graph_.layer(layer).nodes) {
          if (!device.lacks(graph_.node(node).op)) continue;
          return unsupported(fmt::format("step {}: layer {} ('{}') needs operator {}, which device '{}' lacks", s, layer.value,
                                         graph_.layer(layer).name, graph_.node(node).op, device.name));
        }
      }
    }
    return {};
  }

  Result<void> check_memory() const {
    std::vector<Bytes> used(board_.spaces.size());
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      const Device& device = board_.device_of(out_.configurations_[s]);
      const Bytes needed = slice_memory(graph_, steps_[s].layers);
      used[device.space.index()] = saturating_add(used[device.space.index()], needed);
      if (device.slice_limit && needed > *device.slice_limit) {
        return unsupported(fmt::format("step {} (layers {}) needs {} on {}, where a slice may have {}", s, format_layers(steps_[s].layers),
                                       format_bytes(needed), device.name, format_bytes(*device.slice_limit)));
      }
    }
    for (std::size_t i = 0; i < used.size(); ++i) {
      const MemorySpace& space = board_.spaces[i];
      if (space.limit && used[i] > *space.limit) {
        return unsupported(
            fmt::format("the slices in memory space '{}' need {} in all, it has {}", space.name, format_bytes(used[i]), format_bytes(*space.limit)));
      }
    }
    return {};
  }

  const Graph& graph_;
  const Board& board_;
  ValidPlan& out_;
  const std::vector<Step>& steps_;
  std::vector<std::size_t> step_of_;  // by layer
};

Result<ValidPlan> validate(const Graph& graph, const Board& board, Plan plan) {
  ValidPlan valid;
  valid.plan_ = std::move(plan);
  MOSAIC_RETURN_IF_ERROR(Validator(graph, board, valid).run());
  return valid;
}

}  // namespace mosaic
