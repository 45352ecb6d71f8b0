#include "training/checkpoint.h"

#include <gtest/gtest.h>

#include "tests/support.h"

namespace mosaic::training {
namespace {

Checkpoint example() {
  return {.network = "abc",
          .options = "3 epochs \"so\"",
          .epoch = 2,
          .step = 5,
          .losses = {0.7, 0.1 + 0.2, 4.25},
          .tensors = {{.name = "a.weights", .values = {1, -2.5F, 1e-30F}}, {.name = "none", .values = {}}}};
}

TEST(Checkpoint, ComesBackAsItWas) { EXPECT_EQ(test::expect(parse_checkpoint(format_checkpoint(example()))), example()); }

TEST(Checkpoint, IsRefusedWhereItIsTruncatedAnywhere) {
  const std::string bytes = format_checkpoint(example());
  for (std::size_t length = 0; length < bytes.size(); ++length) EXPECT_FALSE(parse_checkpoint(bytes.substr(0, length))) << length;
}

TEST(Checkpoint, IsRefusedWhereAnyByteIsAnother) {
  const std::string bytes = format_checkpoint(example());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string other = bytes;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(parse_checkpoint(other)) << i;
  }
}

TEST(Checkpoint, SaysWhatIsWrongAndTheWayOut) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "x.checkpoint";
  test::expect(write_checkpoint(example(), path));
  EXPECT_EQ(test::expect(read_checkpoint(path)), example());
  std::filesystem::resize_file(path, 100);
  const auto torn = read_checkpoint(path);
  ASSERT_FALSE(torn);
  EXPECT_NE(torn.error().message.find("x.checkpoint: damaged"), std::string::npos) << torn.error().message;
  EXPECT_NE(torn.error().message.find("leave --resume out"), std::string::npos) << torn.error().message;
}

}  // namespace
}  // namespace mosaic::training
