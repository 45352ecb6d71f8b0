#include "mosaic/backend/ort/lowering.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "mosaic/backend/ort/in_place.h"
#include "mosaic/backend/ort/session.h"
#include "mosaic/onnx/extract.h"
#include "mosaic/onnx/structure.h"

namespace mosaic::ort {
namespace {

using Names = std::vector<std::string>;

/// Which source tensors each step of a run uses from outside it and hands on.
struct StepEdges {
  std::vector<std::size_t> nodes;
  Names inputs;
  Names outputs;
};

/// What the source graph says about a run.
class SourceRun {
 public:
  explicit SourceRun(const Run& run) : run_(run) {
    maker_.assign(run.graph.tensors.size(), kOutside);
    last_use_.assign(run.graph.tensors.size(), 0);
    for (std::size_t s = 0; s < run.steps.size(); ++s) {
      for (const LayerId layer : run.steps[s].layers) {
        for (const TensorId id : run.graph.layer(layer).outputs) maker_[id.index()] = s;
        for (const TensorId id : run.graph.layer(layer).inputs) last_use_[id.index()] = std::max(last_use_[id.index()], s);
      }
    }
    leaving_.insert(run.leaving.begin(), run.leaving.end());
  }

  [[nodiscard]] StepEdges edges(std::size_t step) const {
    StepEdges edges;
    std::set<TensorId> used;
    std::set<TensorId> made;
    for (const LayerId layer : run_.steps[step].layers) {
      for (const NodeId node : run_.graph.layer(layer).nodes) edges.nodes.push_back(node.index());
      used.insert(run_.graph.layer(layer).inputs.begin(), run_.graph.layer(layer).inputs.end());
      made.insert(run_.graph.layer(layer).outputs.begin(), run_.graph.layer(layer).outputs.end());
    }
    std::ranges::sort(edges.nodes);
    for (const TensorId id : used) {
      if (maker_[id.index()] != step) edges.inputs.push_back(name(id));
    }
    for (const TensorId id : made) {
      if (leaving_.contains(id) || last_use_[id.index()] > step) edges.outputs.push_back(name(id));
    }
    return edges;
  }

  /// Tensors that must exist once steps 0 to `step` are done: used by a later one or leaving the run.
  [[nodiscard]] Names needed_after(std::size_t step) const {
    Names names;
    for (std::size_t t = 0; t < maker_.size(); ++t) {
      if (maker_[t] == kOutside || maker_[t] > step) continue;
      if (last_use_[t] > step || leaving_.contains(TensorId(t))) names.push_back(name(TensorId(t)));
    }
    return names;
  }

  /// Tensors that the run uses and does not make.
  [[nodiscard]] Names inputs() const {
    std::set<TensorId> used;
    for (const Run::Step& step : run_.steps) {
      for (const LayerId layer : step.layers) used.insert(run_.graph.layer(layer).inputs.begin(), run_.graph.layer(layer).inputs.end());
    }
    Names names;
    for (const TensorId id : used) {
      if (maker_[id.index()] == kOutside) names.push_back(name(id));
    }
    return names;
  }

  [[nodiscard]] Names leaving() const {
    Names names;
    for (const TensorId id : leaving_) names.push_back(name(id));
    return names;
  }

  [[nodiscard]] std::size_t maker(const std::string& tensor) const {
    const auto found = std::ranges::find(run_.graph.tensors, tensor, &GraphTensor::name);
    return maker_[static_cast<std::size_t>(found - run_.graph.tensors.begin())];
  }

 private:
  static constexpr std::size_t kOutside = std::numeric_limits<std::size_t>::max();
  [[nodiscard]] const std::string& name(TensorId id) const { return run_.graph.tensor(id).name; }

