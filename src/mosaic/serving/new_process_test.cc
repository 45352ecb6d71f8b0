#include "mosaic/serving/new_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/families.h"

namespace mosaic {
namespace {

using testing::HasSubstr;

TEST(NewProcess, SaysWhatCannotBeStartedAndWhatFailed) {
  const test::SmallFamily family;
  const auto levels = test::expect(FamilyLevels::open({.family = family.path(), .board = ""}));
  const auto run = [&](const char* tool) { return run_in_new_process(tool, "", *levels, {.level = 1, .placement = 0}); };
  EXPECT_TRUE(run("/bin/true"));
  const auto missing = run("/no/such/tool");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kIo);
  EXPECT_THAT(missing.error().message, HasSubstr("/no/such/tool cannot be started: No such file"));
  const auto failed = run("/bin/false");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kDevice);
  EXPECT_THAT(failed.error().message, HasSubstr("large.onnx"));
}

}  // namespace
}  // namespace mosaic
