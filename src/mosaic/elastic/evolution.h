#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/elastic/front.h"
#include "mosaic/elastic/space.h"

namespace mosaic::elastic {

/// What a sub-network is worth: a table, a predictor, a measurement. Must give equal answers to equal questions.
using Evaluate = std::function<Score(const SubNetwork&)>;

/// Defaults as published. Source: the settings of Dynamic-OFA (Lou et al., CVPR workshops 2021) for the search of Once-for-all (Cai et al., 2020).
struct EvolutionOptions {
  std::size_t population = 100;  ///< two or more
  std::size_t generations = 500;
  double parents = 0.25;              ///< share of the population that others come from; two at least
  double mutation_probability = 0.4;  ///< of each choice, in a child with one parent; the most, where all latencies are searched at once
  double mutated = 0.5;               ///< share of children with one parent; the others have two
  std::uint64_t seed = 1;
};

/// Evaluations of a search for a whole front: the first population, then one a child.
[[nodiscard]] std::size_t evaluations_of(const EvolutionOptions& options);

/// The published search: the most accurate sub-network within a latency. Children that are too slow are drawn again. What differs: the smallest and
/// the largest sub-network are in the first population, so that a latency that few meet can be asked for. Errors: kInvalidInput where neither they
/// nor thousands of random ones are that fast, with the least latency seen. Pure but for `evaluate`.
[[nodiscard]] Result<Candidate> most_accurate_within(const Space& space, const Evaluate& evaluate, Nanoseconds limit,
                                                     const EvolutionOptions& options = {});

/// The same operators and `evaluations_of` for all latencies at once: parents are drawn evenly along the front of all that was seen. Those of one
/// child follow each other there, and each child with one parent draws its own probability of a change, evenly by ratio, between one choice of all
/// and the published one, which alone changes ten choices of 26 and loses what a front has gained.
[[nodiscard]] std::vector<Candidate> evolved_front(const Space& space, const Evaluate& evaluate, const EvolutionOptions& options = {});

/// The front of the smallest, the largest and as many sub-networks drawn at random as make so many.
[[nodiscard]] std::vector<Candidate> random_front(const Space& space, const Evaluate& evaluate, std::size_t evaluations, std::uint64_t seed);

}  // namespace mosaic::elastic
