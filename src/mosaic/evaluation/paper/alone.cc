#include "mosaic/evaluation/paper/alone.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "mosaic/onnx/builder.h"
#include "mosaic/onnx/import.h"

namespace mosaic {
namespace {

constexpr std::int64_t kChannels = 64;
constexpr std::array<std::int64_t, 9> kWidths{64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};  // 16 KiB to 4 MiB

struct Mean {
  Microseconds time{};
  Joules energy;
};

/// Runs steps one after the other, `repeats` times.
Result<Mean> measure(const Run& run, Backend& backend, std::size_t repeats) {
  MOSAIC_TRY(const auto executables, backend.compile(run, "alone/"));
  Mean mean;
  for (const auto& executable : executables) {
    MOSAIC_TRY(const auto invocation, executable->make_invocation());
    for (std::size_t i = 0; i < repeats; ++i) {
      MOSAIC_TRY(const Invocation::Times times, invocation->run());
      if (!times.energy) return fail(ErrorCode::kDevice, fmt::format("{} has no meter of its own", backend.engine().name));
      mean.time += Microseconds(times.transfer + times.execute) / static_cast<double>(repeats);
      mean.energy += Joules{times.energy->value / static_cast<double>(repeats)};
    }
  }
  return mean;
}

/// Two pointwise convolutions with a tensor of 64 x `width` values between them.
struct Pair {
  onnx::PreparedModel prepared;
  Graph graph;
};

Result<Pair> make_pair(std::int64_t width) {
  const Shape shape{1, kChannels, 1, width};
  onnx::Builder net("pair", 1);
  const onnx::Builder::Convolution convolution{.in = kChannels, .out = kChannels, .kernel = {1, 1}};
  const std::string x = net.input("x", shape);
  const std::string between = net.conv(x, convolution);
  const std::string y = net.conv(between, convolution);
  net.output(y, shape);
  const onnx::ValueType type{.element = ElementType::kFloat32, .shape = shape};
  onnx::PreparedModel prepared{.model = net.build(), .types = {{x, type}, {between, type}, {y, type}}};
  MOSAIC_TRY(Graph graph, onnx::import_graph(prepared, "pair"));
  return Pair{.prepared = std::move(prepared), .graph = std::move(graph)};
}

/// A device's configurations by ascending clock; those that leave the clock to the system only where there is nothing else.
std::vector<ConfigurationId> clocks_of(const Board& board, DeviceId device) {
  std::vector<ConfigurationId> all;
  std::vector<ConfigurationId> clocked;
  for (std::size_t c = 0; c < board.configurations.size(); ++c) {
    const ConfigurationId id(c);
    if (board.configuration(id).device != device) continue;
    all.push_back(id);
    if (board.point_of(id).clock) clocked.push_back(id);
  }
  std::ranges::sort(clocked, {}, [&](ConfigurationId id) { return board.point_of(id).clock->value; });
  if (clocked.empty()) return {all.back()};
  return clocked;
}

Bytes bytes_of(const Graph& graph, const std::vector<TensorId>& tensors) {
  Bytes sum;
  for (const TensorId id : tensors) sum += graph.tensor(id).bytes().value_or(Bytes{});
  return sum;
}

/// One layer alone; nothing where the device cannot run it.
Result<std::optional<paper::Total>> measure_layer(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, Backend& backend,
                                                  LayerId layer, ConfigurationId configuration, std::size_t repeats) {
  const Device& device = board.device_of(configuration);
  const Layer& what = graph.layer(layer);
  const bool lacks = std::ranges::any_of(what.nodes, [&](NodeId node) { return device.lacks(graph.node(node).op); });
  const std::vector<LayerId> alone{layer};
  if (lacks || (device.slice_limit && slice_memory(graph, alone) > *device.slice_limit)) return std::nullopt;
  const Run run{
      .prepared = prepared, .graph = graph, .board = board, .steps = {{.layers = alone, .configuration = configuration}}, .leaving = what.outputs};
  auto mean = measure(run, backend, repeats);
  if (!mean && mean.error().code == ErrorCode::kUnsupported) return std::nullopt;
  if (!mean) return std::unexpected(mean.error());
  const double seconds = std::chrono::duration<double>(mean->time).count();
  return paper::Total{.time = mean->time, .power = {mean->energy.value / seconds}};
}

class Profiling {
 public:
  Profiling(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, const Backends& backends, std::size_t repeats)
      : prepared_(prepared), graph_(graph), board_(board), backends_(backends), repeats_(repeats) {}

