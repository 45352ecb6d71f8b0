#include "training/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support.h"
#include "training/batches.h"
#include "training/synthetic_images.h"

namespace mosaic::training {
namespace {

using test::expect;
using testing::AllOf;
using testing::HasSubstr;

class DataFolder : public testing::Test {
 protected:
  [[nodiscard]] std::string refusal() const {
    const auto data = read_dataset(folder_.path().string());
    return data ? "read" : data.error().message;
  }

  test::TemporaryFolder folder_;
};

TEST_F(DataFolder, IsReadAsMnistHasIt) {
  test::write_synthetic_data(folder_.path(), {.train = 12, .test = 5});
  const Dataset data = expect(read_dataset(folder_.path().string()));
  EXPECT_EQ(data.train.size(), 12U);
  EXPECT_EQ(data.test.size(), 5U);
  EXPECT_EQ(data.train.extent, (network::Extent{.channels = 1, .height = 8, .width = 8}));
  EXPECT_EQ(data.classes, 4);
  EXPECT_EQ(data.train.image(11).size(), 64U);
}

TEST_F(DataFolder, IsRefusedWithWhatIsWrong) {
  EXPECT_THAT(refusal(), AllOf(HasSubstr("train-images-idx3-ubyte is missing"), HasSubstr("scripts/setup training")));
  test::write_synthetic_data(folder_.path(), {.train = 12, .test = 5});
  expect(write_file(folder_.path() / "train-labels-idx1-ubyte", test::idx({11}, std::string(11, '\1'))));
  EXPECT_THAT(refusal(), HasSubstr("has 12 images and 11 labels"));
  test::write_synthetic_data(folder_.path(), {.train = 12, .test = 5});
  expect(write_file(folder_.path() / "t10k-labels-idx1-ubyte", test::idx({5}, std::string(5, '\7'))));
  EXPECT_THAT(refusal(), HasSubstr("a test image is of class 7, training images end at 3"));
  expect(write_file(folder_.path() / "train-images-idx3-ubyte", "torn"));
  EXPECT_THAT(refusal(), HasSubstr("train-images-idx3-ubyte: not an idx file"));
  EXPECT_THAT(read_dataset("/nowhere").error().message, HasSubstr("--data /nowhere: there is no such folder"));
}

TEST(HoldOut, PartsTheImagesBySeedAlone) {
  const ImageSet images = test::synthetic_images(40, 1);
  const auto [kept, held] = expect(hold_out(images, 10, 7));
  EXPECT_EQ(kept.size(), 30U);
  EXPECT_EQ(held.size(), 10U);
  std::multiset<std::vector<std::uint8_t>> before;
  std::multiset<std::vector<std::uint8_t>> after;
  for (std::size_t i = 0; i < images.size(); ++i) before.insert({images.image(i).begin(), images.image(i).end()});
  for (const ImageSet& set : {kept, held}) {
    for (std::size_t i = 0; i < set.size(); ++i) after.insert({set.image(i).begin(), set.image(i).end()});
  }
  EXPECT_EQ(before, after);
  EXPECT_EQ(expect(hold_out(images, 10, 7)).second.pixels, held.pixels);
  EXPECT_NE(expect(hold_out(images, 10, 8)).second.pixels, held.pixels);
  EXPECT_THAT(hold_out(images, 40, 7).error().message, HasSubstr("40 training images, of which 40 are to be held out"));
}

TEST(Pixels, AreWhatImagesAreForANetwork) {
  const Pixels raw = expect(Pixels::create(Preprocess::kRaw, 1));
  EXPECT_EQ(raw.at(0, 200), 200);
  EXPECT_EQ(raw.magnitude(), 256) << "the power of two at or above 255";
  const Pixels tf = expect(Pixels::create(Preprocess::kTf, 3));
  EXPECT_EQ(tf.at(2, 0), -1);
  EXPECT_EQ(tf.magnitude(), 1);
  EXPECT_FALSE(Pixels::create(Preprocess::kCaffe, 3));
}

TEST(Batches, HoldTheSameWhateverCameBefore) {
  const ImageSet images = test::synthetic_images(50, 1);
  const Pixels pixels = expect(Pixels::create(Preprocess::kRaw, 1));
  Batches straight(images, pixels, 8, 3);
  Batches late(images, pixels, 8, 3);
  EXPECT_EQ(straight.count(), 6U) << "two images are left over";
  std::vector<float> one(8 * 64);
  std::vector<float> two(8 * 64);
  std::vector<std::int64_t> labels(8);
  std::vector<std::int64_t> again(8);
  for (std::size_t epoch = 0; epoch < 2; ++epoch) {
    for (std::size_t number = 0; number < 6; ++number) straight.fill(epoch, number, one, labels);
  }
  late.fill(1, 5, two, again);
  EXPECT_EQ(one, two);
  EXPECT_EQ(labels, again);
  Batches other(images, pixels, 8, 4);
  other.fill(1, 5, two, again);
  EXPECT_NE(one, two);
}

TEST(Batches, ShowEachImageAtMostOnceAnEpoch) {
  ImageSet images = test::synthetic_images(48, 1);
  for (std::size_t i = 0; i < images.size(); ++i) images.labels[i] = static_cast<std::uint8_t>(i);
  const Pixels pixels = expect(Pixels::create(Preprocess::kRaw, 1));
  Batches batches(images, pixels, 16, 3);
  std::vector<float> inputs(16 * 64);
  std::vector<std::int64_t> labels(16);
  std::set<std::int64_t> seen;
  for (std::size_t number = 0; number < batches.count(); ++number) {
    batches.fill(0, number, inputs, labels);
    seen.insert(labels.begin(), labels.end());
  }
  EXPECT_EQ(seen.size(), 48U);
}

}  // namespace
}  // namespace mosaic::training
