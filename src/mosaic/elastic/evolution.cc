#include "mosaic/elastic/evolution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "mosaic/base/check.h"

namespace mosaic::elastic {
namespace {

/// How often a sub-network is drawn again that is too slow: of a first population, and of children.
constexpr std::size_t kMostDraws = 10'000;
constexpr std::size_t kMostDrawsOfChild = 100;

std::size_t parent_count(const EvolutionOptions& options) {
  return std::max<std::size_t>(2, static_cast<std::size_t>(std::lround(options.parents * static_cast<double>(options.population))));
}

std::size_t mutant_count(const EvolutionOptions& options) {
  return static_cast<std::size_t>(std::lround(options.mutated * static_cast<double>(options.population)));
}

Candidate evaluated(const Space& space, const Evaluate& evaluate, SubNetwork network) {
  network = canonical(space, std::move(network));
  const Score score = evaluate(network);
  return {.network = std::move(network), .score = score};
}

const SubNetwork& drawn(const std::vector<Candidate>& parents, Random& random) { return parents[random.below(parents.size())].network; }

SubNetwork child_of_two(const Space& space, const std::vector<Candidate>& parents, Random& random) {
  const SubNetwork& one = drawn(parents, random);
  return crossed(space, one, drawn(parents, random), random);
}

/// Of two that follow each other on the front: what is in between is seldom found between distant ones.
SubNetwork child_of_neighbours(const Space& space, const std::vector<Candidate>& parents, Random& random) {
  const std::size_t one = random.below(parents.size());
  return crossed(space, parents[one].network, parents[std::min(one + 1, parents.size() - 1)].network, random);
}

/// With a probability of a change between one choice of all and the published one, evenly by ratio.
SubNetwork slightly_mutated(const Space& space, const std::vector<Candidate>& parents, const EvolutionOptions& options, Random& random) {
  const double most = options.mutation_probability;
  const double least = std::min(most, 1 / static_cast<double>(1 + space.stages.size() + space.places()));
  return mutated(space, drawn(parents, random), least * std::pow(most / least, random.uniform()), random);
}

bool more_accurate(const Candidate& a, const Candidate& b) {
  if (a.score.accuracy != b.score.accuracy) return a.score.accuracy > b.score.accuracy;
  if (a.score.latency != b.score.latency) return a.score.latency < b.score.latency;
  return a.network < b.network;
}

/// What every search begins with.
std::vector<Candidate> ends_of(const Space& space, const Evaluate& evaluate) {
  return {evaluated(space, evaluate, smallest(space)), evaluated(space, evaluate, largest(space))};
}

/// At most `count` of the front, evenly by place, another set each time.
std::vector<Candidate> drawn_along(const std::vector<Candidate>& front, std::size_t count, Random& random) {
  if (front.size() <= count) return front;
  std::vector<Candidate> parents;
  const double step = static_cast<double>(front.size()) / static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double at = (static_cast<double>(i) + random.uniform()) * step;
    parents.push_back(front[std::min(front.size() - 1, static_cast<std::size_t>(at))]);
  }
  return parents;
}

}  // namespace

std::size_t evaluations_of(const EvolutionOptions& options) { return options.population * (options.generations + 1); }

Result<Candidate> most_accurate_within(const Space& space, const Evaluate& evaluate, Nanoseconds limit, const EvolutionOptions& options) {
  MOSAIC_CHECK(options.population >= 2);
  Random random(options.seed);
  std::vector<Candidate> population = ends_of(space, evaluate);
  Nanoseconds least = std::min(population[0].score.latency, population[1].score.latency);
  std::erase_if(population, [&](const Candidate& each) { return each.score.latency > limit; });
  const auto within_limit = [&](std::size_t most, const auto& draw) -> std::optional<Candidate> {
    for (std::size_t i = 0; i < most; ++i) {
      Candidate candidate = evaluated(space, evaluate, draw());
      least = std::min(least, candidate.score.latency);
      if (candidate.score.latency <= limit) return candidate;
    }
    return std::nullopt;
  };

  while (population.size() < options.population) {
    auto candidate = within_limit(kMostDraws, [&] { return random_sub_network(space, random); });
    if (!candidate && !population.empty()) break;
    if (!candidate) {
      return invalid(fmt::format("the smallest of {}'s sub-networks and {} drawn at random take longer than {:.3f} ms; the fastest takes {:.3f} ms",
                                 space.name, kMostDraws, Milliseconds(limit).count(), Milliseconds(least).count()));
    }
    population.push_back(std::move(*candidate));
  }
  for (std::size_t generation = 0; generation < options.generations; ++generation) {
    std::ranges::sort(population, more_accurate);
    population.resize(std::min(population.size(), parent_count(options)));
    const std::vector<Candidate> parents = population;
    for (std::size_t i = 0; i < options.population; ++i) {
      auto child = within_limit(kMostDrawsOfChild, [&] {
        if (i >= mutant_count(options)) return child_of_two(space, parents, random);
        return mutated(space, drawn(parents, random), options.mutation_probability, random);
      });
      if (child) population.push_back(std::move(*child));
    }
  }
  return *std::ranges::min_element(population, more_accurate);
}

std::vector<Candidate> evolved_front(const Space& space, const Evaluate& evaluate, const EvolutionOptions& options) {
  MOSAIC_CHECK(options.population >= 2);
  Random random(options.seed);
  std::vector<Candidate> seen = ends_of(space, evaluate);
  while (seen.size() < options.population) seen.push_back(evaluated(space, evaluate, random_sub_network(space, random)));
  std::vector<Candidate> front = front_of(std::move(seen));
  for (std::size_t generation = 0; generation < options.generations; ++generation) {
    const std::vector<Candidate> parents = drawn_along(front, parent_count(options), random);
    for (std::size_t i = 0; i < options.population; ++i) {
      const bool mutant = i < mutant_count(options);
      front.push_back(
          evaluated(space, evaluate, mutant ? slightly_mutated(space, parents, options, random) : child_of_neighbours(space, parents, random)));
    }
    front = front_of(std::move(front));
  }
  return front;
}

std::vector<Candidate> random_front(const Space& space, const Evaluate& evaluate, std::size_t evaluations, std::uint64_t seed) {
  Random random(seed);
  std::vector<Candidate> front = ends_of(space, evaluate);
  constexpr std::size_t kAtATime = 1000;
  for (std::size_t done = front.size(); done < evaluations; ++done) {
    front.push_back(evaluated(space, evaluate, random_sub_network(space, random)));
    if (done % kAtATime == kAtATime - 1) front = front_of(std::move(front));
  }
  return front_of(std::move(front));
}

}  // namespace mosaic::elastic
