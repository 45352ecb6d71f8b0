#include "mosaic/runtime/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "mosaic/base/check.h"

namespace mosaic {
namespace {

/// Neighbours in the plan's order that one backend compiles together.
struct Group {
  std::shared_ptr<Backend> backend;
  std::string domain;
  std::vector<std::size_t> steps;
};

class Compiler {
 public:
  Compiler(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, const ValidPlan& plan, const Backends& backends,
           bool shares_cores)
      : prepared_(prepared), graph_(graph), board_(board), plan_(plan), backends_(backends), shares_cores_(shares_cores) {}

  Result<Program> run() {
    for (const TensorId id : graph_.inputs) program_.inputs.push_back(graph_.tensor(id));
    for (const TensorId id : graph_.outputs) program_.outputs.push_back(graph_.tensor(id));
    program_.steps.resize(plan_.size());
    program_.after.resize(plan_.size());
    for (const StepId id : plan_.order()) {
      program_.order.push_back(id.index());
      for (const StepId each : plan_.step(id).after) program_.after[id.index()].push_back(each.index());
    }
    MOSAIC_TRY(const std::vector<Group> groups, make_groups());
    for (std::size_t g = 0; g < groups.size(); ++g) MOSAIC_RETURN_IF_ERROR(compile(groups[g], fmt::format("run{}/", g)));
    MOSAIC_RETURN_IF_ERROR(connect());
    share_buffers();
    return std::move(program_);
  }

 private:
  Result<std::vector<Group>> make_groups() const {
    std::vector<Group> groups;
    for (const StepId id : plan_.order()) {
      const ConfigurationId configuration = plan_.configuration(id);
      const Device& device = board_.device_of(configuration);
      const auto found = backends_.find(device.backend);
      if (found == backends_.end())
        return fail(ErrorCode::kDevice, fmt::format("device '{}' needs backend '{}', which is not loaded", device.name, device.backend));
      const std::string domain = device.backend + ":" + found->second->domain(board_, configuration);
      if (groups.empty() || groups.back().domain != domain) groups.push_back({.backend = found->second, .domain = domain, .steps = {}});
      groups.back().steps.push_back(id.index());
    }
    return groups;
  }

  Result<void> compile(const Group& group, const std::string& scope) {
    Run run{.prepared = prepared_, .graph = graph_, .board = board_};
    const std::set<std::size_t> inside(group.steps.begin(), group.steps.end());
    const std::set<TensorId> outputs(graph_.outputs.begin(), graph_.outputs.end());
    for (const std::size_t s : group.steps) {
      const Step& step = plan_.step(StepId(s));
      run.steps.push_back({.layers = step.layers, .configuration = plan_.configuration(StepId(s))});
      for (const LayerId layer : step.layers) {
        for (const TensorId id : graph_.layer(layer).outputs) {
          const bool used_outside = std::ranges::any_of(plan_.users(id), [&](StepId user) { return !inside.contains(user.index()); });
          if (used_outside || outputs.contains(id)) run.leaving.push_back(id);
        }
      }
    }
    run.alone = plan_.size() == 1;
    run.shares_cores = shares_cores_;
    MOSAIC_TRY(auto executables, group.backend->compile(run, scope));
    MOSAIC_CHECK(executables.size() == group.steps.size());
    for (std::size_t i = 0; i < executables.size(); ++i) program_.steps[group.steps[i]] = std::move(executables[i]);
    return {};
  }

