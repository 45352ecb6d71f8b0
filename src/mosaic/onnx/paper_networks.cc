#include "mosaic/onnx/paper_networks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "mosaic/graph/regroup.h"
#include "mosaic/onnx/zoo.h"

namespace mosaic::onnx {
namespace {

Bytes megabytes(double size) { return {std::llround(size * 10) * 100'000}; }

PublishedSlice on(char device, int first_layer, std::int64_t mhz) {
  return {.device = device, .first_layer = first_layer, .clock = {mhz * 1'000'000}};
}

// Table III prints no clocks: for latency every device runs at its highest.
PublishedSlice big(int first_layer, std::int64_t mhz = 2362) { return on('B', first_layer, mhz); }
PublishedSlice little(int first_layer, std::int64_t mhz) { return on('L', first_layer, mhz); }
PublishedSlice gpu(int first_layer, std::int64_t mhz = 767) { return on('G', first_layer, mhz); }
PublishedSlice npu(int first_layer) { return on('N', first_layer, 960); }

const Shape kImage{1, 3, 224, 224};

std::vector<PaperNetwork> large_networks() {
  return {
      {.key = "IN",
       .zoo_name = "inception_v4",
       .accuracy_percent = 80.1,
       .input = {1, 3, 299, 299},
       .memory = megabytes(183.7),
       .layers = 20,
       .gpu_latency = Milliseconds(430.0),
       .published_macs = 12.29e9,
       .published_parameters = 42.65e6,
       .counted_per_channel = 1,
       .latency_plan = {npu(1), npu(11), big(20)},
       .energy_plan = {npu(1), npu(11), little(20, 509)}},
      {.key = "MN-1.0",
       .zoo_name = "mnasnet_1.0",
       .accuracy_percent = 74.1,
       .input = kImage,
       .memory = megabytes(321.9),
       .layers = 20,
       .gpu_latency = Milliseconds(66.8),
       .published_macs = 0.31e9,
       .published_parameters = 4'383'312,
       .counted_per_channel = 2,
       .latency_plan = {npu(1), big(10), gpu(18), big(20)},
       .energy_plan = {gpu(1), little(7, 509), gpu(12, 667), little(15, 509), gpu(18, 667), little(20, 509)}},
      {.key = "MN-1.3",
       .zoo_name = "mnasnet_1.3",
       .accuracy_percent = 75.2,
       .input = kImage,
       .memory = megabytes(511.6),
       .layers = 20,
       .gpu_latency = Milliseconds(81.3),
       .published_macs = 0.53e9,
       .published_parameters = 6'282'256,
       .counted_per_channel = 2,
       .latency_plan = {npu(1), big(9), gpu(12), big(20)},
       .energy_plan = {gpu(1), little(7, 509), gpu(12, 667), little(14, 509), gpu(18, 667), little(20, 509)}},
      {.key = "MO-1.3",
       .zoo_name = "mobilenet_v2_1.3",
       .accuracy_percent = 74.4,
       .input = kImage,
       .memory = megabytes(187.8),
       .layers = 18,
       .gpu_latency = Milliseconds(49.1),
       .published_macs = 509e6,
       .published_parameters = 5.34e6,
       .counted_per_channel = 0,
       .latency_plan = {npu(1), gpu(9), npu(18)},
       .energy_plan = {npu(1), little(5, 509), big(7, 682), little(10, 1018), little(11, 509), little(14, 1018), little(15, 509), npu(18)}},
      {.key = "MO-1.4",
       .zoo_name = "mobilenet_v2_1.4",
       .accuracy_percent = 75.0,
       .input = kImage,
       .memory = megabytes(214.7),
       .layers = 18,
       .gpu_latency = Milliseconds(55.4),
       .published_macs = 582e6,
       .published_parameters = 6.06e6,
       .counted_per_channel = 0,
       .latency_plan = {npu(1), gpu(8), npu(18)},
       .energy_plan = {npu(1), little(5, 1018), little(6, 509), little(10, 1018), little(11, 509), little(13, 1402), gpu(14), npu(18)}},
      {.key = "RN",
       .zoo_name = "resnet152_v2",
       .accuracy_percent = 77.8,
       .input = kImage,
       .memory = megabytes(260.4),
       .layers = 53,
       .gpu_latency = Milliseconds(603.8),
       .published_macs = (11.3 - 0.38) * 1e9,
       .published_parameters = 60'380'648,
       .counted_per_channel = 4,
       .latency_plan = {big(1), npu(2), big(4), npu(5), big(12), npu(13), npu(31), big(48), npu(49), big(52)},
       .energy_plan = {big(1, 682), npu(2), big(4, 682), npu(5), little(12, 1018), npu(13), npu(29), little(48, 1210), npu(49), little(52, 509),
                       big(53, 682)}},
      {.key = "VGG",
       .zoo_name = "vgg16",
       .accuracy_percent = 71.5,
       .input = kImage,
       .memory = megabytes(407.4),
       .layers = 16,
       .gpu_latency = Milliseconds(218.7),
       .published_macs = 15.5e9,
       .published_parameters = 138'357'544,
       .counted_per_channel = 0,
       .latency_plan = {npu(1), gpu(14), big(16)},
       .energy_plan = {npu(1), gpu(14, 550), gpu(15, 667), big(16, 682)}},
  };
}

std::vector<PaperNetwork> small_networks() {
  return {
      {.key = "MN-0.5",
       .zoo_name = "mnasnet_0.5",
       .accuracy_percent = 68.0,
       .input = kImage,
       .memory = megabytes(98.3),
       .layers = 20,
       .gpu_latency = Milliseconds(42.7),
       .large = false,
       .published_macs = 0.10e9,
       .published_parameters = 2'218'512,
       .counted_per_channel = 2},
      {.key = "MO-1.0",
       .zoo_name = "mobilenet_v2_1.0",
       .accuracy_percent = 71.8,
       .input = kImage,
       .memory = megabytes(94.5),
       .layers = 18,
       .gpu_latency = Milliseconds(36.6),
       .large = false,
       .published_macs = 300e6,
       .published_parameters = 3.47e6,
       .counted_per_channel = 0},
      {.key = "SN",
       .zoo_name = "squeezenet_1.0",
       .accuracy_percent = 49.0,
       .input = kImage,
       .memory = megabytes(34.8),
       .layers = 10,
       .gpu_latency = Milliseconds(32.5),
       .large = false,
       .published_macs = 0.82e9,
       .published_parameters = 1'248'424,
       .counted_per_channel = 0},
  };
}

/// Bytes that the layer's operators make, whether they leave the layer or not.
Bytes made_in(const Graph& graph, const Layer& layer) {
  Bytes made;
  for (const NodeId node : layer.nodes) {
    for (const TensorId id : graph.node(node).outputs) made = saturating_add(made, graph.tensor(id).bytes().value_or(Bytes{}));
  }
  return made;
}

}  // namespace

const std::vector<PaperNetwork>& paper_networks() {
  static const std::vector<PaperNetwork> kNetworks = [] {
    std::vector<PaperNetwork> networks = large_networks();
    for (PaperNetwork& network : small_networks()) networks.push_back(std::move(network));
    return networks;
  }();
  return kNetworks;
}

Result<PaperNetwork> find_paper_network(std::string_view name) {
  std::vector<std::string> names;
  for (const PaperNetwork& network : paper_networks()) {
    if (network.key == name || network.zoo_name == name) return network;
    names.push_back(fmt::format("{} ({})", network.key, network.zoo_name));
  }
  return fail(ErrorCode::kInvalidInput, fmt::format("the paper has no network '{}'; it has {}", name, fmt::join(names, ", ")));
}

Result<Graph> paper_graph(const PaperNetwork& network) {
  MOSAIC_TRY(const Graph graph, zoo_graph(network.zoo_name));
  return layers_of_blocks(graph);
}

std::int64_t counted_parameters(const PaperNetwork& network, const Graph& graph) {
  std::int64_t sum = 0;
  for (const GraphNode& node : graph.nodes) {
    sum += node.op == "BatchNormalization" ? node.parameters / 4 * network.counted_per_channel : node.parameters;
    if (node.op == "Clip") sum -= 2;  // its bounds
  }
  return sum;
}

std::vector<Bytes> layer_memory(const PaperNetwork& network, const Graph& graph) {
  std::vector<Bytes> made;
  Bytes all_made;
  for (const Layer& layer : graph.layers) all_made = saturating_add(all_made, made.emplace_back(made_in(graph, layer)));
  const auto all_weights = static_cast<double>(weight_bytes(graph).value);
  const auto share = [](double part, double whole) { return whole > 0 ? part / whole : 0; };
  std::vector<Bytes> memory;
  Bytes weights_so_far;
  Bytes made_so_far;
  Bytes given;
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {  // running sums are rounded, so that all layers together need exactly network.memory
    weights_so_far += graph.layers[l].weights;
    made_so_far += made[l];
    const double so_far = kWeightsShare * share(static_cast<double>(weights_so_far.value), all_weights) +
                          (1 - kWeightsShare) * share(static_cast<double>(made_so_far.value), static_cast<double>(all_made.value));
    const Bytes until{std::llround(so_far * static_cast<double>(network.memory.value))};
    memory.push_back(until - given);
    given = until;
  }
  return memory;
}

}  // namespace mosaic::onnx
