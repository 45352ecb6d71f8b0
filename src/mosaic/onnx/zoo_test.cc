#include "mosaic/onnx/zoo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mosaic/backend/ort/ort_backend.h"
#include "mosaic/backend/ort/reference.h"
#include "mosaic/base/hash.h"
#include "mosaic/onnx/extract.h"
#include "mosaic/onnx/proto.h"
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

struct Published {
  const char* name;
  double macs;
  double parameters;
};

/// Turns the weights into inputs, which take no time to copy and leave every shape as it was; returns how many elements they had.
std::int64_t drop_weights(Model& model) {
  auto& graph = *proto_of(model).mutable_graph();
  std::int64_t elements = 0;
  for (const auto& initializer : graph.initializer()) {
    const Shape shape = shape_of(initializer);
    elements += *element_count(shape);
    auto& input = *graph.add_input();
    input.set_name(initializer.name());
    set_type(input, ElementType::kFloat32, &shape);
  }
  graph.clear_initializer();
  return elements;
}

/// Within 2 %: publications count some biases, normalisation statistics and scaling layers differently.
void expect_published(const Published& published) {
  Model model = expect(build_zoo_model(published.name, 1));
  const auto parameters = static_cast<double>(drop_weights(model));
  const Graph graph = test::import_network(std::move(model)).graph;
  double macs = 0;
  for (const Layer& layer : graph.layers) macs += static_cast<double>(layer.macs);
  EXPECT_NEAR(macs / published.macs, 1, 0.02) << published.name;
  EXPECT_NEAR(parameters / published.parameters, 1, 0.02) << published.name;
}

TEST(Zoo, HasThePublishedSizesOfMobileNets) {
  expect_published({"mobilenet_v1_1.0", 569e6, 4.24e6});  // Howard et al., table 8; parameters as in the authors' model files
  expect_published({"mobilenet_v1_0.25", 41e6, 0.47e6});
  expect_published({"mobilenet_v2_1.0", 300e6, 3.5e6});  // Sandler et al., table 4
}

TEST(Zoo, HasThePublishedSizeOfSqueezeNet) { expect_published({"squeezenet_1.1", 349e6, 1.235e6}); }

TEST(Zoo, HasThePublishedSizesOfResNets) {
  expect_published({"resnet50_v1", 3.86e9, 25.6e6});  // the stride is in the first convolution of a unit (4.1e9 where it is in the second)
  expect_published({"resnet50_v2", 3.5e9, 25.6e6});
}

TEST(Zoo, HasThePublishedSizeOfVgg) { expect_published({"vgg16", 15.5e9, 138e6}); }

TEST(Zoo, KeepsActivationsFiniteAndDependentOnTheInput) {
  const test::TemporaryFolder folder;
  for (const char* name : {"mobilenet_v1_0.25", "mobilenet_v2_0.35", "squeezenet_1.1"}) {
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
