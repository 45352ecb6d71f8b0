#pragma once

#include <span>
#include <vector>

#include "mosaic/elastic/additive.h"
#include "mosaic/elastic/space.h"

namespace mosaic::elastic {

/// A sub-network and what it is worth.
struct Candidate {
  SubNetwork network;  ///< canonical
  Score score;

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// Those that no other one covers, by ascending latency, ascending accuracy; of equal scores, the first in the order of sub-networks.
[[nodiscard]] std::vector<Candidate> front_of(std::vector<Candidate> candidates);

/// The whole front, exactly: dynamic programming over layers, depths and resolutions; partial networks that another one with the same layers behind
/// it covers are dropped. Complexity: places x options x labels, of which there are no more than different accuracies.
[[nodiscard]] std::vector<Candidate> exact_front(const AdditiveScores& scores);

/// How much of latency x accuracy the candidates cover up to the reference: the area, in milliseconds times per cent, of what is slower than one of
/// them, at most as accurate, faster than the reference and more accurate than it. Larger is better. Source: Zitzler and Thiele, "Multiobjective
/// optimization using evolutionary algorithms" (1998).
[[nodiscard]] double hypervolume(std::span<const Candidate> candidates, const Score& reference);

/// `count` of the front, its ends among them, spread evenly by the ratio of latencies; all where there are no more. Requires: count >= 2; a front.
[[nodiscard]] std::vector<Candidate> levels_of(std::span<const Candidate> front, std::size_t count);

}  // namespace mosaic::elastic
