#include "mosaic/backend/sim/sim_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>

#include "mosaic/backend/sim/draw.h"
#include "mosaic/backend/sim/governor.h"
#include "mosaic/backend/sim/truth.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/text.h"

namespace mosaic::sim {
namespace {

/// What all executables of one backend share: the calls each device has served.
struct Counters {
  explicit Counters(std::size_t devices) : calls(devices) {}
  std::vector<std::atomic<std::int64_t>> calls;
};

/// One step: its true times, and what computes it, if anything does.
class SimExecutable final : public Executable {
 public:
  struct Parts {
    std::vector<Port> inputs;
    std::vector<Port> outputs;
    Microseconds transfer{};
    Spent execute;
    double noise = 0;  // relative
    double power_noise = 0;
    std::uint64_t seed = 0;
    Fingerprint identity;  // of the step, its run and what it is run for: what its noise is drawn for
    std::string device;
    std::size_t device_index = 0;
    std::optional<std::int64_t> fail_at_call;
    std::shared_ptr<Counters> counters;
    std::shared_ptr<Executable> functional;
  };
  explicit SimExecutable(Parts parts) : parts_(std::move(parts)) {}

  std::span<const Port> inputs() const override { return parts_.inputs; }
  std::span<const Port> outputs() const override { return parts_.outputs; }
  Result<std::unique_ptr<Invocation>> make_invocation() const override;
  Result<std::unique_ptr<Buffer>> allocate_output(std::size_t) const override { return nullptr; }

  /// Times of the next call. Each call of an executable has its own noise, the same in every process.
  Result<Invocation::Times> next_times() const {
    const std::int64_t call = ++parts_.counters->calls[parts_.device_index];
    if (parts_.fail_at_call && call == *parts_.fail_at_call) {
      return fail(ErrorCode::kDevice, fmt::format("device '{}' failed at call {} (simulated)", parts_.device, call));
    }
    const std::int64_t number = calls_++;
    const auto factor = [&](double noise, std::string_view what) {
      return noise > 0 ? std::exp(noise * draw(parts_.seed, parts_.identity, number, what)) : 1.0;
    };
    const auto noisy = [&](Microseconds time, std::string_view what) {
      return std::chrono::duration_cast<Nanoseconds>(time * factor(parts_.noise, what));
    };
    Invocation::Times times{.transfer = noisy(parts_.transfer, "transfer"), .execute = noisy(parts_.execute.time, "time")};
    if (parts_.execute.energy.value > 0) {
      const Watts power{parts_.execute.energy.value / std::chrono::duration<double>(parts_.execute.time).count()};
      times.energy = power * times.execute;
      times.energy->value *= factor(parts_.power_noise, "power");
    }
    return times;
  }

  [[nodiscard]] const Parts& parts() const { return parts_; }

 private:
  Parts parts_;
  mutable std::atomic<std::int64_t> calls_ = 0;
};

class SimInvocation final : public Invocation {
 public:
  SimInvocation(const SimExecutable& executable, std::unique_ptr<Invocation> functional)
      : executable_(executable), functional_(std::move(functional)) {}

  Result<void> bind_input(std::size_t index, Buffer& buffer) override {
    return functional_ ? functional_->bind_input(index, buffer) : Result<void>();
  }
  Result<void> bind_output(std::size_t index, Buffer& buffer) override {
    return functional_ ? functional_->bind_output(index, buffer) : Result<void>();
  }
  Result<void> bind_input(std::size_t index, const Tensor& tensor) override {
    const Port& port = executable_.inputs()[index];
    if (tensor.type() != port.element || (port.shape && tensor.shape() != *port.shape)) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("input '{}' does not fit a tensor of {} {}", port.name, name(tensor.type()), to_string(tensor.shape())));
    }
    return functional_ ? functional_->bind_input(index, tensor) : Result<void>();
  }
  Result<void> bind_output(std::size_t index, Tensor& tensor) override {
    return functional_ ? functional_->bind_output(index, tensor) : Result<void>();
  }

  Result<Times> run() override {
    MOSAIC_TRY(const Times times, executable_.next_times());
    if (functional_) MOSAIC_RETURN_IF_ERROR(functional_->run());
    return times;
  }

  Result<Tensor> output(std::size_t index) override {
    if (!functional_) return Tensor();  // nothing was computed, as in the outputs that are bound
    return functional_->output(index);
  }

  void cancel() override {
    if (functional_) functional_->cancel();
  }

  void reset() override {
    if (functional_) functional_->reset();
  }

 private:
  const SimExecutable& executable_;
  std::unique_ptr<Invocation> functional_;
};

Result<std::unique_ptr<Invocation>> SimExecutable::make_invocation() const {
  std::unique_ptr<Invocation> functional;
  if (parts_.functional) {
    MOSAIC_TRY(functional, parts_.functional->make_invocation());
  }
  return std::make_unique<SimInvocation>(*this, std::move(functional));
}

