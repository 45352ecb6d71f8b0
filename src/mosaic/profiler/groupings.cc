#include "mosaic/profiler/groupings.h"

#include <algorithm>

namespace mosaic {
namespace {

/// Where a layer runs when configuration `wanted` is measured: there if it can, else on the first configuration that can.
std::optional<std::size_t> place(const Support& support, std::size_t wanted, std::size_t layer) {
  if (!support[wanted][layer]) return wanted;
  for (std::size_t c = 0; c < support.size(); ++c) {
    if (!support[c][layer]) return c;
  }
  return std::nullopt;
}

bool fits(const Graph& graph, const Board& board, ConfigurationId configuration, const std::vector<LayerId>& layers) {
  const auto& limit = board.device_of(configuration).slice_limit;
  return !limit || slice_memory(graph, layers) <= *limit;
}

}  // namespace

std::optional<Grouping> make_grouping(const Graph& graph, const Board& board, const Support& support, ConfigurationId configuration, std::size_t size,
                                      std::size_t offset) {
  Grouping grouping{.configuration = configuration, .steps = {}, .measured = {}};
  for (std::size_t layer = 0; layer < graph.layers.size(); ++layer) {
    const auto where = place(support, configuration.index(), layer);
    if (!where) return std::nullopt;
    const std::string& name = board.configurations[*where].name;
    const bool at_border = layer % size == offset % size;
    const bool same = !grouping.steps.empty() && grouping.steps.back().configuration == name;
    bool joins = same && !at_border;
    if (joins) {
      grouping.steps.back().layers.emplace_back(layer);
      if (!fits(graph, board, ConfigurationId(*where), grouping.steps.back().layers)) {
        grouping.steps.back().layers.pop_back();
        joins = false;
      }
    }
    if (joins) continue;
    Step step{.layers = {LayerId(layer)}, .channels = {}, .configuration = name, .after = {}, .predicted = {}};
    if (!grouping.steps.empty()) step.after.emplace_back(grouping.steps.size() - 1);
    grouping.steps.push_back(std::move(step));
    grouping.measured.push_back(*where == configuration.index());
  }
  return grouping;
}

}  // namespace mosaic
