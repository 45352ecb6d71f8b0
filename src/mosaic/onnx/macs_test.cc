#include "mosaic/onnx/macs.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "mosaic/onnx/proto.h"

namespace mosaic::onnx {
namespace {

struct MacsCase {
  const char* op = nullptr;
  std::vector<std::optional<Shape>> inputs;  ///< none: not static
  std::optional<Shape> output;
  std::int64_t macs = 0;
  const char* flag = nullptr;  ///< an attribute that is 1
};

std::int64_t count(const MacsCase& each) {
  ::onnx::NodeProto node;
  node.set_op_type(each.op);
  std::map<std::string, std::optional<Shape>> shapes{{"y", each.output}};
  for (std::size_t i = 0; i < each.inputs.size(); ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    node.add_input(name);
    shapes[name] = each.inputs[i];
  }
  const std::string output = "y";
  node.add_output(output);
  if (each.flag != nullptr) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(each.flag);
    attribute.set_i(1);
  }
  return count_macs(node, [&](const std::string& name) { return shapes.at(name); });
}

void check(const std::vector<MacsCase>& cases) {
  for (const MacsCase& each : cases) EXPECT_EQ(count(each), each.macs) << each.op;
}

TEST(CountMacs, MultipliesConvolutionsOutputsByTheirWeights) {
  const Shape scale;
  check({// 64 x 112 x 112 outputs of 3 x 7 x 7 products: strides show in the output alone
         {.op = "Conv", .inputs = {Shape{1, 3, 224, 224}, Shape{64, 3, 7, 7}}, .output = Shape{1, 64, 112, 112}, .macs = 118'013'952},
         // groups show in the weights: 8 x 4 x 4 outputs of 1 x 3 x 3
         {.op = "Conv", .inputs = {Shape{1, 8, 4, 4}, Shape{8, 1, 3, 3}, Shape{8}}, .output = Shape{1, 8, 4, 4}, .macs = 1152},
         // two images, one dimension: 2 x 5 x 6 outputs of 4 x 3
         {.op = "Conv", .inputs = {Shape{2, 4, 8}, Shape{5, 4, 3}}, .output = Shape{2, 5, 6}, .macs = 720},
         {.op = "ConvInteger", .inputs = {Shape{1, 8, 4, 4}, Shape{8, 1, 3, 3}}, .output = Shape{1, 8, 4, 4}, .macs = 1152},
         {.op = "FusedConv", .inputs = {Shape{1, 8, 4, 4}, Shape{8, 1, 3, 3}}, .output = Shape{1, 8, 4, 4}, .macs = 1152},
         {.op = "QLinearConv", .inputs = {Shape{1, 8, 4, 4}, scale, scale, Shape{8, 1, 3, 3}}, .output = Shape{1, 8, 4, 4}, .macs = 1152},
         // each of 4 x 5 x 5 inputs goes into 6 x 3 x 3 outputs
         {.op = "ConvTranspose", .inputs = {Shape{1, 4, 5, 5}, Shape{4, 6, 3, 3}}, .output = Shape{1, 6, 11, 11}, .macs = 5400}});
}

TEST(CountMacs, MultipliesMatricesOutputsByTheInnerExtent) {
  const Shape scale;
  check({{.op = "Gemm", .inputs = {Shape{2, 3}, Shape{3, 4}}, .output = Shape{2, 4}, .macs = 24},
         {.op = "Gemm", .inputs = {Shape{2, 3}, Shape{4, 3}, Shape{4}}, .output = Shape{2, 4}, .macs = 24, .flag = "transB"},
         {.op = "Gemm", .inputs = {Shape{3, 2}, Shape{3, 4}}, .output = Shape{2, 4}, .macs = 24, .flag = "transA"},
         {.op = "MatMul", .inputs = {Shape{5, 2, 3}, Shape{5, 3, 4}}, .output = Shape{5, 2, 4}, .macs = 120},
         {.op = "MatMul", .inputs = {Shape{5, 2, 3}, Shape{3, 4}}, .output = Shape{5, 2, 4}, .macs = 120},
         {.op = "MatMul", .inputs = {Shape{3}, Shape{3, 4}}, .output = Shape{4}, .macs = 12},
         {.op = "MatMul", .inputs = {Shape{3}, Shape{3}}, .output = Shape{}, .macs = 3},
         {.op = "MatMulInteger", .inputs = {Shape{2, 3}, Shape{3, 4}}, .output = Shape{2, 4}, .macs = 24},
         {.op = "QLinearMatMul", .inputs = {Shape{2, 3}, scale, scale, Shape{3, 4}}, .output = Shape{2, 4}, .macs = 24}});
}

TEST(CountMacs, RunsRecurrentWeightsForEachStepAndSample) {
  // 7 steps of 2 samples, each 4 gates x 4 units x (3 inputs + 4 units): 14 * 16 * 7.
  check({{.op = "LSTM", .inputs = {Shape{7, 2, 3}, Shape{1, 16, 3}, Shape{1, 16, 4}}, .output = Shape{7, 1, 2, 4}, .macs = 1568},
         // both directions, 3 gates x 5 units x (4 inputs + 5 units): 3 * 2 * 15 * 9
         {.op = "GRU", .inputs = {Shape{3, 1, 4}, Shape{2, 15, 4}, Shape{2, 15, 5}}, .output = Shape{3, 2, 1, 5}, .macs = 810}});
}

TEST(CountMacs, CountsNothingElse) {
  check({{.op = "MaxPool", .inputs = {Shape{1, 8, 8, 8}}, .output = Shape{1, 8, 4, 4}},
         {.op = "GlobalAveragePool", .inputs = {Shape{1, 8, 8, 8}}, .output = Shape{1, 8, 1, 1}},
         {.op = "Mul", .inputs = {Shape{8}, Shape{8}}, .output = Shape{8}},
         {.op = "Unheard", .inputs = {Shape{8}, Shape{8}}, .output = Shape{8}}});
}

TEST(CountMacs, IsZeroWhereAShapeIsNotKnown) {
  check({{.op = "Conv", .inputs = {std::nullopt, Shape{8, 1, 3, 3}}, .output = Shape{1, 8, 4, 4}},
         {.op = "Conv", .inputs = {Shape{1, 8, 4, 4}, std::nullopt}, .output = Shape{1, 8, 4, 4}},
         {.op = "Conv", .inputs = {Shape{1, 8, 4, 4}, Shape{8, 1, 3, 3}}, .output = {}},
         {.op = "MatMul", .inputs = {Shape{2, 3}, Shape{3, 4}}, .output = {}},
         {.op = "MatMul", .inputs = {Shape{}, Shape{3, 4}}, .output = Shape{4}},
         {.op = "Conv", .inputs = {Shape{1, 8, 4, 4}}, .output = Shape{1, 8, 4, 4}},
         {.op = "Conv", .inputs = {Shape{1, 0, 4, 4}, Shape{0, 0, 3, 3}}, .output = Shape{1, 0, 4, 4}},
         {.op = "LSTM", .inputs = {Shape{7, 2, 3}, Shape{1, 16, 3}}, .output = Shape{7, 1, 2, 4}}});
}

TEST(CountMacs, Saturates) {
  constexpr std::int64_t kLarge = std::int64_t{1} << 31;
  check({{.op = "MatMul",
          .inputs = {Shape{kLarge, kLarge}, Shape{kLarge, kLarge}},
          .output = Shape{kLarge, kLarge},
          .macs = std::numeric_limits<std::int64_t>::max()}});
}

}  // namespace
}  // namespace mosaic::onnx
