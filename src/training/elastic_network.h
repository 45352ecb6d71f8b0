#pragma once

// Elastic networks as libtorch computes them. Shows libtorch; not installed.

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "mosaic/elastic/space.h"
#include "mosaic/onnx/model.h"
#include "training/elastic_design.h"
#include "training/torch_network.h"

namespace mosaic::training {

/// Means and variances that the batch normalisations of one sub-network see, in the order in which they are computed.
struct NormStatistics {
  std::vector<at::Tensor> means;
  std::vector<at::Tensor> variances;
  int batches = 0;  ///< that they are the mean of
};

/// By what a batch normalisation normalises.
enum class NormMode : std::uint8_t {
  kBatch,    ///< by the batch
  kCollect,  ///< by the batch, whose statistics are added to the given ones
  kGiven,    ///< by the given ones
};

/// A network that shares its weights with all its sub-networks: what is smaller uses the first of everything, channels, layers and heads, and the
/// middle of kernels. Thread-compatible.
class ElasticNetwork {
 public:
  virtual ~ElasticNetwork() = default;
  ElasticNetwork(const ElasticNetwork&) = delete;
  ElasticNetwork& operator=(const ElasticNetwork&) = delete;

  [[nodiscard]] const ElasticDesign& design() const { return design_; }

  /// All that is trained. Shares memory.
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }

  /// [N, classes] of a sub-network for images [N, C, side, side] that are divided by the pixels' magnitude and are of the design's size: they are
  /// brought to the sub-network's resolution first. `statistics` may be null for kBatch. Requires: a sub-network of the space.
  [[nodiscard]] at::Tensor forward(const at::Tensor& images, const elastic::SubNetwork& network, NormMode mode, NormStatistics* statistics) const;

  /// A sub-network as a float32 model like any other: "input" [1, C, R, R] takes pixels that are not divided by `magnitude`, R being its resolution;
  /// "output" [1, classes]. Normalisations are by the given statistics and folded into convolutions. Requires: statistics of this sub-network.
  [[nodiscard]] virtual onnx::Model model(const elastic::SubNetwork& network, const NormStatistics& statistics, float magnitude) const = 0;

 protected:
  explicit ElasticNetwork(ElasticDesign design) : design_(std::move(design)) {}

  [[nodiscard]] virtual at::Tensor computed(const at::Tensor& images, const elastic::SubNetwork& network, NormMode mode,
                                            NormStatistics* statistics) const = 0;

  ElasticDesign design_;
  std::vector<Parameter> parameters_;
};

/// With weights drawn by the seed.
[[nodiscard]] std::unique_ptr<ElasticNetwork> make_elastic_network(const ElasticDesign& design, std::uint64_t seed);

/// One for each kind of block; `make_elastic_network` chooses.
[[nodiscard]] std::unique_ptr<ElasticNetwork> make_elastic_convolutions(const ElasticDesign& design, std::uint64_t seed);
[[nodiscard]] std::unique_ptr<ElasticNetwork> make_elastic_transformer(const ElasticDesign& design, std::uint64_t seed);

/// Images [N, C, H, W] at this resolution: bilinear, with the centres of pixels at halves, no smoothing before (what ONNX calls half_pixel).
[[nodiscard]] at::Tensor at_resolution(const at::Tensor& images, std::int64_t side);

}  // namespace mosaic::training
