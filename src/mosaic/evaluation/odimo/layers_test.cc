#include "mosaic/evaluation/odimo/layers.h"

#include <gtest/gtest.h>

#include "mosaic/backend/ort/evaluator.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/onnx/network.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/onnx/zoo.h"
#include "tests/support.h"

namespace mosaic::odimo {
namespace {

/// The zoo's network is the one whose costs are compared.
TEST(Layers, ResNet18IsTheZoos) {
  const auto evaluator = test::expect(ort::make_evaluator());
  const auto prepared = test::expect(onnx::prepare(test::expect(onnx::build_zoo_model("resnet18_64", 1)), {}, *evaluator));
  const std::vector<ConvShape> zoo = mapping::conv_shapes(test::expect(onnx::read_network(prepared, "resnet18_64")));
  const std::vector<ConvShape> reference = resnet18();
  ASSERT_EQ(zoo.size(), reference.size());
  for (std::size_t l = 0; l < zoo.size(); ++l) {
    EXPECT_EQ(zoo[l].in_channels, reference[l].in_channels) << l;
    EXPECT_EQ(zoo[l].out_channels, reference[l].out_channels) << l;
    EXPECT_EQ(zoo[l].kernel_x, reference[l].kernel_x) << l;
    EXPECT_EQ(zoo[l].out_x, reference[l].out_x) << l;
    EXPECT_EQ(zoo[l].out_y, reference[l].out_y) << l;
    EXPECT_EQ(zoo[l].groups, 1) << l;
  }
}

}  // namespace
}  // namespace mosaic::odimo
