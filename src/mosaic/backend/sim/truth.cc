#include "mosaic/backend/sim/truth.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "mosaic/backend/sim/draw.h"
#include "mosaic/graph/layers.h"

namespace mosaic::sim {
namespace {

constexpr double kGiga = 1e9;

double gigabyte_us(Bytes bytes, double gbytes) { return static_cast<double>(bytes.value) / (gbytes * kGiga) * 1e6; }

/// What a device launches at once: an operator and what is fused with it.
struct Kernel {
  std::string op;
  std::int64_t macs = 0;
  Bytes weights;
  Bytes traffic;  // tensors taken in and handed out
};

/// Convolutions are told apart where the device's speeds tell them apart.
std::string kind_of(const Graph& graph, const GraphNode& node) {
  if (node.convolution == Convolution::kPointwise) return "PointwiseConv";
  if (node.convolution != Convolution::kDepthwise) return node.op;
  const auto& shape = graph.tensor(node.outputs.front()).shape;
  const std::int64_t values = shape ? element_count(*shape).value_or(0) : 0;
  return values > 0 && node.macs / values > 9 ? "WideDepthwiseConv" : "DepthwiseConv";
}

/// The operator that decides how fast a layer of one kernel is: the one with most multiply-accumulates, the first one where none has any.
Kernel only_kernel(const Graph& graph, const Layer& layer) {
  const auto main = std::ranges::max_element(layer.nodes, {}, [&](NodeId id) { return graph.node(id).macs; });
  return {.op = kind_of(graph, graph.node(*main)), .macs = layer.macs, .weights = layer.weights, .traffic = layer.activations};
}

/// A kernel of several nodes: tensors that stay inside are no traffic.
Kernel fused(const Graph& graph, std::span<const NodeId> nodes) {
  Kernel kernel;
  std::set<TensorId> made;
  std::set<TensorId> used;
  std::int64_t most = -1;
  for (const NodeId id : nodes) {
    const GraphNode& node = graph.node(id);
    kernel.macs += node.macs;
    kernel.weights += node.weights;
    made.insert(node.outputs.begin(), node.outputs.end());
    used.insert(node.inputs.begin(), node.inputs.end());
    if (node.macs > most) {
      most = node.macs;
      kernel.op = kind_of(graph, node);
    }
  }
  for (const TensorId id : used) {
    if (!made.contains(id)) kernel.traffic += graph.tensor(id).bytes().value_or(Bytes{});
  }
  for (const TensorId id : made) {
    if (!used.contains(id)) kernel.traffic += graph.tensor(id).bytes().value_or(Bytes{});
  }
  return kernel;
}

std::vector<Kernel> kernels_of(const Graph& graph, const Layer& layer) {
  std::vector<std::size_t> starts;
  for (std::size_t n = 0; n < layer.nodes.size(); ++n) {
    if (n == 0 || role(graph.node(layer.nodes[n]).op) == Role::kAnchor) starts.push_back(n);
  }
  if (starts.size() == 1) return {only_kernel(graph, layer)};
  std::vector<Kernel> kernels;
  starts.push_back(layer.nodes.size());
  for (std::size_t k = 0; k + 1 < starts.size(); ++k) {
    kernels.push_back(fused(graph, std::span(layer.nodes).subspan(starts[k], starts[k + 1] - starts[k])));
  }
  return kernels;
}

/// A device at an operating point: its clock and voltage over the highest, and where its clock lies between the extremes.
struct At {
  double clock = 1;
  double voltage = 1;
  double position = 0;  // of 1/f: 0 at the highest clock, 1 at the lowest
};

At at_point(const Device& device, const OperatingPoint& point) {
  At at;
  if (!point.clock) return at;
  auto lowest = static_cast<double>(point.clock->value);
  double highest = lowest;
  double highest_voltage = point.voltage ? point.voltage->value : 0;
  for (const OperatingPoint& other : device.points) {
    if (!other.clock) continue;
    lowest = std::min(lowest, static_cast<double>(other.clock->value));
    highest = std::max(highest, static_cast<double>(other.clock->value));
    if (point.voltage && other.voltage) highest_voltage = std::max(highest_voltage, other.voltage->value);
  }
  const auto clock = static_cast<double>(point.clock->value);
  at.clock = clock / highest;
  if (point.voltage) at.voltage = point.voltage->value / highest_voltage;
  if (highest > lowest) at.position = (1 / clock - 1 / highest) / (1 / lowest - 1 / highest);
  return at;
}

/// How far a layer's time is off eq. 3: nothing at both extremes, most where 1/f is a third of the way, as measured on a RK3399Pro (docs/boards.md).
double clock_deviation(const Truth& truth, const Deviations& deviations, const std::string& device, const std::string& point, const Layer& layer,
                       double position) {
  const double envelope = 2.6 * std::sqrt(position) * (1 - position);
  const double share = deviations.clock_mean + deviations.clock_point * draw(truth.seed, "clock", device, point) +
                       deviations.clock_layer * draw(truth.seed, "clock", device, point, layer.signature);
  return std::max(0.2, 1 + truth.richness * envelope * share);
}

/// How far a layer's power is off eq. 5: nothing at the highest clock, growing towards the lowest.
double power_deviation(const Truth& truth, const Deviations& deviations, const std::string& device, const std::string& point, const Layer& layer,
                       double position) {
  const double share = deviations.power_mean + deviations.power_layer * draw(truth.seed, "power", device, point, layer.signature);
  return std::max(0.2, 1 + truth.richness * std::sqrt(position) * share);
}

/// Taking in or handing out tensors: a line by size, and how far these tensors are off it.
double hand_over_us(const Truth& truth, const DeviceTruth& device, const std::string& name, std::string_view way, double fixed, double gbytes,
                    Bytes bytes) {
  if (gbytes <= 0) return fixed;
  const double deviation = truth.richness * device.deviations.hand_over * draw(truth.seed, way, name, bytes.value);
  return (fixed + gigabyte_us(bytes, gbytes)) * std::max(0.2, 1 + deviation);
}

}  // namespace

const Speed& DeviceTruth::speed(const std::string& op) const {
  auto known = speeds.find(op);
  if (known == speeds.end() && op == "WideDepthwiseConv") known = speeds.find("DepthwiseConv");
  if (known == speeds.end() && op.ends_with("Conv")) known = speeds.find("Conv");
  return known == speeds.end() ? speeds.at("default") : known->second;
}

Spent Truth::slice(const Graph& graph, const Board& board, std::span<const LayerId> layers, ConfigurationId configuration) const {
  const DeviceTruth& device = devices[board.configuration(configuration).device.index()];
  const OperatingPoint& point = board.point_of(configuration);
  const std::string& name = board.device_of(configuration).name;
  const At at = at_point(board.device_of(configuration), point);
  const double cores = std::max(point.cores, 1);
  const double speed_up = 1 / (1 - device.parallel_share + device.parallel_share / cores);
  const double stretch = device.memory_bound_share + (1 - device.memory_bound_share) / at.clock;
  const double dynamic = at.voltage * at.voltage * at.clock;  // eq. 5

  Bytes weights;
  for (const LayerId id : layers) weights += graph.layer(id).weights;
  const double miss = device.cache.value > 0 && weights > device.cache ? 1 + device.miss_share : 1;

  std::set<TensorId> made;
  for (const LayerId id : layers) made.insert(graph.layer(id).outputs.begin(), graph.layer(id).outputs.end());
  Bytes in;
  Bytes out;
  for (const TensorId id : graph.layer(layers.front()).inputs) in += graph.tensor(id).bytes().value_or(Bytes{});
  for (const TensorId id : graph.layer(layers.back()).outputs) out += graph.tensor(id).bytes().value_or(Bytes{});
  const double hand_over = hand_over_us(*this, device, name, "in", device.enter_us, device.enter_gbytes, in) +
                           hand_over_us(*this, device, name, "out", device.leave_us, device.leave_gbytes, out);

  double total = hand_over;
  double joules = hand_over * 1e-6 * device.hand_over_power.value * dynamic;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = graph.layer(layers[i]);
    const double off = clock_deviation(*this, device.deviations, name, point.name(), layer, at.position);
    const double power_off = power_deviation(*this, device.deviations, name, point.name(), layer, at.position);
    for (const Kernel& kernel : kernels_of(graph, layer)) {
      const Speed& speed = device.speed(kernel.op);
      const double compute = static_cast<double>(kernel.macs) / (speed.gmacs * kGiga) * 1e6 / speed_up;
      const double spared = i > 0 ? std::min(1.0, device.fusion_share * richness) : 0;
      const double traffic = gigabyte_us(kernel.weights, speed.weight_gbytes) * miss + gigabyte_us(kernel.traffic, speed.gbytes) * (1 - spared);
      // computing and moving overlap, but not perfectly
      const double time = (device.layer_us + std::max(compute, traffic) * stretch + 0.2 * std::min(compute, traffic)) * off;
      total += time;
      joules += time * 1e-6 * speed.power.value * dynamic * power_off;
    }
  }
  total *= device.slow_down;
  joules = joules * device.slow_down + total * 1e-6 * static_power(board, configuration).value;
  return {.time = Microseconds(total), .energy = {joules}};
}

Microseconds Truth::link_time(std::size_t from, std::size_t to, Bytes bytes) const {
  if (from == to) return Microseconds(0);
  const auto found = links.find({from, to});
  const bool to_caller = from == devices.size() || to == devices.size();
  if (found == links.end() && to_caller) return Microseconds(0);
  const LinkTruth& link = found == links.end() ? default_link : found->second;
  return Microseconds(link.us + gigabyte_us(bytes, link.gbytes));
}

Watts Truth::static_power(const Board& board, ConfigurationId configuration) const {
  const DeviceTruth& device = devices[board.configuration(configuration).device.index()];
  const double voltage = at_point(board.device_of(configuration), board.point_of(configuration)).voltage;
  return {device.static_power.value * voltage * voltage};
}

}  // namespace mosaic::sim
