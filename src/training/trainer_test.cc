#include "training/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "mosaic/integers/simulate.h"
#include "mosaic/mapping/quantized_layer.h"
#include "mosaic/network/forward.h"
#include "tests/networks.h"
#include "tests/support.h"
#include "training/architectures.h"
#include "training/relaxed_cost.h"
#include "training/synthetic_images.h"

namespace mosaic::training {
namespace {

using mapping::Mapping;
using network::Network;
using test::expect;
using testing::AllOf;
using testing::HasSubstr;

class Training : public testing::Test {
 protected:
  [[nodiscard]] TrainingImages images() const { return {.train = train_, .held_out = held_out_, .pixels = pixels_}; }

  [[nodiscard]] Network start(std::uint64_t seed = 1) const {
    return expect(make_architecture("resnet8", train_.extent, 4, pixels_.magnitude(), seed));
  }

  [[nodiscard]] static TrainOptions sgd(std::int64_t epochs) { return {.schedule = {.epochs = epochs, .batch = 16, .rate = 0.1, .decay = 1e-4}}; }
  [[nodiscard]] static TrainOptions adam(std::int64_t epochs) {
    return {.schedule = {.epochs = epochs, .batch = 16, .optimiser = Optimiser::kAdam, .rate = 1e-3, .choice_rate = 0.05}};
  }

  [[nodiscard]] std::vector<integers::Range> ranges(const Network& network) const {
    std::vector<std::vector<float>> inputs;
    for (std::size_t i = 0; i < 16; ++i) inputs.push_back(pixels_.input(train_, i));
    return expect(integers::calibrate(network, inputs));
  }

  [[nodiscard]] std::size_t right(const Network& network, const ImageSet& set) const {
    std::size_t good = 0;
    for (std::size_t i = 0; i < set.size(); ++i) {
      const std::vector<float> logits = network::forward(network, pixels_.input(set, i)).back();
      good += std::ranges::max_element(logits) - logits.begin() == set.labels[i] ? 1 : 0;
    }
    return good;
  }