/// Ports of a step by the source graph alone.
std::vector<Port> ports_of(const Graph& graph, const std::set<TensorId>& tensors) {
  std::vector<Port> ports;
  for (const TensorId id : tensors)
    ports.push_back({.name = graph.tensor(id).name, .element = graph.tensor(id).element, .shape = graph.tensor(id).shape});
  return ports;
}

class SimBackend final : public Backend {
 public:
  SimBackend(Truth truth, std::shared_ptr<Backend> functional)
      : truth_(std::move(truth)), functional_(std::move(functional)), counters_(std::make_shared<Counters>(truth_.devices.size())) {}

  EngineInfo engine() const override { return {.name = "simulated", .version = "1", .fingerprint = Hasher().add("simulated").add(1).fingerprint()}; }
  bool simulated() const override { return true; }
  Result<void> check_device(const Board&, DeviceId) const override { return {}; }

  /// All devices in one run, so that a step knows where its inputs come from.
  std::string domain(const Board&, ConfigurationId) const override { return "sim"; }

  Result<std::vector<std::unique_ptr<Executable>>> compile(const Run& run, std::string_view scope) override {
    std::vector<std::shared_ptr<Executable>> computing(run.steps.size());
    if (functional_) {
      MOSAIC_TRY(computing, compile_functional(run, scope));
    }
    std::vector<std::size_t> made_on(run.graph.tensors.size(), truth_.devices.size());  // device that makes a tensor; the caller for inputs
    for (const Run::Step& step : run.steps) {
      for (const LayerId layer : step.layers) {
        for (const TensorId id : run.graph.layer(layer).outputs) made_on[id.index()] = run.board.configuration(step.configuration).device.index();
      }
    }
    std::vector<SimExecutable::Parts> parts;
    for (std::size_t s = 0; s < run.steps.size(); ++s) {
      MOSAIC_RETURN_IF_ERROR(check_step(run, run.steps[s]));
      parts.push_back(make_parts(run, s, made_on, computing[s]));
      parts.back().seed = truth_.seed;
      parts.back().identity = identity(run, s, scope);
    }
    if (truth_.governor) apply_governor(run, parts);
    std::vector<std::unique_ptr<Executable>> executables;
    for (SimExecutable::Parts& each : parts) executables.push_back(std::make_unique<SimExecutable>(std::move(each)));
    return executables;
  }

  Result<Watts> idle_power(const Board& board, ConfigurationId configuration) const override {
    const double noise = truth_.power_noise_percent / 100 * draw(truth_.seed, "idle power", board.configuration(configuration).name);
    return Watts{truth_.static_power(board, configuration).value * std::exp(noise)};
  }

 private:
  /// The run on the host's CPU, where every simulated device is one thread.
  Result<std::vector<std::shared_ptr<Executable>>> compile_functional(const Run& run, std::string_view scope) {
    Board host;
    host.name = "host";
    host.spaces = {{.name = "host", .limit = {}}};
    host.devices = {{.name = "cpu", .space = SpaceId(0), .cores = {0}, .spin = false, .points = {{.cores = 1}}}};
    MOSAIC_TRY(host, make_board(std::move(host)));
    host.devices[0].cores.clear();  // wherever the caller is
    Run on_host{.prepared = run.prepared, .graph = run.graph, .board = host, .steps = run.steps, .leaving = run.leaving};
    for (Run::Step& step : on_host.steps) step.configuration = ConfigurationId(0);
    MOSAIC_TRY(auto compiled, functional_->compile(on_host, scope));
    std::vector<std::shared_ptr<Executable>> shared;
    for (auto& executable : compiled) shared.push_back(std::move(executable));
    return shared;
  }

  /// Two steps share their noise only where all of network, purpose, run and place in it are the same: what a layer took when it was profiled says
  /// nothing of the noise it meets in a plan, nor one plan's of another's.
  static Fingerprint identity(const Run& run, std::size_t step, std::string_view scope) {
    Hasher hasher;
    hasher.add(run.graph.fingerprint).add(scope).add(step).add(run.steps.size());
    for (const Run::Step& each : run.steps) {
      hasher.add(run.board.configuration(each.configuration).name).add(each.layers.size());
      for (const LayerId layer : each.layers) hasher.add(layer.value);
    }
    return hasher.fingerprint();
  }

  /// The clocks of a device in ascending order; none for one that has at most one.
  static std::vector<ConfigurationId> clocks_of(const Board& board, DeviceId device) {
    std::vector<ConfigurationId> clocked;
    for (std::size_t c = 0; c < board.configurations.size(); ++c) {
      const ConfigurationId id(c);
      if (board.configuration(id).device == device && board.point_of(id).clock) clocked.push_back(id);
    }
    std::ranges::sort(clocked, {}, [&](ConfigurationId id) { return board.point_of(id).clock->value; });
    return clocked;
  }

