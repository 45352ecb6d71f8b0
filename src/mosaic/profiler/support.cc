#include "mosaic/profiler/support.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mosaic {
namespace {

using Reasons = std::vector<std::optional<std::string>>;  // by layer

Reasons missing_operators(const Graph& graph, const Device& device) {
  Reasons reasons(graph.layers.size());
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {
    for (const NodeId node : graph.layers[l].nodes) {
      if (device.lacks(graph.node(node).op)) reasons[l] = lacks_by_board(graph.node(node).op);
    }
  }
  return reasons;
}

/// Compiles each layer alone on a device, equal layers once.
void probe(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, Backend& backend, ConfigurationId configuration,
           Reasons& reasons) {
  std::map<Fingerprint, std::optional<std::string>> known;
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {
    if (reasons[l]) continue;
    const Layer& layer = graph.layers[l];
    const auto [found, is_new] = known.try_emplace(layer.signature);
    if (is_new) {
      const Run run{.prepared = prepared,
                    .graph = graph,
                    .board = board,
                    .steps = {{.layers = {LayerId(l)}, .configuration = configuration}},
                    .leaving = layer.outputs};
      if (const auto compiled = backend.compile(run, "probe/"); !compiled) found->second = compiled.error().message;
    }
    reasons[l] = found->second;
  }
}

}  // namespace

Result<Support> find_support(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, const Backends& backends,
                             const std::function<void(double share)>& progress) {
  Support support;
  for (std::size_t c = 0; c < board.configurations.size(); ++c) {
    const ConfigurationId configuration(c);
    const Device& device = board.device_of(configuration);
    Reasons& reasons = support.emplace_back(missing_operators(graph, device));
    if (device.kind != DeviceKind::kCpu || board.simulated()) probe(prepared, graph, board, *backends.at(device.backend), configuration, reasons);
    progress(static_cast<double>(c + 1) / static_cast<double>(board.configurations.size()));
  }
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {
    if (std::ranges::any_of(support, [&](const Reasons& reasons) { return !reasons[l].has_value(); })) continue;
    return fail(ErrorCode::kUnsupported, fmt::format("no device of board '{}' can run layer {} ('{}', {}): {}", board.name, l, graph.layers[l].name,
                                                     graph.layers[l].kind, *support[0][l]));
  }
  return support;
}

}  // namespace mosaic
