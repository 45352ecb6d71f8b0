#include "training/elastic_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support.h"
#include "training/extractor.h"
#include "training/synthetic_images.h"

namespace mosaic::training {
namespace {

using elastic::SubNetwork;
using test::expect;
using testing::AllOf;
using testing::HasSubstr;

class ElasticTraining : public testing::Test {
 protected:
  [[nodiscard]] TrainingImages images() const { return {.train = train_, .held_out = held_out_, .pixels = pixels_}; }

  [[nodiscard]] static TrainOptions sgd(std::int64_t epochs) { return {.schedule = {.epochs = epochs, .batch = 16, .rate = 0.05, .decay = 1e-4}}; }

  [[nodiscard]] TrainedElastic train(const ElasticRule& rule, const TrainOptions& options) const {
    return expect(train_elastic(design_, rule, images(), options));
  }

  [[nodiscard]] double percent(const TrainedElastic& trained, const SubNetwork& network, const std::string& only = "") const {
    const ElasticModel model{.design = design_, .only = only, .data = "synthetic", .preprocess = "raw", .weights = trained.weights};
    const auto extractor = expect(Extractor::create(model, train_, pixels_));
    return 100 * static_cast<double>(expect(extractor->right(network, held_out_))) / static_cast<double>(held_out_.size());
  }

  ImageSet train_ = test::synthetic_images(96, 1);
  ImageSet held_out_ = test::synthetic_images(80, 2);
  Pixels pixels_ = expect(Pixels::create(Preprocess::kRaw, 1));
  ElasticDesign design_ = expect(make_elastic_design("convolutions", train_.extent, 4));
};

// Four classes: by chance a quarter is right.
TEST_F(ElasticTraining, AllSubNetworksLearn) {
  const TrainedElastic trained = train({}, sgd(12));
  EXPECT_EQ(trained.losses.size(), 12U);
  EXPECT_LT(trained.losses.back(), trained.losses.front() / 2);
  EXPECT_GT(percent(trained, largest(design_.space)), 80);
  EXPECT_GT(percent(trained, smallest(design_.space)), 50);
  Random random(1);
  for (int i = 0; i < 5; ++i) EXPECT_GT(percent(trained, canonical(design_.space, random_sub_network(design_.space, random))), 50);
}

TEST_F(ElasticTraining, OneTrainedAloneIsTheOnlyOneThatIsCutOut) {
  const SubNetwork only = smallest(design_.space);
  const TrainedElastic trained = train({.only = only}, sgd(12));
  const std::string name = describe(design_.space, only);
  EXPECT_GT(percent(trained, only, name), 50);
  const ElasticModel model{.design = design_, .only = name, .data = "", .preprocess = "raw", .weights = trained.weights};
  const auto extractor = expect(Extractor::create(model, train_, pixels_));
  EXPECT_THAT(test::error_of(extractor->model(largest(design_.space))), AllOf(HasSubstr("was not trained"), HasSubstr("as '5: 1 (k3 e25)")));
}

// 6 steps an epoch.
TEST_F(ElasticTraining, GoesOnAsIfItHadNotStopped) {
  const test::TemporaryFolder folder;
  TrainOptions options = sgd(2);
  const TrainedElastic straight = train({}, options);
  EXPECT_EQ(train({}, options).weights, straight.weights);
  EXPECT_NE(train({.random = 0}, options).weights, straight.weights);
  for (const int steps : {1, 6, 9}) {
    SCOPED_TRACE(steps);
    options.checkpoint = folder / "work.checkpoint";
    options.resume = false;
    std::stop_source source;
    options.stop = source.get_token();
    int done = 0;
    options.progress = [&](std::string_view, double) {
      if (++done == steps) source.request_stop();
    };
    const auto stopped = train_elastic(design_, {}, images(), options);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
    options.stop = {};
    options.resume = true;
    EXPECT_THAT(test::error_of(train_elastic(design_, {.random = 2}, images(), options)), HasSubstr("was made with 'sandwich with 1; 2 epochs"));
    const TrainedElastic resumed = train({}, options);
    EXPECT_EQ(resumed.weights, straight.weights);
    EXPECT_EQ(resumed.losses, straight.losses);
  }
}

TEST_F(ElasticTraining, FaultsAreNamed) {
  TrainOptions options = sgd(1);
  options.schedule.rate = 1e30;
  EXPECT_THAT(test::error_of(train_elastic(design_, {}, images(), options)), HasSubstr("became no number in epoch 1"));
  const ElasticDesign three = expect(make_elastic_design("convolutions", train_.extent, 3));
  EXPECT_THAT(test::error_of(train_elastic(three, {}, images(), sgd(1))), HasSubstr("is of class 3, convolutions has 3 classes"));
  const ElasticDesign larger = expect(make_elastic_design("convolutions", {.channels = 1, .height = 28, .width = 28}, 4));
  EXPECT_THAT(test::error_of(train_elastic(larger, {}, images(), sgd(1))), HasSubstr("takes images of 1 x 28 x 28 values"));
}

}  // namespace
}  // namespace mosaic::training
