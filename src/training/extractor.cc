#include "training/extractor.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "mosaic/backend/ort/reference.h"
#include "training/elastic_network.h"

namespace mosaic::training {
namespace {

using elastic::SubNetwork;

constexpr std::size_t kBatch = 256;

/// The network of a file, with its weights.
Result<std::unique_ptr<ElasticNetwork>> network_with(const ElasticModel& model) {
  auto network = make_elastic_network(model.design, 0);
  const std::vector<Parameter>& parameters = network->parameters();
  bool fits = parameters.size() == model.weights.size();
  for (std::size_t i = 0; fits && i < parameters.size(); ++i)
    fits = parameters[i].name == model.weights[i].name && std::cmp_equal(parameters[i].value.numel(), model.weights[i].values.size());
  if (!fits) return invalid(fmt::format("the weights are not those of its design, '{}': train it again", model.design.space.name));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    at::Tensor value = parameters[i].value;
    value.copy_(tensor_of(model.weights[i].values, value.sizes()));
  }
  return network;
}

class TorchExtractor final : public Extractor {
 public:
  TorchExtractor(std::unique_ptr<ElasticNetwork> network, std::optional<SubNetwork> only, const ImageSet& recalibration, const Pixels& pixels)
      : Extractor(network->design()), network_(std::move(network)), only_(std::move(only)), recalibration_(recalibration), pixels_(pixels) {}

  Result<onnx::Model> model(const SubNetwork& network) const override {
    return guarded(network, [&] { return network_->model(network, recalibrated(network), pixels_.magnitude()); });
  }

  Result<std::size_t> right(const SubNetwork& network, const ImageSet& images) const override {
    return guarded(network, [&] {
      NormStatistics statistics = recalibrated(network);
      std::size_t right = 0;
      for (std::size_t begin = 0; begin < images.size(); begin += kBatch) {
        const at::Tensor best = network_->forward(inputs_of(images, pixels_, begin, kBatch), network, NormMode::kGiven, &statistics).argmax(1);
        const auto* const classes = best.data_ptr<std::int64_t>();
        for (std::int64_t i = 0; i < best.numel(); ++i) right += classes[i] == images.labels[begin + static_cast<std::size_t>(i)] ? 1 : 0;
      }
      return right;
    });
  }

 private:
  NormStatistics recalibrated(const SubNetwork& network) const {
    NormStatistics statistics;
    for (std::size_t begin = 0; begin < recalibration_.size(); begin += kBatch)
      std::ignore = network_->forward(inputs_of(recalibration_, pixels_, begin, kBatch), network, NormMode::kCollect, &statistics);
    return statistics;
  }

  /// What `compute` gives, unless this sub-network was never trained or libtorch fails.
  template <class Compute>
  auto guarded(const SubNetwork& network, const Compute& compute) const -> Result<decltype(compute())> {
    const elastic::Space& space = network_->design().space;
    if (only_ && canonical(space, network) != *only_)
      return invalid(fmt::format("'{}' was not trained: this network was trained as '{}' alone", describe(space, network), describe(space, *only_)));
    try {
      const at::NoGradGuard no_gradients;
      return compute();
    } catch (const c10::Error& error) {
      return fail(ErrorCode::kEngine, fmt::format("libtorch, at '{}': {}", describe(space, network), error.what_without_backtrace()));
    }
  }

  std::unique_ptr<ElasticNetwork> network_;
  std::optional<SubNetwork> only_;
  const ImageSet& recalibration_;
  const Pixels& pixels_;
};

}  // namespace

Tensor Extractor::zeros(const SubNetwork& network) const {
  const int side = design_.space.resolutions[network.resolution];
  return {ElementType::kFloat32, {1, design_.input.channels, side, side}};
}

Result<std::unique_ptr<Extractor>> Extractor::create(const ElasticModel& model, const ImageSet& recalibration, const Pixels& pixels) {
  at::set_num_threads(1);
  if (recalibration.extent != model.design.input || recalibration.size() == 0) {
    return invalid(fmt::format("{} was trained on images of {} x {} x {} values, these have {} x {} x {}", model.design.space.name,
                               model.design.input.channels, model.design.input.height, model.design.input.width, recalibration.extent.channels,
                               recalibration.extent.height, recalibration.extent.width));
  }
  std::optional<SubNetwork> only;
  if (!model.only.empty()) {
    MOSAIC_TRY(only, parse_sub_network(model.design.space, model.only));
  }
  MOSAIC_TRY(auto network, network_with(model));
  return std::make_unique<TorchExtractor>(std::move(network), std::move(only), recalibration, pixels);
}

Result<std::size_t> right_by_engine(const onnx::Model& model, int resolution, const ImageSet& images, const Pixels& pixels,
                                    const std::stop_token& stop) {
  MOSAIC_TRY(const auto session, ort::Reference::open(model, {.threads = 1, .spin = false}));
  Tensor input(ElementType::kFloat32, {1, images.extent.channels, resolution, resolution});
  MOSAIC_RETURN_IF_ERROR(session->bind({&input}));
  std::size_t right = 0;
  for (std::size_t begin = 0; begin < images.size(); begin += kBatch) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while testing sub-networks");
    const at::Tensor batch = at_resolution(inputs_of(images, pixels, begin, kBatch) * pixels.magnitude(), resolution);
    for (std::int64_t i = 0; i < batch.size(0); ++i) {
      std::ranges::copy(values_of(batch[i]), input.as<float>().begin());
      MOSAIC_RETURN_IF_ERROR(session->run());
      MOSAIC_TRY(const std::vector<Tensor> outputs, session->results());
      const auto logits = outputs.at(0).as<float>();
      right += std::ranges::max_element(logits) - logits.begin() == images.labels[begin + static_cast<std::size_t>(i)] ? 1 : 0;
    }
  }
  return right;
}

}  // namespace mosaic::training
