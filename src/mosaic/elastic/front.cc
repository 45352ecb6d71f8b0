#include "mosaic/elastic/front.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>

#include "mosaic/base/check.h"

namespace mosaic::elastic {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// A choice, behind those that were made before it.
struct Step {
  std::uint32_t before = kNone;
  std::uint8_t choice = 0;
};

/// A way to choose the layers so far.
struct Label {
  Score score;
  std::uint32_t before = kNone;  // the step that led here
  std::uint8_t choice = 0;       // the next one, not yet a step
};

bool comes_first(const Label& a, const Label& b) {
  return std::tuple(a.score.latency, b.score.accuracy, a.before, a.choice) < std::tuple(b.score.latency, a.score.accuracy, b.before, b.choice);
}

/// Labels behind each other, in one list of steps.
class Labels {
 public:
  /// Drops labels that another one covers, and makes what remains steps.
  std::vector<Label> keep(std::vector<Label> labels) {
    std::ranges::sort(labels, comes_first);
    std::vector<Label> kept;
    for (const Label& label : labels) {
      if (!kept.empty() && kept.back().score.accuracy >= label.score.accuracy) continue;
      kept.push_back({.score = label.score, .before = static_cast<std::uint32_t>(steps_.size())});
      steps_.push_back({.before = label.before, .choice = label.choice});
    }
    return kept;
  }

  /// The choices that lead to a label, the last one first.
  [[nodiscard]] std::vector<std::uint8_t> choices_of(const Label& label) const {
    std::vector<std::uint8_t> choices;
    for (std::uint32_t step = label.before; step != kNone; step = steps_[step].before) choices.push_back(steps_[step].choice);
    return choices;
  }

 private:
  std::vector<Step> steps_;
};

/// One more layer behind each label.
std::vector<Label> behind(const std::vector<Label>& labels, const AdditiveScores& scores, std::size_t resolution, std::size_t place,
                          std::size_t options) {
  std::vector<Label> all;
  all.reserve(labels.size() * options);
  for (const Label& label : labels) {
    for (std::size_t option = 0; option < options; ++option) {
      all.push_back(
          {.score = label.score + scores.layer(resolution, place, option), .before = label.before, .choice = static_cast<std::uint8_t>(option)});
    }
  }
  return all;
}

/// The choices of `choices_of`: options of the layers and, behind those of a stage, its depth.
SubNetwork network_of(const Space& space, std::size_t resolution, std::vector<std::uint8_t> choices) {
  SubNetwork network = smallest(space);
  network.resolution = static_cast<std::uint8_t>(resolution);
  std::size_t place = space.places();
  auto next = choices.begin();
  for (std::size_t s = space.stages.size(); s-- > 0;) {
    const Stage& stage = space.stages[s];
    place -= stage.most_layers();
    network.depths[s] = *next++;
    for (auto layer = static_cast<std::size_t>(stage.depths[network.depths[s]]); layer-- > 0;) network.options[place + layer] = *next++;
  }
  return network;
}

/// The front of one resolution.
void add_front(const AdditiveScores& scores, std::size_t resolution, std::vector<Candidate>& candidates) {
  const Space& space = scores.space();
  Labels kept;
  std::vector<Label> labels{{.score = scores.fixed(resolution)}};
  std::size_t place = 0;
  for (const Stage& stage : space.stages) {
    std::vector<Label> complete;  // of any depth
    for (std::size_t layer = 0, depth = 0; layer < stage.most_layers(); ++layer) {
      labels = kept.keep(behind(labels, scores, resolution, place + layer, stage.options()));
      if (static_cast<std::size_t>(stage.depths[depth]) != layer + 1) continue;
      for (Label label : labels) {
        label.choice = static_cast<std::uint8_t>(depth);
        complete.push_back(label);
      }
      ++depth;
    }
    labels = kept.keep(std::move(complete));
    place += stage.most_layers();
  }
  for (const Label& label : labels) candidates.push_back({.network = network_of(space, resolution, kept.choices_of(label)), .score = label.score});
}

double milliseconds(Nanoseconds time) { return Milliseconds(time).count(); }

}  // namespace

std::vector<Candidate> front_of(std::vector<Candidate> candidates) {
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
    return std::tie(a.score.latency, b.score.accuracy, a.network) < std::tie(b.score.latency, a.score.accuracy, b.network);
  });
  std::vector<Candidate> front;
  for (Candidate& candidate : candidates) {
    if (front.empty() || candidate.score.accuracy > front.back().score.accuracy) front.push_back(std::move(candidate));
  }
  return front;
}

std::vector<Candidate> exact_front(const AdditiveScores& scores) {
  std::vector<Candidate> candidates;
  for (std::size_t resolution = 0; resolution < scores.space().resolutions.size(); ++resolution) add_front(scores, resolution, candidates);
  return front_of(std::move(candidates));
}

double hypervolume(std::span<const Candidate> candidates, const Score& reference) {
  const std::vector<Candidate> front = front_of({candidates.begin(), candidates.end()});
  double area = 0;
  for (std::size_t i = 0; i < front.size(); ++i) {
    const Score& score = front[i].score;
    if (score.latency >= reference.latency) break;
    const Nanoseconds end = i + 1 < front.size() ? std::min(front[i + 1].score.latency, reference.latency) : reference.latency;
    const double accuracy = static_cast<double>((score.accuracy - reference.accuracy).value) / 1000;
    area += milliseconds(end - score.latency) * std::max(accuracy, 0.0);
  }
  return area;
}

std::vector<Candidate> levels_of(std::span<const Candidate> front, std::size_t count) {
  MOSAIC_CHECK(count >= 2 && !front.empty());
  if (front.size() <= count) return {front.begin(), front.end()};
  const double first = std::log(milliseconds(front.front().score.latency));
  const double last = std::log(milliseconds(front.back().score.latency));
  std::vector<Candidate> levels;
  std::size_t next = 0;
  for (std::size_t level = 0; level < count; ++level) {
    const double wanted = first + (last - first) * static_cast<double>(level) / static_cast<double>(count - 1);
    const std::size_t latest = front.size() - (count - level);  // leaves one for each level behind
    const auto distance = [&](std::size_t i) { return std::fabs(std::log(milliseconds(front[i].score.latency)) - wanted); };
    std::size_t best = level + 1 == count ? latest : next;
    while (best < latest && distance(best + 1) <= distance(best)) ++best;
    levels.push_back(front[best]);
    next = best + 1;
  }
  return levels;
}

}  // namespace mosaic::elastic