  ImageSet train_ = test::synthetic_images(96, 1);
  ImageSet held_out_ = test::synthetic_images(40, 2);
  Pixels pixels_ = expect(Pixels::create(Preprocess::kRaw, 1));
};

/// Every second channel digital, all of them where there are groups.
Mapping halves(const Network& network) {
  Mapping mapped = mapping::all_digital(network);
  const auto shapes = mapping::conv_shapes(network);
  for (std::size_t l = 0; l < mapped.layers.size(); ++l) {
    for (std::size_t c = 1; c < mapped.layers[l].channels.size() && shapes[l].groups == 1; c += 2)
      mapped.layers[l].channels[c] = mapping::Unit::kAnalog;
  }
  return mapped;
}

integers::Simulator simulator(const Network& network, const Mapping& mapped, const std::vector<integers::Range>& ranges) {
  return integers::Simulator(expect(deploy(network, mapped, mapping::quantize(network, mapped), ranges)).network);
}

TEST_F(Training, LearnsFromNothingAndFoldsItsNormalisation) {
  const Trained trained = expect(train_float(start(), true, images(), sgd(20)));
  EXPECT_EQ(trained.losses.size(), 20U);
  EXPECT_LT(trained.losses.back(), trained.losses.front() / 2);
  EXPECT_GT(trained.held_out_percent, 80);
  EXPECT_DOUBLE_EQ(100.0 * static_cast<double>(right(trained.network, held_out_)) / 40, trained.held_out_percent)
      << "the folded network, computed without libtorch, has another accuracy";
}

TEST_F(Training, FineTunesWhatTheSimulatorComputes) {
  const Network network = expect(train_float(start(), true, images(), sgd(4))).network;
  const Mapping mapped = halves(network);
  const auto calibrated = ranges(network);
  const Trained tuned = expect(fine_tune(network, mapped, calibrated, images(), adam(2)));
  EXPECT_LT(tuned.losses.back(), tuned.losses.front());
  Mapping of_tuned = mapped;
  of_tuned.network = network::fingerprint(tuned.network);
  const std::vector<std::size_t> classes = expect(mapped_classes(tuned.network, of_tuned, calibrated, held_out_, pixels_));
  const integers::Simulator chip = simulator(tuned.network, of_tuned, calibrated);
  std::size_t same = 0;
  for (std::size_t i = 0; i < held_out_.size(); ++i) {
    const std::vector<std::int32_t> logits = expect(chip.run(pixels_.input(held_out_, i)));
    same += std::ranges::max_element(logits) - logits.begin() == static_cast<std::ptrdiff_t>(classes[i]) ? 1 : 0;
  }
  EXPECT_GE(same, held_out_.size() - 1);
}

/// All kinds of nodes: what libtorch computes with fake quantisation has the simulator's classes nearly always.
TEST_F(Training, ComputesAnyNetworkAsTheSimulatorDoes) {
  std::size_t same = 0;
  std::size_t all = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Network network = test::random_network(seed, 8);
    if (network.output().height * network.output().width != 1) continue;
    ImageSet set{.extent = network.input(), .pixels = {}, .labels = std::vector<std::uint8_t>(12, 0)};
    Random random(seed);
    for (std::int64_t p = 0; p < 12 * network.input().size(); ++p) set.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
    const Pixels pixels = expect(Pixels::create(Preprocess::kTf, 3));
    std::vector<std::vector<float>> inputs;
    for (std::size_t i = 0; i < set.size(); ++i) inputs.push_back(pixels.input(set, i));
    const Mapping mapped = halves(network);
    const auto calibrated = expect(integers::calibrate(network, inputs));
    const std::vector<std::size_t> classes = expect(mapped_classes(network, mapped, calibrated, set, pixels));
    const integers::Simulator chip = simulator(network, mapped, calibrated);
    for (std::size_t i = 0; i < set.size(); ++i) {
      const std::vector<std::int32_t> logits = expect(chip.run(inputs[i]));
      same += std::ranges::max_element(logits) - logits.begin() == static_cast<std::ptrdiff_t>(classes[i]) ? 1 : 0;
      ++all;
    }
  }
  EXPECT_GE(all, 200U);
  EXPECT_GE(static_cast<double>(same), 0.97 * static_cast<double>(all)) << "of " << all;
}

TEST_F(Training, SearchTradesCostAgainstLambda) {
  const Network network = expect(train_float(start(), true, images(), sgd(4))).network;
  const auto shapes = mapping::conv_shapes(network);
  const auto search = [&](double lambda) { return expect(search_channels(network, {.lambda = lambda}, ranges(network), images(), adam(4))); };
  const auto expected_cycles = [&](const Wishes& wishes) {
    double sum = 0;
    for (std::size_t l = 0; l < wishes.size(); ++l)
      sum += relaxed_cost(shapes[l], std::accumulate(wishes[l].begin(), wishes[l].end(), 0.0), diana::CostKind::kLatency).cost;
    return sum;
  };
  const Trained free = search(1e-6);
  const Trained dear = search(30);
  EXPECT_EQ(dear.wishes.size(), shapes.size());
  EXPECT_LT(expected_cycles(dear.wishes), 0.95 * expected_cycles(free.wishes));
  const Mapping mapped = snapped(dear.network, dear.wishes, diana::CostKind::kLatency);
  const double least = diana::network_cost(shapes, diana::min_cost(shapes, diana::CostKind::kLatency)).cycles;
  EXPECT_LT(diana::network_cost(shapes, mapping::digital_counts(mapped)).cycles, 1.1 * least)
      << "where cost is all that counts, hardly more than the least remains";
}

/// Stops after this many steps, then goes on.
class Interrupted : public Training {
 protected:
  using Run = std::function<Result<Trained>(const TrainOptions&)>;

