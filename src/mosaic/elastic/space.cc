#include "mosaic/elastic/space.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "mosaic/base/check.h"

namespace mosaic::elastic {
namespace {

std::uint8_t draw(std::size_t count, Random& random) { return static_cast<std::uint8_t>(random.below(count)); }

/// The value of each knob of an option, as indices.
std::vector<std::size_t> knob_choices(const Stage& stage, std::size_t option) {
  std::vector<std::size_t> choices(stage.knobs.size());
  for (std::size_t k = choices.size(); k-- > 0;) {
    choices[k] = option % stage.knobs[k].values.size();
    option /= stage.knobs[k].values.size();
  }
  return choices;
}

std::uint8_t crossed_option(const Stage& stage, std::size_t one, std::size_t other, Random& random) {
  const auto first = knob_choices(stage, one);
  const auto second = knob_choices(stage, other);
  std::size_t option = 0;
  for (std::size_t k = 0; k < first.size(); ++k) option = option * stage.knobs[k].values.size() + (random.below(2) == 0 ? first[k] : second[k]);
  return static_cast<std::uint8_t>(option);
}

}  // namespace

std::size_t Stage::options() const {
  std::size_t count = 1;
  for (const Knob& knob : knobs) count *= knob.values.size();
  return count;
}

std::size_t Space::places() const {
  std::size_t count = 0;
  for (const Stage& stage : stages) count += stage.most_layers();
  return count;
}

double Space::sub_networks() const {
  auto count = static_cast<double>(resolutions.size());
  for (const Stage& stage : stages) {
    double of_stage = 0;
    for (const int depth : stage.depths) of_stage += std::pow(static_cast<double>(stage.options()), depth);
    count *= of_stage;
  }
  return count;
}

std::vector<int> knob_values(const Stage& stage, std::size_t option) {
  std::vector<int> values;
  const auto choices = knob_choices(stage, option);
  for (std::size_t k = 0; k < choices.size(); ++k) values.push_back(stage.knobs[k].values[choices[k]]);
  return values;
}

SubNetwork canonical(const Space& space, SubNetwork network) {
  std::size_t place = 0;
  for (std::size_t s = 0; s < space.stages.size(); ++s) {
    const Stage& stage = space.stages[s];
    const auto depth = static_cast<std::size_t>(stage.depths[network.depths[s]]);
    for (std::size_t layer = depth; layer < stage.most_layers(); ++layer) network.options[place + layer] = 0;
    place += stage.most_layers();
  }
  return network;
}

SubNetwork smallest(const Space& space) {
  return {.resolution = 0, .depths = std::vector<std::uint8_t>(space.stages.size()), .options = std::vector<std::uint8_t>(space.places())};
}

SubNetwork largest(const Space& space) {
  SubNetwork network = smallest(space);
  network.resolution = static_cast<std::uint8_t>(space.resolutions.size() - 1);
  for (std::size_t s = 0; s < space.stages.size(); ++s) network.depths[s] = static_cast<std::uint8_t>(space.stages[s].depths.size() - 1);
  for_each_place(space, [&](std::size_t stage, std::size_t /*layer*/, std::size_t place) {
    network.options[place] = static_cast<std::uint8_t>(space.stages[stage].options() - 1);
  });
  return network;
}

SubNetwork random_sub_network(const Space& space, Random& random) { return mutated(space, smallest(space), 1, random); }

SubNetwork mutated(const Space& space, const SubNetwork& parent, double probability, Random& random) {
  SubNetwork child = parent;
  if (random.uniform() < probability) child.resolution = draw(space.resolutions.size(), random);
  for (std::size_t s = 0; s < space.stages.size(); ++s) {
    if (random.uniform() < probability) child.depths[s] = draw(space.stages[s].depths.size(), random);
  }
  for_each_place(space, [&](std::size_t stage, std::size_t /*layer*/, std::size_t place) {
    if (random.uniform() < probability) child.options[place] = draw(space.stages[stage].options(), random);
  });
  return child;
}

SubNetwork crossed(const Space& space, const SubNetwork& one, const SubNetwork& other, Random& random) {
  SubNetwork child = one;
  if (random.below(2) == 0) child.resolution = other.resolution;
  for (std::size_t s = 0; s < child.depths.size(); ++s) {
    if (random.below(2) == 0) child.depths[s] = other.depths[s];
  }
  for_each_place(space, [&](std::size_t stage, std::size_t /*layer*/, std::size_t place) {
    child.options[place] = crossed_option(space.stages[stage], one.options[place], other.options[place], random);
  });
  return child;
}

std::string describe(const Space& space, const SubNetwork& network) {
  std::string text = fmt::format("{}:", space.resolutions[network.resolution]);
  std::size_t place = 0;
  for (std::size_t s = 0; s < space.stages.size(); ++s) {
    const Stage& stage = space.stages[s];
    const int depth = stage.depths[network.depths[s]];
    std::vector<std::string> layers;
    for (std::size_t layer = 0; layer < static_cast<std::size_t>(depth); ++layer) {
      const std::vector<int> chosen = knob_values(stage, network.options[place + layer]);
      std::vector<std::string> values;
      for (std::size_t k = 0; k < chosen.size(); ++k) values.push_back(fmt::format("{}{}", stage.knobs[k].name, chosen[k]));
      layers.push_back(fmt::format("{}", fmt::join(values, " ")));
    }
    text += fmt::format("{} {} ({})", s == 0 ? "" : ",", depth, fmt::join(layers, ", "));
    place += stage.most_layers();
  }
  return text;
}

}  // namespace mosaic::elastic
