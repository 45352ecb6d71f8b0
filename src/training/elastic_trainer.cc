#include "training/elastic_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "mosaic/base/random.h"
#include "training/elastic_network.h"
#include "training/training_loop.h"

namespace mosaic::training {
namespace {

using elastic::SubNetwork;

class Sandwich final : public Trainee {
 public:
  Sandwich(const ElasticNetwork& network, const ElasticRule& rule, std::uint64_t seed) : network_(network), rule_(rule), seed_(seed) {}

  const std::vector<Parameter>& parameters() const override { return network_.parameters(); }
  const std::vector<Parameter>& buffers() const override { return none_; }

  Result<double> add_gradients(const at::Tensor& images, const at::Tensor& labels, const Step& step) override {
    const elastic::Space& space = network_.design().space;
    const at::Tensor logits = network_.forward(images, rule_.only.value_or(largest(space)), NormMode::kBatch, nullptr);
    const at::Tensor loss = at::cross_entropy_loss(logits, labels);
    loss.backward();
    if (rule_.only) return loss.item<double>();
    const at::Tensor wanted = logits.detach().softmax(1);
    Random random(Random(seed_).next() ^ (step.number + 1) * 0x9e3779b97f4a7c15U);
    for (std::size_t i = 0; i <= rule_.random; ++i) {
      const SubNetwork other = i == 0 ? smallest(space) : random_sub_network(space, random);
      const at::Tensor said = network_.forward(images, other, NormMode::kBatch, nullptr).log_softmax(1);
      (wanted * said).sum(1).mean().neg().backward();
    }
    return loss.item<double>();
  }

 private:
  const ElasticNetwork& network_;
  const ElasticRule& rule_;
  std::uint64_t seed_;
  std::vector<Parameter> none_;
};

Result<void> check_images(const ElasticDesign& design, const ImageSet& images) {
  const network::Extent& there = images.extent;
  if (there != design.input)
    return invalid(fmt::format("{} takes images of {} x {} x {} values, those of the data have {} x {} x {}", design.space.name,
                               design.input.channels, design.input.height, design.input.width, there.channels, there.height, there.width));
  const auto wrong = std::ranges::find_if(images.labels, [&](std::uint8_t label) { return label >= design.classes; });
  if (wrong == images.labels.end()) return {};
  return invalid(fmt::format("image {} is of class {}, {} has {} classes", wrong - images.labels.begin(), *wrong, design.space.name, design.classes));
}

}  // namespace

Result<TrainedElastic> train_elastic(const ElasticDesign& design, const ElasticRule& rule, const TrainingImages& images,
                                     const TrainOptions& options) {
  MOSAIC_RETURN_IF_ERROR(check_images(design, images.train));
  try {
    const auto network = make_elastic_network(design, options.seed);
    Sandwich sandwich(*network, rule, options.seed);
    const std::string task = rule.only ? fmt::format("only {}", describe(design.space, *rule.only)) : fmt::format("sandwich with {}", rule.random);
    TrainingLoop loop(sandwich, format_design(design), task, images, options);
    MOSAIC_RETURN_IF_ERROR(loop.run());
    TrainedElastic result{.weights = {}, .losses = loop.losses()};
    for (const Parameter& each : network->parameters()) {
      if (!each.value.isfinite().all().item<bool>()) return loop.diverged("weights");
      result.weights.push_back({.name = each.name, .values = values_of(each.value)});
    }
    return result;
  } catch (const c10::Error& error) {
    return fail(ErrorCode::kEngine, fmt::format("libtorch, at {}: {}", options.name, error.what_without_backtrace()));
  }
}

}  // namespace mosaic::training