  Result<paper::DeviceProfile> device(DeviceId id, const std::vector<ConfigurationId>& clocks) {
    Backend& backend = *backends_.at(board_.device(id).backend);
    paper::DeviceProfile profile;
    for (const ConfigurationId clock : clocks) {
      const OperatingPoint& point = board_.point_of(clock);
      profile.clocks.push_back({.clock = point.clock.value_or(Hertz{0}), .voltage = point.voltage.value_or(Volts{1})});
      MOSAIC_TRY(const Watts idle, backend.idle_power(board_, clock));
      profile.static_power.push_back(idle);
      MOSAIC_RETURN_IF_ERROR(add_communication(backend, id, clock, profile));
    }
    for (std::size_t l = 0; l < graph_.layers.size(); ++l) {
      MOSAIC_TRY(const auto highest, measure_layer(prepared_, graph_, board_, backend, LayerId(l), clocks.back(), repeats_));
      MOSAIC_TRY(const auto lowest, measure_layer(prepared_, graph_, board_, backend, LayerId(l), clocks.front(), repeats_));
      profile.highest.push_back(highest);
      profile.lowest.push_back(lowest);
    }
    return profile;
  }

 private:
  /// None for cores: "the communication time data with the CPU are omitted as ... they are insignificant" (section V.B.1).
  Result<void> add_communication(Backend& backend, DeviceId id, ConfigurationId clock, paper::DeviceProfile& profile) {
    profile.communication.emplace_back();
    profile.communication_energy.emplace_back();
    if (board_.device(id).kind == DeviceKind::kCpu) return {};
    MOSAIC_TRY(const auto samples, measure_communication(board_, backend, clock, repeats_));
    std::vector<std::pair<Bytes, Microseconds>> times;
    std::vector<std::pair<Bytes, Joules>> energies;
    for (const CommunicationSample& sample : samples) {
      times.emplace_back(sample.bytes, sample.time);
      energies.emplace_back(sample.bytes, sample.energy);
    }
    profile.communication.back() = paper::fit_communication(times);
    profile.communication_energy.back() = paper::fit_communication(energies);
    return {};
  }

  const onnx::PreparedModel& prepared_;
  const Graph& graph_;
  const Board& board_;
  const Backends& backends_;
  std::size_t repeats_;
};

}  // namespace

Result<std::vector<CommunicationSample>> measure_communication(const Board& board, Backend& backend, ConfigurationId configuration,
                                                               std::size_t repeats) {
  std::vector<CommunicationSample> samples;
  for (const std::int64_t width : kWidths) {
    MOSAIC_TRY(const Pair pair, make_pair(width));
    const auto run = [&](std::vector<Run::Step> steps) {
      return Run{.prepared = pair.prepared, .graph = pair.graph, .board = board, .steps = std::move(steps), .leaving = pair.graph.outputs};
    };
    const Run one = run({{.layers = {LayerId(0), LayerId(1)}, .configuration = configuration}});
    const Run two = run({{.layers = {LayerId(0)}, .configuration = configuration}, {.layers = {LayerId(1)}, .configuration = configuration}});
    MOSAIC_TRY(const Mean whole, measure(one, backend, repeats));
    MOSAIC_TRY(const Mean parted, measure(two, backend, repeats));
    samples.push_back(
        {.bytes = pair.graph.cuts[0].bytes, .time = (parted.time - whole.time) / 2, .energy = {(parted.energy - whole.energy).value / 2}});
  }
  return samples;
}

Result<AloneProfile> profile_alone(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, const Backends& backends,
                                   std::size_t repeats) {
  AloneProfile profile;
  for (const Layer& layer : graph.layers) profile.sizes.push_back({.in = bytes_of(graph, layer.inputs), .out = bytes_of(graph, layer.outputs)});
  Profiling profiling(prepared, graph, board, backends, repeats);
  for (std::size_t d = 0; d < board.devices.size(); ++d) {
    profile.configurations.push_back(clocks_of(board, DeviceId(d)));
    MOSAIC_TRY(auto device, profiling.device(DeviceId(d), profile.configurations.back()));
    profile.devices.push_back(std::move(device));
  }
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {
    if (std::ranges::any_of(profile.devices, [&](const paper::DeviceProfile& device) { return device.highest[l].has_value(); })) continue;
    return fail(ErrorCode::kUnsupported, fmt::format("no device of board '{}' can run layer {} ('{}')", board.name, l, graph.layers[l].name));
  }
  return profile;
}

}  // namespace mosaic