  const Run& run_;
  std::vector<std::size_t> maker_;     // step that makes a tensor
  std::vector<std::size_t> last_use_;  // last step that uses it
  std::set<TensorId> leaving_;
};

/// Ports of source tensors, which keep their names in every run.
std::vector<Port> source_ports(const Names& names, const onnx::ValueTypes& types) {
  std::vector<Port> ports;
  for (const std::string& name : names) {
    const onnx::ValueType& type = types.at(name);
    ports.push_back({.name = name, .element = type.element, .shape = type.shape});
  }
  return ports;
}

/// Which step each node of the optimised model belongs to, and what crosses between steps.
struct Partition {
  std::vector<std::vector<std::size_t>> nodes;  // of each step, in the model's order
  std::vector<Names> inputs;
  std::vector<Names> outputs;                   // of each step, in the order in which they are made
  std::map<std::string, std::string> replaces;  // as in Port
};

/// A tensor that crosses lies in memory of the plan's. So must all that the engine would keep in the same place: they become outputs, too.
void expose_in_place(const std::vector<InPlace>& sums, const std::vector<std::set<std::string>>& inputs, const auto& expose, Partition& out) {
  std::map<std::string, std::string> first;  // of the tensors that take each other's place
  const auto first_of = [&](const std::string& name) { return first.contains(name) ? first.at(name) : name; };
  for (const InPlace& sum : sums) first[sum.result] = first_of(sum.argument);
  std::set<std::string> crossing;
  for (const auto& names : inputs) {
    for (const std::string& name : names) crossing.insert(first_of(name));
  }
  for (const InPlace& sum : sums) {
    if (!crossing.contains(first_of(sum.result))) continue;
    expose(sum.argument);
    expose(sum.result);
    out.replaces[sum.result] = sum.argument;
  }
}

Partition partition(const onnx::Structure& optimised, const SourceRun& source, std::size_t steps) {
  constexpr std::size_t kUnneeded = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> step_of(optimised.nodes.size(), kUnneeded);
  for (std::size_t s = 0; s < steps; ++s) {
    for (const std::size_t node : optimised.ancestors(source.needed_after(s))) step_of[node] = std::min(step_of[node], s);
  }
  const Names leaving = source.leaving();
  const std::vector<std::size_t> wanted = optimised.ancestors(leaving);

  Partition out;
  out.nodes.resize(steps);
  std::vector<std::set<std::string>> inputs(steps);
  std::vector<std::set<std::string>> outputs(steps);
  const auto expose = [&](const std::string& name) { outputs[step_of[optimised.maker.at(name)]].insert(name); };
  for (const std::size_t n : wanted) {
    const std::size_t s = step_of[n];
    out.nodes[s].push_back(n);
    for (const std::string& name : optimised.nodes[n].inputs) {
      if (optimised.constants.contains(name)) continue;
      const auto maker = optimised.maker.find(name);
      if (maker != optimised.maker.end() && step_of[maker->second] == s) continue;
      inputs[s].insert(name);
      if (maker != optimised.maker.end()) expose(name);
    }
  }
  for (const std::string& name : leaving) {  // what the engine found to be constant is handed out by the step that made it in the source
    const auto maker = optimised.maker.find(name);
    outputs[maker == optimised.maker.end() ? source.maker(name) : step_of[maker->second]].insert(name);
  }
  expose_in_place(in_place_sums(optimised, wanted, leaving), inputs, expose, out);
  for (std::size_t s = 0; s < steps; ++s) {
    out.inputs.emplace_back(inputs[s].begin(), inputs[s].end());
    out.outputs.emplace_back(outputs[s].begin(), outputs[s].end());
    std::ranges::stable_sort(out.outputs[s], {}, [&](const std::string& name) {
      const auto maker = optimised.maker.find(name);
      return maker == optimised.maker.end() ? 0 : maker->second;
    });
  }
  return out;
}

/// Shapes of the engine's own tensors, by one run on zeros: blocked ones carry no shape in the file.
Result<onnx::ValueTypes> learn_types(Engine& engine, const onnx::Model& whole, const onnx::Model& optimised, const onnx::ValueTypes& source,
                                     const Names& inputs, const Partition& partition) {
  const onnx::Structure given = onnx::structure(whole);  // a name that the engine made up may be that of a tensor elsewhere in the source
  std::set<std::string> unknown;
  for (const Names& outputs : partition.outputs) {
    for (const std::string& name : outputs) {
      if (!given.maker.contains(name)) unknown.insert(name);
    }
  }
  onnx::ValueTypes types = source;
  if (unknown.empty()) return types;
  const Names names(unknown.begin(), unknown.end());
  std::vector<Tensor> zeros;
  zeros.reserve(inputs.size());
  std::vector<std::pair<std::string, const Tensor*>> feeds;
  onnx::ValueTypes fed;
  for (const std::string& name : inputs) {
    fed[name] = source.at(name);
    if (!source.at(name).shape)
      return fail(ErrorCode::kUnsupported, "input '" + name + "' is no tensor of static shape: a model with such an input runs in one slice only");
    zeros.emplace_back(source.at(name).element, *source.at(name).shape);
    feeds.emplace_back(name, &zeros.back());
  }
  // Nothing else runs: what depends on the values of the inputs could fail on zeros.
  const std::vector<std::size_t> needed = onnx::structure(optimised).ancestors(names);
  MOSAIC_TRY(const auto session, make_session(engine, onnx::extract(optimised, needed, inputs, names, fed), {.optimise = false}));
  MOSAIC_TRY(const std::vector<Ort::Value> values, run_once(*session, feeds, names));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto info = values[i].GetTensorTypeAndShapeInfo();
    types[names[i]] = {.element = from_ort(info.GetElementType()), .shape = info.GetShape()};
  }
  return types;
}

}  // namespace

