#include "mosaic/precision/forms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "mosaic/onnx/rewrite.h"
#include "mosaic/quantize/quantize.h"
#include "tests/quantize_networks.h"

namespace mosaic::precision {
namespace {

using test::expect;
using testing::HasSubstr;
using enum Form;

/// conv+relu, conv+add+relu, pooling+softmax.
class Forms : public testing::Test {
 protected:
  Forms() {
    onnx::Builder net("net", 1);
    const std::string first = net.relu(net.conv(net.input("x", test::kImage), {.in = 8, .out = 8}));
    const std::string sum = net.relu(net.add(net.conv(first, {.in = 8, .out = 8}), first));
    net.output(net.softmax(net.node("GlobalMaxPool", {sum})), {1, 8, 1, 1});
    prepared_ = test::prepared(net.build());
    graph_ = expect(onnx::import_graph(prepared_, "float"));
    calibration_ = expect(quantize::calibrate_all(prepared_, test::random_examples(test::kImage, 2), open_on_engine(1)));
  }
  quantize::Quantized with(const std::vector<Form>& forms) {
    return expect(quantize::quantize_corrected(prepared_, calibration_, {}, {.keep = kept_nodes(graph_, forms)}));
  }

  onnx::PreparedModel prepared_;
  Graph graph_;
  quantize::Calibration calibration_;
};

TEST_F(Forms, AreThoseThatMakeADifference) {
  ASSERT_EQ(graph_.layers.size(), 3);  // the pooling is a layer with the Softmax behind it
  const std::vector<LayerForms> forms = layer_forms(graph_, with({kInt8, kInt8, kInt8}).scheme);
  EXPECT_TRUE(forms[0].has(kInt8));
  EXPECT_FALSE(forms[0].has(kInt8FloatSum));
  EXPECT_TRUE(forms[1].has(kInt8FloatSum));
  EXPECT_FALSE(forms[2].has(kInt8));
  EXPECT_TRUE(forms[2].has(kFloat));
}

/// Operators that are quantised.
std::vector<std::string> quantised(const quantize::Quantized& made) {
  std::vector<std::string> ops;
  for (const quantize::Site& site : made.scheme.sites) ops.push_back(site.op);
  return ops;
}

TEST_F(Forms, DecideWhatIsQuantised) {
  EXPECT_THAT(quantised(with({kInt8, kInt8, kInt8})), testing::ElementsAre("Conv", "Conv", "Add"));
  EXPECT_THAT(quantised(with({kInt8, kInt8FloatSum, kInt8})), testing::ElementsAre("Conv", "Conv"));
  EXPECT_THAT(quantised(with({kFloat, kInt8FloatSum, kFloat})), testing::ElementsAre("Conv"));
  EXPECT_THAT(quantised(with({kFloat, kInt8, kFloat})), testing::ElementsAre("Conv", "Add"));
  const auto none = quantize::quantize_corrected(prepared_, calibration_, {}, {.keep = kept_nodes(graph_, std::vector<Form>(3, kFloat))});
  EXPECT_THAT(test::error_of(none), HasSubstr("nothing to quantise"));
}

// Every layer of the quantised model counts once, and each of the two convolutions with what belongs to it in its own layer.
TEST_F(Forms, GiveTimesBackToTheLayersTheyCameFrom) {
  const auto quantised_model = test::prepared(with({kInt8, kInt8, kInt8}).model.copy());
  const Graph quantised_graph = expect(onnx::import_graph(quantised_model, "int8"));
  std::vector<double> times;
  std::vector<double> expected(3, 0.0);
  for (std::size_t l = 0; l < quantised_graph.layers.size(); ++l) {
    times.push_back(static_cast<double>(1U << l));
    std::set<std::string> ops;
    for (const NodeId node : quantised_graph.layers[l].nodes) ops.insert(quantised_graph.node(node).op);
    if (ops.contains("GlobalMaxPool")) expected[2] += times.back();
    if (ops.contains("Add")) expected[1] += times.back();
  }
  const std::vector<double> given = times_by_float_layer(graph_, quantised_graph, times);
  EXPECT_DOUBLE_EQ(std::accumulate(given.begin(), given.end(), 0.0), std::accumulate(times.begin(), times.end(), 0.0));
  EXPECT_DOUBLE_EQ(given[2], expected[2]);
  EXPECT_DOUBLE_EQ(given[1], expected[1]);
}

// In float each layer's own times come back.
TEST_F(Forms, LeaveTimesOfTheFloatModelAsTheyAre) {
  EXPECT_THAT(times_by_float_layer(graph_, graph_, std::vector<double>{1, 2, 4}), testing::ElementsAre(1, 2, 4));
}

}  // namespace
}  // namespace mosaic::precision
