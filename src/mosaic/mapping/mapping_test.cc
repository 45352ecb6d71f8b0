#include "mosaic/mapping/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/network_reference.h"
#include "tests/support.h"

namespace mosaic::mapping {
namespace {

using test::error_of;
using test::expect;
using test::NetworkDrawing;
using testing::ElementsAre;
using testing::HasSubstr;

/// conv of 4 channels -> depthwise -> conv of 3 channels -> conv of 2 classes
network::Network small_network() {
  NetworkDrawing net({.channels = 2, .height = 6, .width = 5});
  const std::size_t first = net.conv(0, {.out = 4, .window = {.kernel = {3, 2}}});
  const std::size_t depthwise = net.conv(first, {.out = 4, .groups = 4});
  const std::size_t third = net.conv(depthwise, {.out = 3});
  net.conv(net.flatten(third), {.out = 2});
  return net.network();
}

TEST(Mapping, BaselinesKeepDepthwiseLayersDigital) {
  const auto network = small_network();
  EXPECT_THAT(digital_counts(all_digital(network)), ElementsAre(4, 4, 3, 2));
  EXPECT_THAT(digital_counts(all_ternary(network)), ElementsAre(0, 4, 0, 0));
  EXPECT_THAT(digital_counts(ends_digital(network)), ElementsAre(4, 4, 0, 2));
  EXPECT_THAT(digital_counts(with_counts(network, std::vector<std::int64_t>{1, 4, 2, 0})), ElementsAre(1, 4, 2, 0));
}

TEST(Mapping, ShapesAreThoseOfTheConvolutions) {
  const auto shapes = conv_shapes(small_network());
  ASSERT_EQ(shapes.size(), 4U);
  // 6 x 5 pixels through windows of 3 x 2: 4 rows of 4.
  EXPECT_EQ(shapes[0].kernel_y, 3);
  EXPECT_EQ(shapes[0].kernel_x, 2);
  EXPECT_EQ(shapes[0].out_y, 4);
  EXPECT_EQ(shapes[0].out_x, 4);
  EXPECT_TRUE(shapes[1].depthwise());
  EXPECT_EQ(shapes[3].in_channels, 3 * 4 * 4);
  EXPECT_EQ(shapes[3].out_x, 1);
}

TEST(Mapping, ValidateNamesWhatDoesNotFit) {
  const auto network = small_network();
  const Mapping fine = all_ternary(network);
  expect(validate(network, fine));

  Mapping mapping = fine;
  mapping.layers[1].channels[2] = Unit::kAnalog;
  EXPECT_THAT(error_of(validate(network, mapping)), HasSubstr("'node2' has 4 groups, which the analog array cannot compute, and 1 analog channels"));
  mapping = fine;
  mapping.layers[0].channels.pop_back();
  EXPECT_THAT(error_of(validate(network, mapping)), HasSubstr("'node1' is mapped with 3 channels, it has 4"));
  mapping = fine;
  mapping.layers[0].name = "else";
  EXPECT_THAT(error_of(validate(network, mapping)), HasSubstr("layer 0 of the mapping is 'else'"));
  mapping = fine;
  mapping.layers.pop_back();
  EXPECT_THAT(error_of(validate(network, mapping)), HasSubstr("3 layers, network 'drawing' has 4 convolutions"));
  mapping = fine;
  auto broken = network;
  broken.nodes[1].filters.weights[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(error_of(validate(broken, all_ternary(broken))), HasSubstr("'node1' has weights that are not finite"));
  mapping.network = "0";
  EXPECT_THAT(error_of(validate(network, mapping)), HasSubstr("made for network 'drawing' (0)"));
}

TEST(MappingFile, ReadsWhatItWrote) {
  const test::TemporaryFolder folder;
  Mapping mapping = ends_digital(small_network());
  mapping.board_name = "diana";
  mapping.layers[2].channels[1] = Unit::kDigital;
  expect(write_mapping(mapping, folder / "mapping.json"));
  EXPECT_EQ(expect(read_mapping(folder / "mapping.json")), mapping);
  EXPECT_THAT(format_mapping(mapping), HasSubstr("\"bits\": [2, 8, 2]"));
}

TEST(MappingFile, RefusesWhatItDoesNotKnow) {
  const std::string text = format_mapping(all_digital(small_network()));
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    return error_of(parse_mapping(other, "m.json"));
  };
  EXPECT_THAT(changed("[8, 8]", "[8, 4]"), HasSubstr("m.json: layer 3: key 'bits': channel 1 has 4; 8 (digital) or 2 (analog, ternary)"));
  EXPECT_THAT(changed("\"bits\"", "\"bit\""), HasSubstr("did you mean 'bits'?"));
  EXPECT_THAT(changed("\"fingerprint\"", "\"finger\""), HasSubstr("m.json: key 'network'"));
  EXPECT_THAT(changed("\"schema_version\": 1", "\"schema_version\": 2"), HasSubstr("2"));
  EXPECT_THAT(error_of(parse_mapping("[]", "m.json")), HasSubstr("m.json"));
}

}  // namespace
}  // namespace mosaic::mapping
