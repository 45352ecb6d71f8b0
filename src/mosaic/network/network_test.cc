#include "mosaic/network/network.h"

#include <gtest/gtest.h>

#include "tests/network_reference.h"

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

}  // namespace
}  // namespace mosaic::network
