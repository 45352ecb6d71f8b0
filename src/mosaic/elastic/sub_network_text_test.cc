#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/elastic/space.h"

namespace mosaic::elastic {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Space two_stages() {
  const std::vector<Knob> knobs{{.name = "k", .values = {3, 5}}, {.name = "e", .values = {25, 50, 100}}};
  return {.name = "two",
          .resolutions = {20, 28},
          .stages = {{.name = "a", .depths = {1, 2}, .knobs = knobs}, {.name = "b", .depths = {2}, .knobs = knobs}}};
}

std::string message_of(const std::string& text) {
  const auto parsed = parse_sub_network(two_stages(), text);
  return parsed ? "none" : parsed.error().message;
}

TEST(SubNetworkText, ReadsBackWhatIsDescribed) {
  const Space space = two_stages();
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    const SubNetwork network = canonical(space, random_sub_network(space, random));
    const auto parsed = parse_sub_network(space, describe(space, network));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed, network);
  }
}

// Options are numbered with the last knob running fastest: k5 e50 is 1 * 3 + 1.
TEST(SubNetworkText, WhiteSpaceDoesNotCountAndEndsHaveNames) {
  const auto parsed = parse_sub_network(two_stages(), "28:1(k5e50),2( k3 e25 ,k5 e100 )");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, (SubNetwork{.resolution = 1, .depths = {0, 0}, .options = {4, 0, 0, 5}}));
  EXPECT_EQ(*parse_sub_network(two_stages(), "largest"), largest(two_stages()));
  EXPECT_EQ(*parse_sub_network(two_stages(), "smallest"), smallest(two_stages()));
}

TEST(SubNetworkText, SaysWhatIsWrongAndHowItIsWritten) {
  EXPECT_THAT(message_of("24: 1 (k5 e50), 2 (k3 e25, k3 e25)"),
              AllOf(HasSubstr("the resolution must be one of 20, 28"), HasSubstr("the largest is '28: 2 (k5 e100, k5 e100), 2 (")));
  EXPECT_THAT(message_of("28: 3 (k5 e50)"), HasSubstr("the depth of a must be one of 1, 2"));
  EXPECT_THAT(message_of("28: 1 (k7 e50), 2 (k3 e25, k3 e25)"), HasSubstr("k must be one of 3, 5 at '7 e50"));
  EXPECT_THAT(message_of("28: 1 (k5 e50)"), HasSubstr("',' is expected at ''"));
  EXPECT_THAT(message_of("28: 1 (k5 e50), 2 (k3 e25, k3 e25) x"), HasSubstr("there is more: 'x'"));
  EXPECT_THAT(message_of(""), HasSubstr("the resolution must be"));
}

}  // namespace
}  // namespace mosaic::elastic
