#include "mosaic/onnx/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "mosaic/onnx/builder.h"
#include "tests/quantize_networks.h"

namespace mosaic::onnx {
namespace {

using test::kImage;
using test::prepared;
using test::sorted_operators;
using testing::ElementsAre;

Model folded(const PreparedModel& model, std::set<std::string> keep = {}) { return fold(model.model, model.types, keep); }

double difference(const Model& a, const Model& b) { return compare(test::outputs_of(a, kImage)[0], test::outputs_of(b, kImage)[0]).relative; }

TEST(Fold, PutsNormalisationIntoTheConvolutionBeforeIt) {
  Builder net("net", 1);
  net.output(net.conv_bn(net.input("x", kImage), {.in = 8, .out = 4}, "Relu"), {1, 4, 12, 12});
  const PreparedModel model = prepared(net.build());
  EXPECT_THAT(sorted_operators(folded(model)), ElementsAre("Conv", "Relu"));
  EXPECT_LT(difference(model.model, folded(model)), 1e-5);
}

TEST(Fold, MakesNormalisationBehindNothingADepthwiseConvolution) {
  Builder net("net", 1);
  net.output(net.relu(net.batch_norm(net.input("x", kImage), 8)), kImage);
  const PreparedModel model = prepared(net.build());
  EXPECT_THAT(sorted_operators(folded(model)), ElementsAre("Conv", "Relu"));
  EXPECT_LT(difference(model.model, folded(model)), 1e-5);
}

// The convolution's own result is used by the sum, too, so its weights must stay.
TEST(Fold, LeavesAConvolutionThatOthersUse) {
  Builder net("net", 1);
  const std::string x = net.conv(net.input("x", kImage), {.in = 8, .out = 8});
  net.output(net.add(x, net.batch_norm(x, 8)), kImage);
  const PreparedModel model = prepared(net.build());
  EXPECT_THAT(sorted_operators(folded(model)), ElementsAre("Add", "Conv", "Conv"));
  EXPECT_LT(difference(model.model, folded(model)), 1e-5);
}

TEST(Fold, DropsWhatDoesNothingAndNamesMeansOverImages) {
  Builder net("net", 1);
  const std::string x = net.node("Identity", {net.relu(net.input("x", kImage))});
  net.output(net.mean_of_image(net.node("Dropout", {x})), {1, 8, 1, 1});
  const PreparedModel model = prepared(net.build());
  EXPECT_THAT(sorted_operators(folded(model)), ElementsAre("GlobalAveragePool", "Relu"));
  EXPECT_LT(difference(model.model, folded(model)), 1e-5);
}

TEST(Fold, KeepsBothOfAPairWhereOneIsKept) {
  Builder net("net", 1);
  const std::string x = net.conv(net.input("x", kImage), {.in = 8, .out = 8});
  const std::string y = net.batch_norm(x, 8);
  net.output(y, kImage);
  const PreparedModel model = prepared(net.build());
  std::set<std::string> keep{x};
  (void)fold(model.model, model.types, keep);
  EXPECT_TRUE(keep.contains(y));
}

}  // namespace
}  // namespace mosaic::onnx
