#include "mosaic/onnx/opset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/onnx/builder.h"
#include "mosaic/onnx/proto.h"
#include "mosaic/onnx/rewrite.h"
#include "tests/quantize_networks.h"
#include "tests/support.h"

namespace mosaic::onnx {
namespace {

using test::error_of;
using test::expect;
using test::prepared;
using testing::HasSubstr;

const Shape kShape{1, 4, 3, 1};

/// x -> the operator -> y, in an operator set.
Model one_node(const std::string& op, const Attributes& attributes, std::int64_t version, const Shape& out = kShape) {
  Builder net("one", 1);
  net.output(net.node(op, {net.input("x", kShape)}, attributes), out);
  Model model = net.build();
  proto_of(model).mutable_opset_import(0)->set_version(version);
  return model;
}

Tensor output_of(const Model& model) {
  const auto session = expect(ort::Reference::open(model, {.threads = 1, .spin = false}));
  Tensor x(ElementType::kFloat32, kShape);
  fill_random(x, 1);
  expect(session->bind({&x}));
  expect(session->run());
  return expect(session->results())[0];
}

TEST(RaiseToOpset13, DoesNotChangeWhatIsComputed) {
  const std::vector<std::tuple<std::string, Attributes, std::int64_t, Shape>> cases{
      {"Relu", {}, 11, kShape},
      {"Clip", {{"min", -0.25F}, {"max", 0.5F}}, 9, kShape},
      {"Squeeze", {{"axes", std::vector<std::int64_t>{3}}}, 11, {1, 4, 3}},
      {"Unsqueeze", {{"axes", std::vector<std::int64_t>{0}}}, 11, {1, 1, 4, 3, 1}},
      {"ReduceSum", {{"axes", std::vector<std::int64_t>{1}}, {"keepdims", std::int64_t{1}}}, 11, {1, 1, 3, 1}},
      {"Softmax", {{"axis", std::int64_t{2}}}, 11, kShape},  // 3 x 1 values a row: those of axis 2
  };
  for (const auto& [op, attributes, version, out] : cases) {
    const PreparedModel old = prepared(one_node(op, attributes, version, out));
    const Model raised = expect(raise_to_opset_13(old.model.copy(), old.types));
    EXPECT_EQ(opset(old.model), version);
    EXPECT_EQ(opset(raised), 13);
    EXPECT_TRUE(compare(output_of(old.model), output_of(raised)).equal_bits) << op;
  }
}

TEST(RaiseToOpset13, LeavesLaterSets) {
  const PreparedModel model = prepared(one_node("Relu", {}, 17));
  EXPECT_EQ(opset(expect(raise_to_opset_13(model.model.copy(), model.types))), 17);
}

TEST(RaiseToOpset13, NamesWhatItCannotRaise) {
  const PreparedModel softmax = prepared(one_node("Softmax", {{"axis", std::int64_t{1}}}, 11));  // 4 x 3 values a row
  EXPECT_THAT(error_of(raise_to_opset_13(softmax.model.copy(), softmax.types)), HasSubstr("(Softmax): it normalises over several axes"));
  const PreparedModel old = prepared(one_node("Relu", {}, 8));
  EXPECT_THAT(error_of(raise_to_opset_13(old.model.copy(), old.types)), HasSubstr("operator set 8: convert it to 9"));
  const PreparedModel other = prepared(one_node("Hardmax", {{"axis", std::int64_t{1}}}, 11));
  EXPECT_THAT(error_of(raise_to_opset_13(other.model.copy(), other.types)), HasSubstr("(Hardmax): changed between operator sets 11 and 13"));
}

}  // namespace
}  // namespace mosaic::onnx
