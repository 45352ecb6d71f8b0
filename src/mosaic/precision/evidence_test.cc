#include "mosaic/precision/evidence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/support.h"

namespace mosaic::precision {
namespace {

using test::error_of;
using test::expect;

std::vector<Tensor> row(const std::vector<float>& values) {
  std::vector<Tensor> out;
  out.push_back(expect(from_floats(ElementType::kFloat32, {1, std::ssize(values)}, values)));
  return out;
}

// Right and right, lost, gained, wrong and wrong; the last of them without a label.
TEST(Evidence, CountsWhatIsLostAndGained) {
  Evidence evidence;
  expect(evidence.add(row({3, 1}), row({2, 1}), 0));
  expect(evidence.add(row({3, 1}), row({1, 2}), 0));
  expect(evidence.add(row({3, 1}), row({1, 2}), 1));
  expect(evidence.add(row({3, 1}), row({3, 1}), 1));
  expect(evidence.add(row({3, 1}), row({1, 3}), {}));
  EXPECT_EQ(evidence.images, 5);
  EXPECT_EQ(evidence.changed, 3);
  EXPECT_EQ(evidence.labelled, 4);
  EXPECT_EQ(evidence.right_float, 2);
  EXPECT_EQ(evidence.lost, 1);
  EXPECT_EQ(evidence.gained, 1);
  EXPECT_EQ(evidence.measure(), Measure::kTop1);
}

// (3, 4) and (4, 3): cosine 24 / 25; signal 25, noise 2.
TEST(Evidence, MeasuresAngleAndNoise) {
  Evidence evidence;
  expect(evidence.add(row({3, 4}), row({4, 3}), {}));
  EXPECT_NEAR(evidence.cosine(), 24.0 / 25, 1e-12);
  EXPECT_NEAR(evidence.noise_to_signal(), 2.0 / 25, 1e-12);
  EXPECT_NEAR(evidence.sqnr_db(), 10 * std::log10(12.5), 1e-9);
  expect(evidence.add(row({3, 4}), row({3, 4}), {}));
  EXPECT_NEAR(evidence.error_deviation(), 0.04 / std::sqrt(2.0), 1e-12);  // errors 2 / (2 * 25) = 0.04, as 1 - cosine, and 0
}

TEST(Evidence, TakesWhatIsNoNumberForWrong) {
  Evidence evidence;
  expect(evidence.add(row({4, 3}), row({std::numeric_limits<float>::quiet_NaN(), 3}), {}));  // the NaN would be the largest
  EXPECT_EQ(evidence.cosine(), 0);
  EXPECT_EQ(evidence.error(), 1);
  EXPECT_EQ(evidence.changed, 1);
  EXPECT_EQ(evidence.sqnr_db(), -std::numeric_limits<double>::infinity());
  EXPECT_FALSE(std::isfinite(evidence.noise_to_signal()));
}

TEST(Evidence, SeesNoClassesInFeatures) {
  EXPECT_FALSE(best_class(Tensor(ElementType::kFloat32, {1, 2, 3, 3})).has_value());
  EXPECT_EQ(best_class(row({1, 5, 2})[0]), 1);
}

// Half of everything: the same angle, and an error of 0.25 / 2.
TEST(Evidence, SeesAFactor) {
  Evidence evidence;
  expect(evidence.add(row({6, 8}), row({3, 4}), {}));
  EXPECT_NEAR(evidence.cosine(), 1, 1e-12);
  EXPECT_NEAR(evidence.error(), 0.125, 1e-12);
}

// Two numbers of one sign have no angle between them: 0.9 and 0.1, an error of 0.64 / (2 * 0.81).
TEST(Evidence, MeasuresASingleNumber) {
  Evidence evidence;
  expect(evidence.add(row({0.9F}), row({0.1F}), 1));
  EXPECT_EQ(evidence.measure(), Measure::kError);
  EXPECT_NEAR(evidence.error(), 0.64 / 1.62, 1e-6);
  expect(evidence.add(row({1}), row({9}), 1));
  EXPECT_NEAR(evidence.error(), (0.64 / 1.62 + 1) / 2, 1e-6);  // no more than 1
}

// A class found in the model: 281 or 282, one as wrong as another. Of four pixels' classes one differs.
TEST(Evidence, CountsIntegersThatDiffer) {
  const auto integers = [](const std::vector<std::int64_t>& values) {
    std::vector<Tensor> out;
    out.emplace_back(ElementType::kInt64, Shape{1, std::ssize(values), 1});
    std::ranges::copy(values, out[0].as<std::int64_t>().begin());
    return out;
  };
  Evidence one;
  expect(one.add(integers({281}), integers({282}), {}));
  EXPECT_EQ(one.error(), 1);
  Evidence map;
  expect(map.add(integers({7, 7, 8, 900}), integers({7, 7, 9, 900}), {}));
  EXPECT_EQ(map.error(), 0.25);
}

// Three boxes and none, as a network has that suppresses those that overlap.
TEST(Evidence, TakesOtherShapesForWrong) {
  Evidence evidence;
  std::vector<Tensor> none;
  none.emplace_back(ElementType::kFloat32, Shape{0, 4});
  std::vector<Tensor> three;
  three.push_back(expect(from_floats(ElementType::kFloat32, {3, 4}, std::vector<float>(12, 1.0F))));
  expect(evidence.add(three, none, {}));
  expect(evidence.add(none, three, {}));
  EXPECT_EQ(evidence.error(), 1);
  EXPECT_EQ(evidence.cosine(), 0);
  EXPECT_EQ(evidence.sqnr_db(), -std::numeric_limits<double>::infinity());
  expect(evidence.add(row({1, 2, 3}), row({1, 2}), 2));
  EXPECT_EQ(evidence.changed, 1);
}

TEST(Evidence, RefusesClassesThatTheModelLacks) {
  Evidence evidence;
  EXPECT_EQ(error_of(evidence.add(row({1, 2, 3}), row({1, 2, 3}), 3)), "its class is 3, the model has 3 (0 to 2)");
  EXPECT_EQ(error_of(evidence.add(row({1, 2, 3}), row({1, 2, 3}), -1)), "its class is -1, the model has 3 (0 to 2)");
  EXPECT_EQ(evidence.images, 0);
  expect(evidence.add(row({1, 2, 3}), row({1, 2, 3}), 2));
  EXPECT_EQ(evidence.classes, 3);
}

}  // namespace
}  // namespace mosaic::precision
