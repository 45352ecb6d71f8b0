#include "training/elastic_network.h"

namespace mosaic::training {

at::Tensor ElasticNetwork::forward(const at::Tensor& images, const elastic::SubNetwork& network, NormMode mode, NormStatistics* statistics) const {
  const at::Tensor y = computed(at_resolution(images, design_.space.resolutions[network.resolution]), network, mode, statistics);
  if (mode == NormMode::kCollect) ++statistics->batches;
  return y;
}

std::unique_ptr<ElasticNetwork> make_elastic_network(const ElasticDesign& design, std::uint64_t seed) {
  return design.block == ElasticBlock::kConvolutions ? make_elastic_convolutions(design, seed) : make_elastic_transformer(design, seed);
}

at::Tensor at_resolution(const at::Tensor& images, std::int64_t side) {
  return images.size(2) == side && images.size(3) == side ? images : at::upsample_bilinear2d(images, {side, side}, false);
}

}  // namespace mosaic::training
