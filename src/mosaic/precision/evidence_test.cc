#include "mosaic/precision/evidence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support.h"

namespace mosaic::precision {
namespace {

using test::expect;

std::vector<Tensor> row(const std::vector<float>& values) {
  std::vector<Tensor> out;
  out.push_back(expect(from_floats(ElementType::kFloat32, {1, std::ssize(values)}, values)));
  return out;
}

// Right and right, lost, gained, wrong and wrong; the last of them without a label.
TEST(Evidence, CountsWhatIsLostAndGained) {
  Evidence evidence;
  evidence.add(row({3, 1}), row({2, 1}), 0);
  evidence.add(row({3, 1}), row({1, 2}), 0);
  evidence.add(row({3, 1}), row({1, 2}), 1);
  evidence.add(row({3, 1}), row({3, 1}), 1);
  evidence.add(row({3, 1}), row({1, 3}), {});
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
  evidence.add(row({3, 4}), row({4, 3}), {});
  EXPECT_NEAR(evidence.cosine(), 24.0 / 25, 1e-12);
  EXPECT_NEAR(evidence.noise_to_signal(), 2.0 / 25, 1e-12);
  EXPECT_NEAR(evidence.sqnr_db(), 10 * std::log10(12.5), 1e-9);
  evidence.add(row({3, 4}), row({3, 4}), {});
  EXPECT_NEAR(evidence.cosine_deviation(), 0.04 / std::sqrt(2.0), 1e-12);  // distances 0.04 and 0
}

TEST(Evidence, TakesWhatIsNoNumberForWrong) {
  Evidence evidence;
  evidence.add(row({4, 3}), row({std::numeric_limits<float>::quiet_NaN(), 3}), {});  // the NaN would be the largest
  EXPECT_EQ(evidence.cosine(), 0);
  EXPECT_EQ(evidence.changed, 1);
  EXPECT_EQ(evidence.sqnr_db(), -std::numeric_limits<double>::infinity());
  EXPECT_FALSE(std::isfinite(evidence.noise_to_signal()));
}

TEST(Evidence, SeesNoClassesInFeatures) {
  EXPECT_FALSE(best_class(Tensor(ElementType::kFloat32, {1, 2, 3, 3})).has_value());
  EXPECT_EQ(best_class(row({1, 5, 2})[0]), 1);
}

}  // namespace
}  // namespace mosaic::precision