  Result<void> connect() {
    std::map<std::string, std::size_t> wire_of;
    const auto add_wire = [&](const std::string& name) -> Wire& {
      wire_of[name] = program_.wires.size();
      return program_.wires.emplace_back();
    };
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) add_wire(graph_.tensor(graph_.inputs[i]).name).input = i;
    for (const std::size_t s : program_.order) {
      const auto inputs = program_.steps[s]->inputs();
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto found = wire_of.find(inputs[i].name);
        if (found == wire_of.end())
          return fail(ErrorCode::kEngine, fmt::format("step {} uses '{}', which no step before it makes", s, inputs[i].name));
        Wire& wire = program_.wires[found->second];
        wire.to.push_back({.step = s, .port = i});
        if (wire.from && std::ranges::find(program_.after[s], wire.from->step) == program_.after[s].end())
          program_.after[s].push_back(wire.from->step);
      }
      const auto outputs = program_.steps[s]->outputs();
      for (std::size_t i = 0; i < outputs.size(); ++i) add_wire(outputs[i].name).from = PortRef{.step = s, .port = i};
    }
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
      const auto found = wire_of.find(graph_.tensor(graph_.outputs[i]).name);
      if (found == wire_of.end()) return fail(ErrorCode::kEngine, fmt::format("no step makes output '{}'", graph_.tensor(graph_.outputs[i]).name));
      program_.wires[found->second].output = i;
    }
    return {};
  }

  /// For each step the set of steps that have ended before it starts.
  std::vector<std::vector<bool>> ancestors() const {
    std::vector<std::vector<bool>> before(plan_.size(), std::vector<bool>(plan_.size(), false));
    for (const std::size_t s : program_.order) {
      for (const std::size_t a : program_.after[s]) {
        before[s][a] = true;
        for (std::size_t i = 0; i < plan_.size(); ++i) before[s][i] = before[s][i] || before[a][i];
      }
    }
    return before;
  }

  /// A tensor may lie where another one lay if all that made or used the other has ended before it is made. First fit, in the order of making,
  /// smallest sufficient buffer first: a chain ends up with two buffers that alternate. One that replaces another may even lie where its own step
  /// reads from, if no other step does so still.
  void share_buffers() {
    const auto before = ancestors();
    std::vector<std::vector<std::size_t>> busy;  // by slot: steps that touch the tensor that lies in it now
    std::map<std::string, std::size_t> slot_of;  // by port
    for (Wire& wire : program_.wires) {
      if (!wire.from || wire.output) continue;
      if (stays_on_device(wire)) {
        wire.on_device = true;
        continue;
      }
      const std::size_t maker = wire.from->step;
      const Port& port = program_.steps[maker]->outputs()[wire.from->port];
      MOSAIC_CHECK(port.shape.has_value());  // a cut carries static tensors only
      const Bytes size = *byte_size(port.element, *port.shape);
      const auto is_free = [&](std::size_t slot, bool for_replacement) {
        return std::ranges::all_of(busy[slot], [&](std::size_t step) { return before[maker][step] || (for_replacement && step == maker); });
      };
      std::optional<std::size_t> best;
      for (std::size_t slot = 0; slot < busy.size(); ++slot) {
        if (!is_free(slot, false)) continue;
        const auto misfit = [&](std::size_t s) { return std::abs((program_.slots[s] - size).value); };
        if (!best || misfit(slot) < misfit(*best)) best = slot;
      }
      if (const auto replaced = slot_of.find(port.replaces); replaced != slot_of.end() && is_free(replaced->second, true)) best = replaced->second;
      if (!best) {
        best = busy.size();
        busy.emplace_back();
        program_.slots.emplace_back();
      }
      wire.slot = slot_of[port.name] = *best;
      program_.slots[*best] = std::max(program_.slots[*best], size);
      busy[*best] = {maker};
      for (const PortRef& to : wire.to) busy[*best].push_back(to.step);
    }
  }

  bool stays_on_device(const Wire& wire) const {
    const DeviceId device = board_.configuration(plan_.configuration(StepId(wire.from->step))).device;
    if (board_.device(device).kind == DeviceKind::kCpu) return false;
    return std::ranges::all_of(wire.to,
                               [&](const PortRef& to) { return board_.configuration(plan_.configuration(StepId(to.step))).device == device; });
  }

  const onnx::PreparedModel& prepared_;
  const Graph& graph_;
  const Board& board_;
  const ValidPlan& plan_;
  const Backends& backends_;
  const bool shares_cores_;
  Program program_;
};

}  // namespace

Result<Program> compile_plan(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, const ValidPlan& plan,
                             const Backends& backends, bool shares_cores) {
  return Compiler(prepared, graph, board, plan, backends, shares_cores).run();
}

}  // namespace mosaic
