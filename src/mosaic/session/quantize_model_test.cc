#include "mosaic/session/quantize_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "mosaic/onnx/builder.h"
#include "mosaic/onnx/rewrite.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

/// y = x * factor by class.
onnx::Model scaled(const std::vector<float>& factors) {
  onnx::Builder net("scaled", 1);
  const Shape shape{1, static_cast<std::int64_t>(factors.size())};
  net.output(net.node("Mul", {net.input("x", shape), net.constant("f", expect(from_floats(ElementType::kFloat32, shape, factors)))}), shape);
  return net.build();
}

quantize::Examples examples(const std::vector<std::vector<float>>& rows, const std::vector<std::int64_t>& labels) {
  return {.about = rows.size(), .visit = [=](const quantize::Examples::Visit& visit) -> Result<void> {
            for (std::size_t i = 0; i < rows.size(); ++i) {
              const Shape shape{1, std::ssize(rows[i])};
              quantize::Example example{.name = "row", .inputs = {expect(from_floats(ElementType::kFloat32, shape, rows[i]))}, .label = labels[i]};
              MOSAIC_RETURN_IF_ERROR(visit(example));
            }
            return {};
          }};
}

class Check : public testing::Test {
 protected:
  Result<QuantizationCheck> check(const quantize::Examples& of, const std::set<Fingerprint>& calibration = {}) {
    expect(onnx::save_model(scaled({1, 1}), folder_ / "exact.onnx"));
    expect(onnx::save_model(scaled({1, 2}), folder_ / "rounded.onnx"));
    return check_quantized(folder_ / "exact.onnx", folder_ / "rounded.onnx", of, {.calibration = calibration, .race = {.runs = 10}});
  }
  test::TemporaryFolder folder_;
};

// (4, 3) becomes (4, 6): the best class changes from 0 to 1. (1, 5) becomes (1, 10): it stays 1. Signal 16 + 9 + 1 + 25 = 51, noise 9 + 25 = 34.
TEST_F(Check, ComparesClassesAndValues) {
  const QuantizationCheck result = expect(check(examples({{4, 3}, {1, 5}}, {0, 1})));
  EXPECT_EQ(result.images, 2);
  EXPECT_EQ(result.agreeing, 1);
  EXPECT_EQ(result.labelled, 2);
  EXPECT_EQ(result.right_float, 2);
  EXPECT_EQ(result.right_int8, 1);
  EXPECT_NEAR(result.sqnr_db, 10 * std::log10(51.0 / 34.0), 1e-9);
  // (16 + 18) / (5 * sqrt(52)) and (1 + 50) / (sqrt(26) * sqrt(101))
  EXPECT_NEAR(result.cosine, (34 / (5 * std::sqrt(52.0)) + 51 / std::sqrt(26.0 * 101.0)) / 2, 1e-9);
  EXPECT_GT(result.float_time.count(), 0);
}

TEST_F(Check, CountsAnImageOnceAndKnowsTheCalibrations) {
  const quantize::Examples thrice = examples({{4, 3}, {1, 5}, {4, 3}}, {0, 1, 0});
  std::set<Fingerprint> calibration;
  expect(examples({{1, 5}}, {1}).visit([&](const quantize::Example& each) -> Result<void> {
    calibration.insert(quantize::fingerprint(each));
    return {};
  }));
  const QuantizationCheck result = expect(check(thrice, calibration));
  EXPECT_EQ(result.images, 2);
  EXPECT_EQ(result.repeated, 1);
  EXPECT_EQ(result.seen, 1);
  EXPECT_EQ(result.runs, 10);
}

TEST_F(Check, RefusesClassesThatTheModelLacks) {
  EXPECT_EQ(error_of(check(examples({{4, 3}}, {2}))), "row: its class is 2, the model has 2 (0 to 1)");
}

TEST_F(Check, RefusesAnEmptySet) { EXPECT_THAT(error_of(check(examples({}, {}))), HasSubstr("no image")); }

}  // namespace
}  // namespace mosaic
