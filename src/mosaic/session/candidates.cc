#include "mosaic/session/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mosaic/mapping/weight_errors.h"

namespace mosaic {

Candidates find_candidates(const network::Network& network, const mapping::Sensitivities& sensitivities, diana::CostKind objective,
                           std::size_t points) {
  const std::vector<ConvShape> shapes = mapping::conv_shapes(network);
  Candidates found;
  const auto add = [&](std::string name, MappingMethod method, mapping::Mapping mapped) {
    const auto counts = mapping::digital_counts(mapped);
    const double proxy = mapping::proxy_of(mapped, sensitivities);
    found.all.push_back({.name = std::move(name),
                         .manual = method == MappingMethod::kHeuristic,
                         .method = method,
                         .mapping = std::move(mapped),
                         .cost = diana::network_cost(shapes, counts),
                         .proxy = proxy});
  };
  add("All-8bit", MappingMethod::kHeuristic, mapping::all_digital(network));
  add("All-Ternary", MappingMethod::kHeuristic, mapping::all_ternary(network));
  add("IO-8bit/backbone-ternary", MappingMethod::kHeuristic, mapping::ends_digital(network));
  add("Min-Cost", MappingMethod::kMinCost,
      mapping::to_mapping(network, sensitivities, {.digital = diana::min_cost(shapes, objective), .cost = {}, .proxy = 0}));
  found.front = mapping::cost_front(shapes, sensitivities, {.kind = objective});
  std::size_t number = 0;
  for (const mapping::MappedPoint& point : mapping::spread_points(found.front, objective, points)) {
    mapping::Mapping mapped = mapping::to_mapping(network, sensitivities, point);
    const bool known = std::ranges::any_of(found.all, [&](const Candidate& each) { return each.mapping.layers == mapped.layers; });
    if (!known) add(fmt::format("point {}", ++number), MappingMethod::kTrainingFree, std::move(mapped));
  }
  return found;
}

Result<Candidates> find_candidates_by_weights(const network::Network& network, diana::CostKind objective, std::size_t points) {
  MOSAIC_TRY(const mapping::Sensitivities errors, mapping::weight_errors(network));
  return find_candidates(network, errors, objective, points);
}

}  // namespace mosaic
