#include "mosaic/input/resize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/onnx/builder.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::expect;

std::vector<float> resized(const std::vector<float>& values, const Shape& from, const Shape& to) {
  const Tensor source = expect(from_floats(ElementType::kFloat32, from, values));
  Tensor target(ElementType::kFloat32, to);
  expect(resize_planes(source, target));
  return {target.as<float>().begin(), target.as<float>().end()};
}

TEST(ResizePlanes, PixelsAreAreas) {
  EXPECT_THAT(resized({0, 1}, {1, 2}, {1, 4}), testing::ElementsAre(0, 0.25, 0.75, 1));
  EXPECT_THAT(resized({0, 1, 2, 3}, {1, 4}, {1, 2}), testing::ElementsAre(0.5, 2.5));
  EXPECT_THAT(resized({1, 2, 3, 4, 10, 20, 30, 40}, {1, 2, 2, 2}, {1, 2, 1, 1}), testing::ElementsAre(2.5, 25));
}

TEST(ResizePlanes, SameSizeIsACopy) { EXPECT_THAT(resized({5, 6, 7, 8}, {1, 1, 2, 2}, {1, 1, 2, 2}), testing::ElementsAre(5, 6, 7, 8)); }

TEST(ResizePlanes, IsWhatTheEngineDoes) {
  for (const auto& [from, to] : std::vector<std::pair<std::int64_t, std::int64_t>>{{28, 20}, {28, 24}, {20, 28}, {7, 3}, {5, 11}}) {
    onnx::Builder net("resize", 1);
    const std::string sizes = net.constant("sizes", std::vector<std::int64_t>{1, 3, to, to});
    net.output(net.node("Resize", {net.input("x", {1, 3, from, from}), "", "", sizes},
                        {{"mode", std::string("linear")}, {"coordinate_transformation_mode", std::string("half_pixel")}}),
               {1, 3, to, to});
    const auto session = expect(ort::Reference::open(net.build(), {.threads = 1, .spin = false}));
    Tensor input(ElementType::kFloat32, {1, 3, from, from});
    fill_random(input, 1);
    expect(session->bind({&input}));
    expect(session->run());
    const Tensor expected = std::move(expect(session->results())[0]);
    Tensor actual(ElementType::kFloat32, {1, 3, to, to});
    expect(resize_planes(input, actual));
    EXPECT_LT(compare(expected, actual).relative, 1e-6) << from << " to " << to;
  }
}

TEST(ResizePlanes, RefusesWhatDiffersInMore) {
  const Tensor source(ElementType::kFloat32, {1, 3, 4, 4});
  for (const Shape& shape : std::vector<Shape>{{1, 2, 2, 2}, {3, 2, 2}, {1, 3, 0, 2}}) {
    Tensor target(ElementType::kFloat32, shape);
    EXPECT_FALSE(resize_planes(source, target));
  }
  Tensor bytes(ElementType::kUint8, {1, 3, 2, 2});
  EXPECT_FALSE(resize_planes(source, bytes));
}

}  // namespace
}  // namespace mosaic
