#include "mosaic/mapping/weight_errors.h"

#include <span>

#include "mosaic/mapping/changes.h"

namespace mosaic::mapping {
namespace {

double squares(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return sum;
}

}  // namespace

Result<Sensitivities> weight_errors(const network::Network& network) {
  MOSAIC_TRY(const std::vector<LayerChange> changes, plain_changes(network));
  const std::vector<std::size_t> nodes = network::convolutions(network);
  Sensitivities errors;
  for (std::size_t l = 0; l < nodes.size(); ++l) {
    const network::Filters& filters = network.nodes[nodes[l]].filters;
    const auto channels = static_cast<std::size_t>(filters.out);
    std::vector<double>& of = errors.emplace_back(channels, 0.0);
    const double all = squares(filters.weights);
    if (changes[l].weights.empty() || all == 0) continue;
    const std::size_t each = changes[l].weights.size() / channels;
    for (std::size_t c = 0; c < channels; ++c) of[c] = squares(std::span(changes[l].weights).subspan(c * each, each)) / all;
  }
  return errors;
}

}  // namespace mosaic::mapping
