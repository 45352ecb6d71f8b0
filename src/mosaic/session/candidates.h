#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mosaic/accelerators/diana.h"
#include "mosaic/accelerators/rivals.h"
#include "mosaic/base/error.h"
#include "mosaic/mapping/fronts.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/mapping/sensitivity.h"
#include "mosaic/network/network.h"

namespace mosaic {

/// A mapping worth a look.
struct Candidate {
  std::string name;     ///< "All-8bit", "Min-Cost", "point 3"
  bool manual = false;  ///< a heuristic that needs no search
  MappingMethod method = MappingMethod::kTrainingFree;
  mapping::Mapping mapping;
  diana::NetworkCost cost;  ///< exact by the published functions: modelled
  double proxy = 0;         ///< sum of the sensitivities of its analog channels
};

struct Candidates {
  std::vector<Candidate> all;  ///< the manual heuristics, Min-Cost, then points of the front by ascending cost, those that are none of these
  mapping::CostFront front;    ///< the whole one of proxy against exact cost
};

/// The manual heuristics, Min-Cost by the objective, and about `points` points spread over the front. Requires: sensitivities of this network's
/// channels; two or more points.
[[nodiscard]] Candidates find_candidates(const network::Network& network, const mapping::Sensitivities& sensitivities, diana::CostKind objective,
                                         std::size_t points);

/// The same without images: sensitivities are errors of weights (mapping/weight_errors.h), and no accuracy follows. Errors: kInvalidInput: weights
/// that are not finite.
[[nodiscard]] Result<Candidates> find_candidates_by_weights(const network::Network& network, diana::CostKind objective, std::size_t points);

}  // namespace mosaic
