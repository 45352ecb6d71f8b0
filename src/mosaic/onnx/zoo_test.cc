#include "mosaic/onnx/zoo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "mosaic/backend/ort/ort_backend.h"
#include "mosaic/backend/ort/reference.h"
#include "mosaic/base/hash.h"
#include "mosaic/graph/regroup.h"
#include "mosaic/onnx/extract.h"
#include "mosaic/onnx/proto.h"
#include "mosaic/onnx/zoo_networks.h"
#include "mosaic/onnx/zoo_shapes.h"
#include "tests/support.h"

namespace mosaic::onnx {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

Fingerprint fingerprint(const std::string& name, std::uint64_t seed) {
  return Hasher().add(serialize_model(expect(build_zoo_model(name, seed)))).fingerprint();
}

TEST(Zoo, IsListedInAlphabeticalOrder) {
  EXPECT_TRUE(std::ranges::is_sorted(zoo(), {}, &ZooEntry::name));
  for (const ZooEntry& entry : zoo()) {
    EXPECT_FALSE(entry.description.empty()) << entry.name;
    EXPECT_FALSE(entry.source.empty()) << entry.name;
  }
}

TEST(Zoo, GivesTheSameBytesForTheSameSeed) {
  for (const char* name : {"mobilenet_v1_0.25", "mobilenet_v2_0.35", "squeezenet_1.1"}) {
    EXPECT_EQ(fingerprint(name, 3), fingerprint(name, 3)) << name;
    EXPECT_NE(fingerprint(name, 3), fingerprint(name, 4)) << name;
  }
}

TEST(Zoo, RefusesUnknownNamesAndSaysWhichThereAre) {
  for (const char* name :
       {"", "resnet", "resnet50_v3", "mobilenet_v2", "mobilenet_v2_", "mobilenet_v2_x", "mobilenet_v2_0", "mobilenet_v2_-1", "mobilenet_v2_4.1",
        "mobilenet_v2_0.04", "mobilenet_v2_nan", "mobilenet_v2_inf", "mobilenet_v2_1.0x", "mobilenet_v1_<width>", "VGG16"}) {
    const auto built = build_zoo_model(name, 1);
    EXPECT_THAT(error_of(built), testing::AllOf(HasSubstr("the zoo has no network '" + std::string(name) + "'"), HasSubstr("squeezenet_1.1"),
                                                HasSubstr("mobilenet_v2_<width>"), HasSubstr("mobilenet_v2_1.0")));
    EXPECT_EQ(built.error().code, ErrorCode::kInvalidInput);
  }
}

/// What a publication says. Publications differ in what they count of a normalisation: nothing, the bias that is left once it is folded into the
/// convolution, scale and shift, or the statistics too.
struct Published {
  const char* name;
  double macs;
  double parameters;
  std::int64_t counted;  ///< of a normalisation, per channel: 0, 1, 2 or 4
};

/// `macs_tolerance` is that of the publication's last digit, and of what else than products it counts.
void expect_published(const Published& published, double macs_tolerance) {
  const Graph graph = expect(zoo_graph(published.name));
  std::int64_t macs = 0;
  std::int64_t parameters = 0;
  for (const GraphNode& node : graph.nodes) {
    macs += node.macs;
    parameters += node.op == "BatchNormalization" ? node.parameters / 4 * published.counted : node.parameters;
    if (node.op == "Clip") parameters -= 2;  // its bounds
  }
  EXPECT_NEAR(static_cast<double>(macs) / published.macs, 1, macs_tolerance) << published.name;
  EXPECT_NEAR(static_cast<double>(parameters) / published.parameters, 1, 0.003) << published.name;
}

TEST(Zoo, HasThePublishedSizesOfMobileNets) {
  // The tables of TensorFlow-slim (mobilenet_v1.md, mobilenet/README.md); MobileNet V1 at 0.25 to two digits.
  expect_published({"mobilenet_v1_1.0", 569e6, 4.24e6, 2}, 0.002);
  expect_published({"mobilenet_v1_0.25", 41e6, 0.47e6, 2}, 0.015);
  expect_published({"mobilenet_v2_1.0", 300e6, 3.47e6, 0}, 0.005);
  expect_published({"mobilenet_v2_1.3", 509e6, 5.34e6, 0}, 0.002);
  expect_published({"mobilenet_v2_1.4", 582e6, 6.06e6, 0}, 0.002);
}

TEST(Zoo, HasThePublishedSizesOfMnasNets) {
  // torchvision's model pages; MACs to two digits.
  expect_published({"mnasnet_0.5", 0.10e9, 2'218'512, 2}, 0.05);
  expect_published({"mnasnet_1.0", 0.31e9, 4'383'312, 2}, 0.016);
  expect_published({"mnasnet_1.3", 0.53e9, 6'282'256, 2}, 0.01);
}

TEST(Zoo, HasThePublishedSizesOfSqueezeNets) {
  expect_published({"squeezenet_1.0", 0.82e9, 1'248'424, 0}, 0.005);  // torchvision
  expect_published({"squeezenet_1.1", 0.35e9, 1'235'496, 0}, 0.005);
}

TEST(Zoo, HasThePublishedSizesOfResNets) {
  // 3 x 3 of 3 to 64, 64 to 64 four times, then twice the channels on half the pixels: 4096 pixels * (3 * 9 + 4 * 64 * 9) * 64, three times 4096 /
  // 4^i pixels * (32 * 9 + 32 + 3 * 64 * 9) * 2^i * 64 * 2^i, and 512 * 200. Parameters: torchvision's 11,689,512, with a first layer of 3 x 3
  // instead of 7 x 7, 49 - 9 = 40 less for each of 3 * 64, and 800 * 513 less for 200 classes.
  expect_published({"resnet18_64", 4096.0 * (27 + 2304) * 64 + 3 * 4096.0 * (288 + 32 + 1728) * 64 + 512 * 200, 11'689'512 - 40 * 192 - 800 * 513, 2},
                   0.002);
  expect_published({"resnet50_v1", 3.86e9, 25.6e6, 4},
                   0.005);  // He et al.: the stride is in the first convolution of a unit (4.1e9 where in the second)
  // Parameters: Keras (resnet_v2, statistics included). MACs: He et al. give 3.86e9 and 11.3e9 with the stride in a group's first unit. In the last
  // unit of the group before, as here and in slim, three units do their 3 x 3 and last 1 x 1 on a quarter of the image: 3 * 0.75 * (9 + 4) * (64 *
  // 56)^2 less.
  constexpr double kLess = 3 * 0.75 * 13 * 3584 * 3584;
  expect_published({"resnet50_v2", 3.86e9 - kLess, 25'613'800, 4}, 0.003);
  expect_published({"resnet152_v2", 11.3e9 - kLess, 60'380'648, 4}, 0.003);
}

TEST(Zoo, HasThePublishedSizeOfInceptionV4) { expect_published({"inception_v4", 24.584e9 / 2, 42.648e6, 1}, 0.005); }  // Open Model Zoo

TEST(Zoo, HasThePublishedSizeOfVgg) { expect_published({"vgg16", 15.5e9, 138'357'544, 0}, 0.005); }

TEST(Zoo, KnowsItsShapesAsAnEngineDoes) {
  using Draw = void (*)(Builder&);
  for (const Draw draw :
       std::initializer_list<Draw>{networks::inception_v4, networks::resnet50_v1, networks::resnet152_v2, networks::squeezenet_1_0,
                                   networks::squeezenet_1_1, networks::vgg16, [](Builder& net) { networks::mnasnet(net, 0.5); },
                                   [](Builder& net) { networks::mobilenet_v1(net, 0.25); }, [](Builder& net) { networks::mobilenet_v2(net, 1.3); }}) {
    Builder net("net", 1, Weights::kLeftOut);
    draw(net);
    Model model = net.build();
    const ValueTypes ours = expect(make_zoo_evaluator()->infer(model));
    auto& graph = *proto_of(model).mutable_graph();
    const auto initializers = graph.initializer();
    graph.clear_initializer();
    for (const auto& weights : initializers) {                               // as inputs they need no values
      if (weights.data_type() != static_cast<int>(ElementType::kFloat32)) {  // but shapes follow from these
        *graph.add_initializer() = weights;
        continue;
      }
      const Shape shape = shape_of(weights);
      auto& input = *graph.add_input();
      input.set_name(weights.name());
      set_type(input, ElementType::kFloat32, &shape);
    }
    const ValueTypes engines = expect(expect(ort::make_evaluator())->infer(model));
    for (const auto& node : graph.node()) {
      const std::string& value = node.output(0);
      EXPECT_EQ(ours.at(value).shape, engines.at(value).shape) << value;
      EXPECT_EQ(ours.at(value).element, engines.at(value).element) << value;
    }
  }
}

TEST(Zoo, HasTheSameGraphWithAndWithoutWeights) {
  for (const char* name : {"mobilenet_v2_0.35", "mnasnet_0.5", "squeezenet_1.0"}) {
    const Graph built = test::import_network(expect(build_zoo_model(name, 1)), name).graph;
    const Graph drawn = expect(zoo_graph(name));
    EXPECT_EQ(drawn.fingerprint, built.fingerprint) << name;
    EXPECT_EQ(drawn.name, name);
    ASSERT_EQ(drawn.layers.size(), built.layers.size()) << name;
    for (std::size_t l = 0; l < drawn.layers.size(); ++l) EXPECT_EQ(drawn.layers[l].signature, built.layers[l].signature) << name << " " << l;
  }
  EXPECT_THAT(error_of(zoo_graph("mobilenet_v2_9")), HasSubstr("the zoo has no network 'mobilenet_v2_9'"));
}

TEST(Zoo, NamesTheBlocksOfEveryNetwork) {
  for (const ZooEntry& entry : zoo()) {
    const std::size_t width = entry.name.find('<');
    const std::string name = width == std::string::npos ? entry.name : entry.name.substr(0, width) + "1.0";
    const Graph graph = expect(zoo_graph(name));
    const Graph blocks = expect(layers_of_blocks(graph));
    EXPECT_GE(blocks.layers.size(), 10U) << name;
    EXPECT_LT(blocks.layers.size(), graph.layers.size()) << name;
  }
}

TEST(ZooEvaluator, RefusesWhatItHasNoRuleFor) {
  Builder net("net", 1);
  net.output(net.node("Tanh", {net.input("x", {1, 8})}), {1, 8});
  EXPECT_THAT(error_of(make_zoo_evaluator()->infer(net.build())), testing::AllOf(HasSubstr("'Tanh_0'"), HasSubstr("without an engine")));
}

TEST(Zoo, KeepsActivationsFiniteAndDependentOnTheInput) {
  const test::TemporaryFolder folder;
  for (const char* name : {"mobilenet_v1_0.25", "mobilenet_v2_0.35", "mnasnet_0.5", "squeezenet_1.0", "squeezenet_1.1"}) {
    expect(save_model(with_all_outputs(expect(build_zoo_model(name, 1))), folder / "net.onnx"));
    const auto reference = expect(ort::Reference::open(folder / "net.onnx", {.threads = 1, .spin = false}));
    std::vector<std::vector<Tensor>> results;
    for (const std::uint64_t seed : {1U, 2U}) {
      Tensor image(ElementType::kFloat32, {1, 3, 224, 224});
      fill_random(image, seed);
      expect(reference->bind({&image}));
      expect(reference->run());
      results.push_back(expect(reference->results()));
    }
    for (std::size_t i = 0; i < results[0].size(); ++i) {
      const auto values = results[0][i].as<float>();
      EXPECT_TRUE(std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) << name << ": " << reference->outputs()[i];
      EXPECT_GT(compare(results[0][i], results[1][i]).relative, 1e-3) << name << ": " << reference->outputs()[i];
    }
  }
}

}  // namespace
}  // namespace mosaic::onnx
