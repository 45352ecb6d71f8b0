#include "mosaic/session/workspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/workspaces.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::Workshop;
using testing::HasSubstr;

TEST(ParseShape, ReadsANameAndItsExtents) {
  const auto [name, shape] = expect(parse_shape("input=1x3x224x224"));
  EXPECT_EQ(name, "input");
  EXPECT_EQ(shape, (Shape{1, 3, 224, 224}));
  EXPECT_EQ(expect(parse_shape("a=b=7")).first, "a=b");
}

TEST(ParseShape, RefusesWhatIsNoShape) {
  for (const char* text : {"", "input", "=1x3", "input=", "input=1x", "input=x1", "input=0x3", "input=-1x3", "input=1x3y", "input=1.5",
                           "input=99999999999999999999", "input=4000000000x4000000000x4000000000"}) {
    const auto shape = parse_shape(text);
    EXPECT_THAT(error_of(shape), HasSubstr("is not a shape such as input=1x3x224x224")) << text;
  }
}

TEST(Workspace, FixesSymbolicExtentsByTheShapesGiven) {
  onnx::Builder net("symbolic", 1);
  net.output(net.relu(net.input("x", {-1, 4})), {-1, 4});
  const test::TemporaryFolder folder;
  expect(onnx::save_model(net.build(), folder / "model.onnx"));
  expect(write_file(folder / "board.yaml", test::simulated_board_text()));
  const std::string board = (folder / "board.yaml").string();
  EXPECT_THAT(error_of(Workspace::open({.model = folder / "model.onnx", .board = board})), HasSubstr("'x'"));
  const auto workspace = expect(Workspace::open({.model = folder / "model.onnx", .board = board, .shapes = {{"x", {3, 4}}}}));
  EXPECT_EQ(expect(workspace->random_inputs(1))[0].shape(), (Shape{3, 4}));
}

TEST(Workspace, DrawsTheSameInputsForTheSameSeed) {
  const Workshop workshop(test::conv_chain(1), test::simulated_board_text());
  const auto draw = [&](std::uint64_t seed) { return expect(workshop.workspace().random_inputs(seed)); };
  EXPECT_TRUE(test::same_bits(draw(1), draw(1)));
  EXPECT_FALSE(test::same_bits(draw(1), draw(2)));
}

TEST(Workspace, NamesAModelFileThatIsNotThere) {
  const Workshop workshop(test::conv_chain(1), test::simulated_board_text());
  const auto workspace = Workspace::open({.model = workshop / "nothing.onnx", .board = workshop.board_path().string()});
  EXPECT_THAT(error_of(workspace), HasSubstr("nothing.onnx"));
  EXPECT_EQ(workspace.error().code, ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace mosaic
