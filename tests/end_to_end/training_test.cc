// What commands say that need the optional training component where it is not there. src/training has the tests of the component.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(TrainingComponent, IsAskedForWhereItIsMissing) {
  const test::Desk desk;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"train", "resnet8", "--data", "data"}, {"search", "resnet8", "--method", "gradient", "--data", "data"}}) {
    expect_refusal(desk, {arguments, {"/nowhere/mosaic-training is not there", "'make training'", "docs/training.md"}},
                   {{"MOSAIC_TRAINING", "/nowhere/mosaic-training"}});
  }
}

TEST(TrainingComponent, HasItsOptionsExplainedWhereItIsMissing) {
  const test::Desk desk;
  const test::Outcome help = desk.run({"train", "--help"}, {{"MOSAIC_TRAINING", "/nowhere"}});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("--checkpoint"), HasSubstr("mosaic train resnet8"), HasSubstr("make training")));
  EXPECT_EQ(desk.run({"train", "resnet8"}, {{"MOSAIC_TRAINING", "/nowhere"}}).code, 2) << "--data is required";
}

}  // namespace
}  // namespace mosaic
