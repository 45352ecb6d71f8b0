#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/elastic/space.h"
#include "training/checkpoint.h"
#include "training/elastic_design.h"
#include "training/trainer.h"

namespace mosaic::training {

/// Which sub-networks a step trains.
struct ElasticRule {
  std::size_t random = 1;                   ///< drawn anew in each step, besides the largest and the smallest
  std::optional<elastic::SubNetwork> only;  ///< this one and no other: a network trained alone
};

struct TrainedElastic {
  std::vector<Checkpoint::Values> weights;
  std::vector<double> losses;  ///< of the largest sub-network, or the only one: mean of each epoch
};

/// Trains an elastic network from nothing by the sandwich rule: each step adds the gradients of the largest sub-network, which learns the labels, and
/// of the smallest and some at random, which learn what the largest says of the same images. Every normalisation goes by its batch; the statistics of
/// a sub-network are found once it is cut out (extractor.h). The same arguments give the same bits with one thread. Source: Yu and Huang,
/// "Universally slimmable networks and improved training techniques" (ICCV 2019). Errors: as the functions of trainer.h.
[[nodiscard]] Result<TrainedElastic> train_elastic(const ElasticDesign& design, const ElasticRule& rule, const TrainingImages& images,
                                                   const TrainOptions& options);

}  // namespace mosaic::training
