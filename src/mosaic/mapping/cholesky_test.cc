#include "mosaic/mapping/cholesky.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "mosaic/base/random.h"

namespace mosaic::mapping {
namespace {

using testing::ElementsAre;

TEST(Cholesky, ByHand) {
  // (4 2; 2 10) = (2 0; 1 3) (2 1; 0 3). Of (8, 22): 4 * 1 + 2 * 2 = 8, 2 * 1 + 10 * 2 = 22.
  const Cholesky factor({4, 2, 2, 10}, 2);
  EXPECT_THAT(factor.row(0), ElementsAre(2));
  EXPECT_THAT(factor.row(1), ElementsAre(1, 3));
  EXPECT_THAT(factor.solve({8, 22}), ElementsAre(1, 2));
}

TEST(Cholesky, SolvesWhatItFactored) {
  Random random(3);
  for (std::size_t size = 1; size <= 23; ++size) {
    std::vector<double> root(size * size);
    for (double& each : root) each = random.normal();
    std::vector<double> matrix(size * size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        for (std::size_t k = 0; k < size; ++k) matrix[i * size + j] += root[i * size + k] * root[j * size + k];
      }
      matrix[i * size + i] += 0.5;
    }
    std::vector<double> wanted(size);
    for (double& each : wanted) each = random.normal();
    std::vector<double> right(size);
    for (std::size_t i = 0; i < size; ++i) right[i] = dot(std::span(matrix).subspan(i * size, size), wanted);
    const std::vector<double> found = Cholesky(matrix, size).solve(right);
    for (std::size_t i = 0; i < size; ++i) ASSERT_NEAR(found[i], wanted[i], 1e-9 * static_cast<double>(size * size));
  }
}

TEST(Dot, TakesEveryProductOnce) {
  for (std::size_t size = 0; size < 12; ++size) {
    std::vector<double> a;
    double sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
      a.push_back(static_cast<double>(i) + 1);
      sum += a.back() * a.back();
    }
    EXPECT_EQ(dot(a, a), sum);
  }
}

}  // namespace
}  // namespace mosaic::mapping
