#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/elastic/evolution.h"
#include "training/accuracy_fit.h"
#include "training/extractor.h"

namespace mosaic::training {

struct LevelSearchOptions {
  std::size_t levels = 6;       ///< at most; two or more
  std::vector<int> threads{1};  ///< to measure with; searched for the first
  std::size_t samples = 100;    ///< sub-networks whose accuracy is seen, ten or more
  std::size_t runs = 50;        ///< timed ones of each network
  elastic::EvolutionOptions evolution;
  std::function<void(std::string_view, double)> progress = {};
  std::stop_token stop = {};
};

/// How well a table predicts whole sub-networks that were drawn at random.
struct TableQuality {
  int threads = 1;
  double mean_error_percent = 0;
  double most_error_percent = 0;
};

/// A sub-network that is worth having.
struct Level {
  elastic::SubNetwork network;
  elastic::Score predicted;
  elastic::Score measured;             ///< with the first number of threads; accuracy on the images that it was chosen by
  std::vector<Nanoseconds> latencies;  ///< measured, for each number of threads
};

struct LevelSearch {
  AccuracyFitQuality accuracy;
  std::vector<TableQuality> tables;  ///< for each number of threads
  std::size_t front = 0;             ///< sub-networks on the predicted front
  double exact_share_percent = 0;    ///< of the exact front's hypervolume, by the same predictions, that the evolution's covers
  std::size_t measured = 0;          ///< sub-networks that were measured to choose the levels
  std::vector<Level> levels;         ///< by ascending latency; none covers another
};

/// Levels of an elastic network on this machine: accuracies of all sub-networks are predicted from `samples` of them (the largest and the smallest
/// among them) on `images`, latencies from a table of this machine's; evolution by the published settings; then three times as many sub-networks as
/// levels, spread along the predicted front, and as many along that of the samples, are measured, and levels are chosen among those that no other one
/// covers. Requires: images that were not trained on, and are not tested on. Errors: those of Extractor and engine; kInvalidInput: a space with fewer
/// sub-networks than samples; kCancelled.
[[nodiscard]] Result<LevelSearch> search_levels(const Extractor& extractor, const ImageSet& images, const LevelSearchOptions& options);

}  // namespace mosaic::training