  void expect_same_as_uninterrupted(const Run& run, TrainOptions options) {
    const Trained straight = expect(run(options));
    for (const int steps : {1, 4, 6, 9}) {  // 6 a whole epoch
      SCOPED_TRACE(steps);
      options.checkpoint = folder_.path() / "stage.checkpoint";
      options.resume = false;
      std::stop_source source;
      options.stop = source.get_token();
      int done = 0;
      options.progress = [&](std::string_view, double) {
        if (++done == steps) source.request_stop();
      };
      const auto stopped = run(options);
      ASSERT_FALSE(stopped);
      EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
      EXPECT_THAT(stopped.error().message, HasSubstr("--resume goes on from"));
      options.stop = {};
      options.resume = true;
      const Trained resumed = expect(run(options));
      EXPECT_EQ(network::fingerprint(resumed.network), network::fingerprint(straight.network));
      EXPECT_EQ(resumed.wishes, straight.wishes);
      EXPECT_EQ(resumed.losses, straight.losses);
      EXPECT_EQ(resumed.held_out_percent, straight.held_out_percent);
      EXPECT_EQ(network::fingerprint(expect(run(options)).network), network::fingerprint(straight.network)) << "nothing is left to do";
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(Interrupted, FloatTrainingGoesOnAsIfItHadNotStopped) {
  expect_same_as_uninterrupted([&](const TrainOptions& options) { return train_float(start(), true, images(), options); }, sgd(2));
}

TEST_F(Interrupted, FineTuningGoesOnAsIfItHadNotStopped) {
  const Network network = start();
  const auto calibrated = ranges(network);
  expect_same_as_uninterrupted([&](const TrainOptions& options) { return fine_tune(network, halves(network), calibrated, images(), options); },
                               adam(2));
}

TEST_F(Interrupted, SearchGoesOnAsIfItHadNotStopped) {
  const Network network = start();
  const auto calibrated = ranges(network);
  expect_same_as_uninterrupted([&](const TrainOptions& options) { return search_channels(network, {}, calibrated, images(), options); }, adam(2));
}

TEST_F(Interrupted, ACheckpointOfSomethingElseIsRefused) {
  TrainOptions options = sgd(1);
  options.checkpoint = folder_.path() / "stage.checkpoint";
  expect(train_float(start(), true, images(), options));
  options.resume = true;
  EXPECT_THAT(train_float(start(2), true, images(), options).error().message, HasSubstr("belongs to another network"));
  options.schedule.rate = 0.2;
  EXPECT_THAT(train_float(start(), true, images(), options).error().message,
              AllOf(HasSubstr("was made with 'float"), HasSubstr("sgd at 0.1,"), HasSubstr("now it is"), HasSubstr("sgd at 0.2,")));
  options.schedule.rate = 0.1;
  const Pixels others = expect(Pixels::create(Preprocess::kTf, 1));  // the network is the same, and so are the bytes of its images
  const auto prepared = train_float(start(), true, {.train = train_, .held_out = held_out_, .pixels = others}, options);
  ASSERT_FALSE(prepared.has_value());
  EXPECT_THAT(prepared.error().message, AllOf(HasSubstr("now it is"), HasSubstr("pixels " + others.fingerprint())));
  options.mirrored = false;
  EXPECT_THAT(train_float(start(), true, images(), options).error().message, HasSubstr(", mirrored'"));
  options.mirrored = true;
  std::filesystem::resize_file(options.checkpoint, 5000);
  EXPECT_THAT(train_float(start(), true, images(), options).error().message, AllOf(HasSubstr("damaged"), HasSubstr("leave --resume out")));
  options.resume = false;
  EXPECT_TRUE(train_float(start(), true, images(), options)) << "without --resume it is written anew";
}

TEST_F(Training, MirrorsImagesUnlessTold) {
  TrainOptions options = sgd(1);
  const std::string mirrored = network::fingerprint(expect(train_float(start(), true, images(), options)).network);
  options.mirrored = false;
  EXPECT_NE(network::fingerprint(expect(train_float(start(), true, images(), options)).network), mirrored);
}

TEST_F(Training, SaysWhereTheLossBecameNoNumber) {
  TrainOptions options = sgd(3);
  options.schedule.rate = 1e30;
  EXPECT_THAT(train_float(start(), true, images(), options).error().message,
              AllOf(HasSubstr("became no number in epoch 1, step"), HasSubstr("of 6, at a learning rate of"), HasSubstr("give a lower one")));
  options = adam(3);
  options.schedule.rate = 1e38;
  const Network network = start();
  EXPECT_THAT(fine_tune(network, halves(network), ranges(network), images(), options).error().message, HasSubstr("became no number in epoch 1"));
}

TEST_F(Training, RefusesImagesThatDoNotFit) {
  EXPECT_THAT(
      train_float(expect(make_architecture("resnet8", {.channels = 3, .height = 8, .width = 8}, 4, 1, 1)), true, images(), sgd(1)).error().message,
      HasSubstr("takes images of 3 x 8 x 8 values, those of the data have 1 x 8 x 8"));
  EXPECT_THAT(train_float(expect(make_architecture("resnet8", train_.extent, 3, 1, 1)), true, images(), sgd(1)).error().message,
              HasSubstr("is of class 3, resnet8 has 3 classes"));
}

}  // namespace
}  // namespace mosaic::training
