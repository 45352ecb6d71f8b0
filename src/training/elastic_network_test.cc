// What is cut out of an elastic network computes what the elastic network does.

#include "training/elastic_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <tuple>

#include "mosaic/backend/ort/reference.h"
#include "tests/support.h"
#include "training/extractor.h"
#include "training/synthetic_images.h"

namespace mosaic::training {
namespace {

using elastic::SubNetwork;
using test::expect;
using testing::HasSubstr;

constexpr std::size_t kImages = 16;

class Elastic : public testing::TestWithParam<const char*> {
 protected:
  /// Of which normalisations shift and scale, as after training.
  Elastic() {
    const at::NoGradGuard no_gradients;
    Random random(3);
    for (const Parameter& each : network_->parameters()) {
      if (each.decays) continue;
      at::Tensor values = each.value.flatten();
      for (std::int64_t i = 0; i < values.numel(); ++i) values[i] += 0.3 * random.normal();
    }
  }

  [[nodiscard]] ElasticModel model() const {
    ElasticModel model{.design = design_, .data = "synthetic", .preprocess = "raw", .weights = {}};
    for (const Parameter& each : network_->parameters()) model.weights.push_back({.name = each.name, .values = values_of(each.value)});
    return model;
  }

  ImageSet images_ = test::synthetic_images(kImages, 1);
  Pixels pixels_ = expect(Pixels::create(Preprocess::kRaw, 1));
  ElasticDesign design_ = expect(make_elastic_design(GetParam(), images_.extent, 4));
  std::unique_ptr<ElasticNetwork> network_ = make_elastic_network(design_, 1);
};

TEST_P(Elastic, WhatIsCutOutGivesTheSameLogits) {
  const at::NoGradGuard no_gradients;
  const at::Tensor inputs = inputs_of(images_, pixels_, 0, kImages);
  Random random(5);
  for (int i = 0; i < 12; ++i) {
    const SubNetwork network = i == 0 ? largest(design_.space) : i == 1 ? smallest(design_.space) : random_sub_network(design_.space, random);
    SCOPED_TRACE(describe(design_.space, network));
    NormStatistics statistics;
    std::ignore = network_->forward(inputs, network, NormMode::kCollect, &statistics);
    const at::Tensor expected = network_->forward(inputs, network, NormMode::kGiven, &statistics);
    const int side = design_.space.resolutions[network.resolution];
    const at::Tensor resized = at_resolution(inputs * pixels_.magnitude(), side);
    const auto session = expect(ort::Reference::open(network_->model(network, statistics, pixels_.magnitude()), {}));
    Tensor input(ElementType::kFloat32, {1, 1, side, side});
    expect(session->bind({&input}));
    const double range = expected.abs().max().item<double>();
    for (std::int64_t n = 0; n < 4; ++n) {
      std::ranges::copy(values_of(resized[n]), input.as<float>().begin());
      expect(session->run());
      const std::vector<Tensor> outputs = expect(session->results());
      const std::vector<float> logits = values_of(expected[n]);
      ASSERT_EQ(outputs[0].as<float>().size(), logits.size());
      for (std::size_t c = 0; c < logits.size(); ++c) EXPECT_NEAR(outputs[0].as<float>()[c], logits[c], 1e-4 * range);
    }
  }
}

/// Changing weights that only the largest has changes the largest, and nothing of the smallest.
TEST_P(Elastic, TheSmallestIsAPartOfTheLargest) {
  const at::NoGradGuard no_gradients;
  const at::Tensor inputs = inputs_of(images_, pixels_, 0, kImages);
  const auto logits = [&](const SubNetwork& network) { return network_->forward(inputs, network, NormMode::kBatch, nullptr); };
  const at::Tensor small = logits(smallest(design_.space));
  const at::Tensor large = logits(largest(design_.space));
  const std::vector<int>& depths = design_.space.stages[0].depths;
  for (const Parameter& each : network_->parameters()) {
    at::Tensor values = each.value;
    if (depths.size() > 1 && (each.name.contains("block2") || each.name.contains("encoder4"))) values.add_(0.5);
    if (each.name.contains("expand.weights")) values.slice(0, values.size(0) - 1, values.size(0)).add_(0.5);
  }
  EXPECT_TRUE(at::equal(logits(smallest(design_.space)), small));
  EXPECT_FALSE(at::allclose(logits(largest(design_.space)), large));
}

TEST_P(Elastic, RecalibrationChangesNoWeightAndIsTheSameAgain) {
  const ElasticModel before = model();
  const auto extractor = expect(Extractor::create(before, images_, pixels_));
  const SubNetwork network = smallest(design_.space);
  const std::string first = onnx::serialize_model(expect(extractor->model(network)));
  std::ignore = expect(extractor->right(largest(design_.space), images_));
  EXPECT_EQ(onnx::serialize_model(expect(extractor->model(network))), first);
  const ImageSet others = test::synthetic_images(kImages, 9);
  const auto elsewhere = expect(Extractor::create(before, others, pixels_));
  const bool normalises_by_images = design_.block == ElasticBlock::kConvolutions;
  EXPECT_EQ(onnx::serialize_model(expect(elsewhere->model(network))) != first, normalises_by_images);
}

TEST_P(Elastic, TheEngineAndLibtorchCountTheSameRightAnswers) {
  const ImageSet many = test::synthetic_images(300, 4);  // more than a batch
  const auto extractor = expect(Extractor::create(model(), images_, pixels_));
  for (const SubNetwork& network : {smallest(design_.space), largest(design_.space)}) {
    const int side = design_.space.resolutions[network.resolution];
    EXPECT_EQ(expect(right_by_engine(expect(extractor->model(network)), side, many, pixels_)), expect(extractor->right(network, many)));
  }
}

TEST_P(Elastic, WeightsOfAnotherDesignAreRefused) {
  ElasticModel other = model();
  other.weights.back().values.pop_back();
  EXPECT_THAT(test::error_of(Extractor::create(other, images_, pixels_)), HasSubstr("the weights are not those of its design"));
  other = model();
  other.design.input.width = other.design.input.height = 28;
  EXPECT_THAT(test::error_of(Extractor::create(other, images_, pixels_)),
              HasSubstr("was trained on images of 1 x 28 x 28 values, these have 1 x 8 x 8"));
}

INSTANTIATE_TEST_SUITE_P(Designs, Elastic, testing::Values("convolutions", "widths", "transformer"));

}  // namespace
}  // namespace mosaic::training
