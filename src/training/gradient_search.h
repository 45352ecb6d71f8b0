#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/network/network.h"
#include "mosaic/session/search.h"
#include "training/trainer.h"

namespace mosaic::training {

/// Training images that ranges, sensitivities and corrections come from, at most; the same for all seeds.
inline constexpr std::size_t kCalibrationImages = 1024;

/// How a search by gradients goes.
struct GradientOptions {
  SearchOptions search;         ///< objective, points of the training-free front, what to call and when to stop
  std::vector<double> lambdas;  ///< one ODiMO point each: what the cost of All-8bit is worth in cross-entropy
  std::int64_t search_epochs = 1;
  /// Of ODiMO's mappings, behind their search; of the others the sum of both. 0: those are as the search left them, these untrained.
  std::int64_t tune_epochs = 1;
  double tune_rate = 1e-3;  ///< of Adam, for weights, in search and fine-tuning
  std::size_t batch = 64;
  bool mirrored = true;  ///< training images are, every second time
  std::uint64_t seed = 1;
  int threads = 1;
  std::filesystem::path folder;  ///< of checkpoints, one file a stage; empty: none
  bool resume = false;
};

/// All of ODiMO on a trained float network: ranges of activations and sensitivities on training images; what is possible without training
/// (session/search.h); a search with each lambda, made whole and snapped; then every mapping, the heuristics, Min-Cost by latency and by energy, the
/// points of the training-free front, fine-tuned, with as many epochs in all for each; all run on the test images by the simulator. In the result:
/// fine-tuned heuristics, Min-Cost, ODiMO's points by ascending cost, training-free points, then the same without training. Lambdas that end at a
/// mapping which an earlier one has found add nothing. Test labels are not looked at. Errors: those of trainer.h and of session/search.h;
/// kInvalidInput: no lambda.
[[nodiscard]] Result<SearchResult> search_by_gradient(const network::Network& trained, const TrainingImages& images,
                                                      std::span<const LabelledImage> test, const GradientOptions& options);

}  // namespace mosaic::training