  /// Where a step's clock is left to the system, its times are what the governor makes of the run. The steps count as one after the other.
  void apply_governor(const Run& run, std::vector<SimExecutable::Parts>& parts) const {
    std::vector<GovernedSlice> slices;
    for (std::size_t s = 0; s < parts.size(); ++s) {
      const Run::Step& step = run.steps[s];
      const DeviceId device = run.board.configuration(step.configuration).device;
      GovernedSlice slice{.device = device.index(), .at = {}, .hertz = {}, .before = parts[s].transfer};
      const bool governed = !run.board.point_of(step.configuration).clock;
      for (const ConfigurationId id : governed ? clocks_of(run.board, device) : std::vector<ConfigurationId>()) {
        slice.at.push_back(truth_.slice(run.graph, run.board, step.layers, id));
        slice.hertz.push_back(static_cast<double>(run.board.point_of(id).clock->value));
      }
      if (slice.at.empty()) slice.at = {parts[s].execute};
      slices.push_back(std::move(slice));
    }
    const std::vector<Spent> spent = govern(*truth_.governor, slices);
    for (std::size_t s = 0; s < parts.size(); ++s) parts[s].execute = spent[s];
  }

  Result<void> check_step(const Run& run, const Run::Step& step) const {
    const Device& device = run.board.device_of(step.configuration);
    const DeviceTruth& truth = truth_.devices[run.board.configuration(step.configuration).device.index()];
    for (const LayerId layer : step.layers) {
      for (const NodeId node : run.graph.layer(layer).nodes) {
        if (std::ranges::find(truth.lacks, run.graph.node(node).op) == truth.lacks.end()) continue;
        return fail(ErrorCode::kUnsupported, fmt::format("device '{}' has no operator {} (simulated)", device.name, run.graph.node(node).op));
      }
    }
    const Bytes needed = slice_memory(run.graph, step.layers);
    if (truth.memory && needed > *truth.memory) {
      return fail(ErrorCode::kDevice, fmt::format("device '{}' is out of memory: a slice needs {}, it has {} (simulated)", device.name,
                                                  format_bytes(needed), format_bytes(*truth.memory)));
    }
    return {};
  }

  SimExecutable::Parts make_parts(const Run& run, std::size_t s, const std::vector<std::size_t>& made_on,
                                  std::shared_ptr<Executable> computing) const {
    const Run::Step& step = run.steps[s];
    const std::size_t device = run.board.configuration(step.configuration).device.index();
    std::set<TensorId> inputs;
    std::set<TensorId> outputs;
    for (const LayerId layer : step.layers) {
      inputs.insert(run.graph.layer(layer).inputs.begin(), run.graph.layer(layer).inputs.end());
      outputs.insert(run.graph.layer(layer).outputs.begin(), run.graph.layer(layer).outputs.end());
    }
    std::erase_if(inputs, [&](TensorId id) { return outputs.contains(id); });
    std::set<TensorId> wanted(run.leaving.begin(), run.leaving.end());
    for (std::size_t other = s + 1; other < run.steps.size(); ++other) {
      for (const LayerId layer : run.steps[other].layers) wanted.insert(run.graph.layer(layer).inputs.begin(), run.graph.layer(layer).inputs.end());
    }
    std::erase_if(outputs, [&](TensorId id) { return !wanted.contains(id); });

    SimExecutable::Parts parts;
    parts.inputs = ports_of(run.graph, inputs);
    parts.outputs = ports_of(run.graph, outputs);
    if (computing) {
      parts.inputs.assign(computing->inputs().begin(), computing->inputs().end());
      parts.outputs.assign(computing->outputs().begin(), computing->outputs().end());
    }
    std::map<std::size_t, Bytes> from;  // device -> bytes that come from it
    for (const TensorId id : inputs) from[made_on[id.index()]] += run.graph.tensor(id).bytes().value_or(Bytes{});
    for (const auto& [source, bytes] : from) parts.transfer += truth_.link_time(source, device, bytes);
    parts.execute = truth_.slice(run.graph, run.board, step.layers, step.configuration);
    parts.noise = truth_.noise_percent / 100;
    parts.power_noise = truth_.power_noise_percent / 100;
    parts.device = run.board.devices[device].name;
    parts.device_index = device;
    parts.fail_at_call = truth_.devices[device].fail_at_call;
    parts.counters = counters_;
    parts.functional = std::move(computing);
    return parts;
  }

  Truth truth_;
  std::shared_ptr<Backend> functional_;
  std::shared_ptr<Counters> counters_;
};

}  // namespace

Result<std::shared_ptr<Backend>> make_backend(const Board& board, std::shared_ptr<Backend> functional) {
  MOSAIC_TRY(Truth truth, Truth::parse(board));
  return std::make_shared<SimBackend>(std::move(truth), std::move(functional));
}

}  // namespace mosaic::sim
