#include "mosaic/elastic/additive.h"

#include <utility>

namespace mosaic::elastic {

AdditiveScores::AdditiveScores(Space space) : space_(std::move(space)), fixed_(space_.resolutions.size()) {
  std::vector<std::vector<Score>> places;
  for (const Stage& stage : space_.stages) places.insert(places.end(), stage.most_layers(), std::vector<Score>(stage.options()));
  layers_.assign(space_.resolutions.size(), places);
}

Score AdditiveScores::operator()(const SubNetwork& network) const {
  Score sum = fixed_[network.resolution];
  std::size_t place = 0;
  for (std::size_t s = 0; s < space_.stages.size(); ++s) {
    const auto depth = static_cast<std::size_t>(space_.stages[s].depths[network.depths[s]]);
    for (std::size_t layer = 0; layer < depth; ++layer) sum = sum + layers_[network.resolution][place + layer][network.options[place + layer]];
    place += space_.stages[s].most_layers();
  }
  return sum;
}

}  // namespace mosaic::elastic