std::vector<LoweredStep> cut_as_given(const Run& run) {
  const SourceRun source(run);
  std::vector<LoweredStep> steps(run.steps.size());
  for (std::size_t s = 0; s < run.steps.size(); ++s) {
    const StepEdges edges = source.edges(s);
    LoweredStep& step = steps[s];
    step.model = onnx::extract(run.prepared.model, edges.nodes, edges.inputs, edges.outputs, run.prepared.types);
    step.input_ports = source_ports(edges.inputs, run.prepared.types);
    step.output_ports = source_ports(edges.outputs, run.prepared.types);
    step.inputs = edges.inputs;
    step.outputs = edges.outputs;
  }
  return steps;
}

Result<std::vector<LoweredStep>> cut_after_optimisation(Engine& engine, const Run& run, std::string_view scope) {
  const SourceRun source(run);
  std::set<std::string> boundaries;
  std::vector<std::size_t> nodes;
  for (std::size_t s = 0; s < run.steps.size(); ++s) {
    const StepEdges edges = source.edges(s);
    boundaries.insert(edges.outputs.begin(), edges.outputs.end());
    nodes.insert(nodes.end(), edges.nodes.begin(), edges.nodes.end());
  }
  std::ranges::sort(nodes);
  const Names inputs = source.inputs();
  const onnx::Model whole = onnx::extract(run.prepared.model, nodes, inputs, Names(boundaries.begin(), boundaries.end()), run.prepared.types);
  MOSAIC_TRY(const onnx::Model optimised, optimise(engine, whole));
  const Partition parts = partition(onnx::structure(optimised), source, run.steps.size());
  MOSAIC_TRY(const onnx::ValueTypes types, learn_types(engine, whole, optimised, run.prepared.types, inputs, parts));

  // A source tensor that stays in the run gets the scope too: another run may have a tensor of that name in another layout.
  std::set<std::string> shared(inputs.begin(), inputs.end());
  for (const std::string& name : source.leaving()) shared.insert(name);
  const auto scoped = [&](const std::string& name) { return shared.contains(name) ? name : std::string(scope) + name; };
  const auto ports = [&](const Names& names) {
    std::vector<Port> list = source_ports(names, types);
    for (Port& port : list) {
      const auto replaced = parts.replaces.find(port.name);
      if (replaced != parts.replaces.end()) port.replaces = scoped(replaced->second);
      port.name = scoped(port.name);
    }
    return list;
  };
  std::vector<LoweredStep> steps(run.steps.size());
  for (std::size_t s = 0; s < run.steps.size(); ++s) {
    LoweredStep& step = steps[s];
    step.inputs = parts.inputs[s];
    step.outputs = parts.outputs[s];
    step.input_ports = ports(step.inputs);
    step.output_ports = ports(step.outputs);
    step.optimised = true;
    step.empty = parts.nodes[s].empty() && step.outputs.empty();
    if (!step.empty) step.model = onnx::extract(optimised, parts.nodes[s], step.inputs, step.outputs, types);
  }
  return steps;
}

}  // namespace mosaic::ort
