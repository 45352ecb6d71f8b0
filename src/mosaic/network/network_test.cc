#include "mosaic/network/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/network_reference.h"
#include "tests/support.h"

namespace mosaic::network {
namespace {

TEST(Network, FingerprintHangsOnWeightsAndStructureNotOnNames) {
  test::NetworkDrawing net({.channels = 2, .height = 6, .width = 5});
  net.conv(0, {.out = 4, .window = {.kernel = {3, 2}}});
  const Network& network = net.network();
  const Fingerprint before = fingerprint(network);
  Network other = network;
  other.name = "other";
  other.nodes[1].name = "other";
  EXPECT_EQ(fingerprint(other), before);
  other = network;
  other.nodes[1].filters.weights[0] += 1;
  EXPECT_NE(fingerprint(other), before);
  other = network;
  other.nodes[1].filters.bias[0] += 1;
  EXPECT_NE(fingerprint(other), before);
  other = network;
  other.nodes[1].activation = Activation::kRelu;
  EXPECT_NE(fingerprint(other), before);
  other = network;
  other.nodes[1].window.stride = {2, 1};
  EXPECT_NE(fingerprint(other), before);
}

TEST(Network, OnlyConvolutionsAndSumsHaveActivations) {
  test::NetworkDrawing net({.channels = 2, .height = 6, .width = 6});
  const std::size_t sum = net.add({net.conv(0, {.out = 4, .activation = Activation::kRelu})}, Activation::kRelu6);
  const std::size_t pool = net.pool(Kind::kMaxPool, sum, {.kernel = {2, 2}});
  EXPECT_TRUE(validate(net.network()).has_value());
  net.network().nodes[pool].activation = Activation::kRelu;
  EXPECT_THAT(test::error_of(validate(net.network())), testing::HasSubstr("node 3, 'node3', has an activation"));
}

TEST(Network, IsInOrderBehindOneInput) {
  test::NetworkDrawing net({.channels = 2, .height = 6, .width = 6});
  net.conv(net.conv(0, {.out = 4}), {.out = 4});
  Network wrong = net.network();
  wrong.nodes[1].inputs = {1};
  EXPECT_THAT(test::error_of(validate(wrong)), testing::HasSubstr("reads what comes behind it"));
  wrong = net.network();
  wrong.nodes[2].inputs.clear();
  EXPECT_THAT(test::error_of(validate(wrong)), testing::HasSubstr("'node2', has no input"));
  wrong = net.network();
  wrong.nodes[2].kind = Kind::kInput;
  EXPECT_THAT(test::error_of(validate(wrong)), testing::HasSubstr("is a second input"));
  EXPECT_THAT(test::error_of(validate({})), testing::HasSubstr("without nodes"));
}

}  // namespace
}  // namespace mosaic::network
