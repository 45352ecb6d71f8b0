#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/mapping/fronts.h"

namespace mosaic::mapping {
namespace {

/// A way to compute the layers so far.
struct Label {
  std::int64_t cost = 0;
  double proxy = 0;
  std::int64_t digital = 0;  // channels in all
  std::uint32_t before = 0;  // the label of the layers before this one
  std::uint32_t choice = 0;  // of this layer
};

/// What remains of a label once the next layer is merged.
struct Step {
  std::uint32_t before = 0;
  std::uint32_t choice = 0;
};

bool comes_first(const Label& a, const Label& b) {
  if (a.cost != b.cost) return a.cost < b.cost;
  if (a.proxy != b.proxy) return a.proxy < b.proxy;
  return a.digital > b.digital;
}

/// Both are sorted and free of dominated labels; so is the result.
std::vector<Label> merged(const std::vector<Label>& a, const std::vector<Label>& b) {
  std::vector<Label> all;
  all.reserve(a.size() + b.size());
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const Label& next = j == b.size() || (i < a.size() && !comes_first(b[j], a[i])) ? a[i++] : b[j++];
    if (all.empty() || next.proxy < all.back().proxy) all.push_back(next);
  }
  return all;
}

std::vector<Label> shifted(const std::vector<Label>& front, const Choice& choice, std::size_t index) {
  std::vector<Label> labels;
  labels.reserve(front.size());
  for (std::size_t i = 0; i < front.size(); ++i) {
    const Label& label = front[i];
    // Rounding may make two sums of proxies equal that were not.
    if (!labels.empty() && !(label.proxy + choice.proxy < labels.back().proxy)) continue;
    labels.push_back({.cost = label.cost + choice.cost,
                      .proxy = label.proxy + choice.proxy,
                      .digital = label.digital + choice.digital,
                      .before = static_cast<std::uint32_t>(i),
                      .choice = static_cast<std::uint32_t>(index)});
  }
  return labels;
}

/// The front behind one more layer, by halves of its choices [begin, end).
std::vector<Label> extended(const std::vector<Label>& front, const std::vector<Choice>& choices, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return shifted(front, choices[begin], begin);
  const std::size_t middle = begin + (end - begin) / 2;
  return merged(extended(front, choices, begin, middle), extended(front, choices, middle, end));
}

/// Thins the front to `cap` labels at most; the factor by which the proxy of one that stays exceeds that of one it stands for, at most.
double thin(std::vector<Label>& front, std::size_t cap) {
  if (front.size() <= cap) return 1;
  // Each label that stays is a factor below the one before it: so many fit between the largest proxy and the smallest that is not zero, and zero
  // itself.
  const double largest = front.front().proxy;
  const double smallest = front.back().proxy > 0 ? front.back().proxy : front[front.size() - 2].proxy;
  const double factor = std::exp((std::log(largest) - std::log(smallest)) / static_cast<double>(cap - 2));
  std::vector<Label> kept;
  double worst = 1;
  for (const Label& label : front) {
    if (!kept.empty() && kept.back().proxy <= factor * label.proxy) {
      worst = std::max(worst, kept.back().proxy / label.proxy);
    } else {
      kept.push_back(label);
    }
  }
  front = std::move(kept);
  return worst;
}

std::vector<std::int64_t> counts_of(const Label& last, const std::vector<std::vector<Step>>& steps, const std::vector<std::vector<Choice>>& choices) {
  std::vector<std::int64_t> digital(choices.size());
  Step step{.before = last.before, .choice = last.choice};
  for (std::size_t l = choices.size(); l-- > 0;) {
    digital[l] = choices[l][step.choice].digital;
    if (l > 0) step = steps[l - 1][step.before];
  }
  return digital;
}

}  // namespace

CostFront cost_front(std::span<const ConvShape> layers, const Sensitivities& sensitivities, const FrontOptions& options) {
  MOSAIC_CHECK(layers.size() == sensitivities.size() && options.label_cap >= 3);
  std::vector<std::vector<Choice>> choices;
  for (std::size_t l = 0; l < layers.size(); ++l) choices.push_back(layer_front(layers[l], sensitivities[l], options.kind));

  std::vector<Label> front{Label{}};
  std::vector<std::vector<Step>> steps;  // by layer but the last, by label
  double factor = 1;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    front = extended(front, choices[l], 0, choices[l].size());
    factor *= thin(front, options.label_cap);
    if (l + 1 == layers.size()) break;
    steps.emplace_back();
    for (const Label& label : front) steps.back().push_back({.before = label.before, .choice = label.choice});
  }

  CostFront result{.points = {}, .excess = factor - 1};
  if (layers.empty()) return result;
  for (const Label& label : front) {
    MappedPoint point{.digital = counts_of(label, steps, choices), .cost = {}, .proxy = label.proxy};
    point.cost = diana::network_cost(layers, point.digital);
    result.points.push_back(std::move(point));
  }
  return result;
}

}  // namespace mosaic::mapping
