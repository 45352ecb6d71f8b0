#include "training/architectures.h"

#include <gtest/gtest.h>

#include "mosaic/mapping/mapping.h"
#include "tests/support.h"

namespace mosaic::training {
namespace {

constexpr network::Extent kFashion{.channels = 1, .height = 28, .width = 28};

std::int64_t multiplications(const network::Network& network) {
  std::int64_t sum = 0;
  for (const ConvShape& each : mapping::conv_shapes(network))
    sum += each.in_channels * each.out_channels * each.kernel_x * each.kernel_y * each.out_x * each.out_y;
  return sum;
}

TEST(Architectures, HaveTheSizesTheySay) {
  // 14 x 14 pixels behind the stem: 9 * 16 * 196 + 2 * 9 * 16 * 16 * 196; 7 x 7: (9 * 16 + 9 * 32 + 16) * 32 * 49; 4 x 4: (9 * 32 + 9 * 64 + 32) * 64
  // * 16; 64 * 10. Together 28,224 + 903,168 + 702,464 + 917,504 + 640.
  EXPECT_EQ(multiplications(test::expect(make_architecture("resnet8", kFashion, 10, 256, 1))), 2'552'000);
  const network::Network deep = test::expect(make_architecture("resnet20", kFashion, 10, 256, 1));
  EXPECT_EQ(network::convolutions(deep).size(), 22U);
  EXPECT_EQ(deep.output(), (network::Extent{.channels = 10}));
}

TEST(Architectures, StartFromTheSeed) {
  const auto first = [](std::uint64_t seed) { return network::fingerprint(test::expect(make_architecture("resnet8", kFashion, 10, 256, seed))); };
  EXPECT_EQ(first(1), first(1));
  EXPECT_NE(first(1), first(2));
}

TEST(Architectures, RefuseWhatTheyAreNot) {
  EXPECT_NE(make_architecture("resnet9", kFashion, 10, 256, 1).error().message.find("resnet8, resnet20"), std::string::npos);
  EXPECT_FALSE(make_architecture("resnet8", {.channels = 1, .height = 4, .width = 28}, 10, 256, 1));
  EXPECT_FALSE(make_architecture("resnet8", kFashion, 1, 256, 1));
}

}  // namespace
}  // namespace mosaic::training
