#include "mosaic/quantize/sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mosaic/onnx/builder.h"
#include "mosaic/onnx/fold.h"
#include "tests/quantize_networks.h"

namespace mosaic::quantize {
namespace {

using test::error_of;
using test::expect;
using test::kImage;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Result<Scheme> scheme_of(onnx::Model model, Kept keep = {}) {
  const onnx::PreparedModel prepared = test::prepared(std::move(model));
  return find_sites(onnx::fold(prepared.model, prepared.types, keep), prepared.types, keep);
}

std::vector<std::string> ops(const Scheme& scheme) {
  std::vector<std::string> out;
  for (const Site& site : scheme.sites) out.push_back(site.op);
  return out;
}

std::vector<std::string> left(const Scheme& scheme) {
  std::vector<std::string> out;
  for (const LeftOut& each : scheme.left) out.push_back(each.op + ": " + each.reason);
  return out;
}

TEST(FindSites, TakesEverythingThatHasAnIntegerForm) {
  const Scheme scheme = expect(scheme_of(test::mixed_network()));
  EXPECT_THAT(ops(scheme), ElementsAre("Conv", "Conv", "Conv", "Concat", "MaxPool", "Conv", "Add", "GlobalAveragePool", "Flatten", "Gemm"));
  EXPECT_THAT(left(scheme), ElementsAre("Softmax: it has no integer form here"));
  EXPECT_EQ(scheme.linear(), 5);
}

TEST(FindSites, TiesWhatOnlyAConcatReadsToItAndAPoolingToWhatItReads) {
  const Scheme scheme = expect(scheme_of(test::mixed_network()));
  const std::string joined = scheme.sites[3].result;
  EXPECT_EQ(root_of(scheme, scheme.sites[1].result), joined);
  EXPECT_EQ(root_of(scheme, scheme.sites[2].result), joined);
  EXPECT_EQ(root_of(scheme, scheme.sites[4].result), joined);
  EXPECT_EQ(root_of(scheme, scheme.sites[0].result), scheme.sites[0].result);
}

TEST(FindSites, LetsTheRangeStandForAnActivation) {
  onnx::Builder net("net", 1);
  net.output(net.relu6(net.conv(net.input("x", kImage), {.in = 8, .out = 8})), kImage);
  const Scheme scheme = expect(scheme_of(net.build()));
  ASSERT_EQ(scheme.sites.size(), 1);
  EXPECT_TRUE(scheme.sites[0].activation.has_value());
  EXPECT_EQ(scheme.sites[0].bounds->low, 0);
  EXPECT_EQ(scheme.sites[0].bounds->high, 6);
  EXPECT_THAT(scheme.left, IsEmpty());
}

// Both the activation and the sum read the convolution's result, so that it must exist.
TEST(FindSites, LeavesAnActivationWhoseArgumentIsUsedElsewhere) {
  onnx::Builder net("net", 1);
  const std::string x = net.conv(net.input("x", kImage), {.in = 8, .out = 8});
  net.output(net.add(x, net.relu(x)), kImage);
  const Scheme scheme = expect(scheme_of(net.build()));
  EXPECT_THAT(ops(scheme), ElementsAre("Conv", "Add"));
  EXPECT_THAT(left(scheme), ElementsAre("Relu: it has no integer form here"));
}

TEST(FindSites, KeepsInFloatWhatItIsToldTo) {
  onnx::Builder net("net", 1);
  const std::string first = net.conv(net.input("x", kImage), {.in = 8, .out = 8});
  net.output(net.conv(net.relu(first), {.in = 8, .out = 8}), kImage);
  const Scheme scheme = expect(scheme_of(net.build(), {first}));
  EXPECT_THAT(ops(scheme), ElementsAre("Conv"));
  EXPECT_THAT(left(scheme), ElementsAre("Conv: kept on request", "Relu: it has no integer form here"));
}

TEST(FindSites, LeavesWhatStandsBetweenFloats) {
  onnx::Builder net("net", 1);
  const std::string x = net.node("Sigmoid", {net.conv(net.input("x", kImage), {.in = 8, .out = 8})});
  net.output(net.max_pool(net.add(x, x), 2, 2), {1, 8, 6, 6});
  const Scheme scheme = expect(scheme_of(net.build()));
  EXPECT_THAT(ops(scheme), ElementsAre("Conv"));
  EXPECT_THAT(left(scheme), ElementsAre("Sigmoid: it has no integer form here", "Add: what it reads is computed in float",
                                        "MaxPool: what it reads is computed in float"));
}

TEST(FindSites, SaysWhyThereIsNothing) {
  onnx::Builder relu("net", 1);
  relu.output(relu.relu(relu.input("x", kImage)), kImage);
  EXPECT_THAT(error_of(scheme_of(relu.build())), HasSubstr("no Conv, Gemm or MatMul"));
  onnx::Builder product("net", 1);
  product.output(product.node("MatMul", {product.input("x", {4, 4}), product.input("y", {4, 4})}), {4, 4});
  EXPECT_THAT(error_of(scheme_of(product.build())), HasSubstr("its weights are not constant"));
}

}  // namespace
}  // namespace mosaic::quantize
