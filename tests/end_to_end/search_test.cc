// 'mosaic search': layers split over accelerators by channels, without training.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "mosaic/base/random.h"
#include "mosaic/input/array_file.h"
#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using testing::AllOf;
using testing::HasSubstr;

constexpr int kGarments = 10;

/// A small classifier of images of 3 x 32 x 32.
onnx::Model garment_classifier() {
  onnx::Builder net("small", 5);
  const auto small = net.relu(net.conv(net.input("x", {1, 3, 32, 32}), {.in = 3, .out = 8, .stride = 4}));
  const auto stem = net.relu(net.conv(small, {.in = 8, .out = 16, .kernel = {1, 1}}));
  const auto body = net.relu(net.add(net.conv(stem, {.in = 16, .out = 16}), stem));
  const auto wide = net.relu(net.conv(body, {.in = 16, .out = 40, .stride = 2}));
  net.output(net.softmax(net.dense(wide, 40 * 4 * 4, kGarments)), {1, kGarments});
  return net.build();
}

/// Images of tiles of noise in CIFAR-10's format: a byte of class, then planes of red, green and blue.
std::string noise_images(int count, std::uint64_t seed) {
  Random random(seed);
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes += static_cast<char>(random.below(kGarments));
    std::array<std::uint64_t, 48> brightest{};  // of 4 x 4 tiles of each plane, so that the images differ in more than brightness
    for (std::uint64_t& tile : brightest) tile = 1 + random.below(2) * 254;
    for (std::size_t pixel = 0; pixel < 3 * 32 * 32; ++pixel) {
      const std::size_t tile = pixel / 1024 * 16 + pixel % 1024 / 256 * 4 + pixel % 32 / 8;
      bytes += static_cast<char>(random.below(brightest[tile]));
    }
  }
  return bytes;
}

class Search : public testing::Test {
 protected:
  void SetUp() override {
    desk_.save("net.onnx", garment_classifier());
    desk_.write("images.bin", noise_images(40, 1));
  }

  [[nodiscard]] static std::vector<std::string> search(const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"search", "net.onnx"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return arguments;
  }

  Desk desk_;
};

TEST_F(Search, ShowsHeuristicsAndAFrontWithModelledCosts) {
  const std::string text = desk_.output(search({"--images", "images.bin", "--points", "4"}));
  EXPECT_THAT(text, AllOf(HasSubstr("20 images to calibrate, tested on 20; cycles and energies are modelled"), HasSubstr("All-8bit"),
                          HasSubstr("All-Ternary"), HasSubstr("IO-8bit/backbone-ternary"), HasSubstr("Min-Cost"), HasSubstr("proved whole")));
}

TEST_F(Search, GivesPointsThatNoOtherBeatsInCostAndProxy) {
  for (const std::string objective : {"latency", "energy"}) {
    SCOPED_TRACE(objective);
    const Json json = desk_.json(search({"--images", "images.bin", "--objective", objective, "--points", "6"}));
    const std::string cost = objective == "latency" ? "modelled_cycles" : "modelled_uj";
    std::vector<std::pair<double, double>> points;
    for (const Json& each : json.at("mappings")) {
      if (each.at("name").get<std::string>().starts_with("point")) points.emplace_back(each.at(cost), each.at("proxy"));
    }
    ASSERT_GE(points.size(), 2U);
    for (std::size_t i = 1; i < points.size(); ++i) {
      EXPECT_GT(points[i].first, points[i - 1].first);
      EXPECT_LT(points[i].second, points[i - 1].second);
    }
  }
}

TEST_F(Search, SaysTheSameAgain) {
  const auto twice = search({"--images", "images.bin", "--points", "3", "--json"});
  EXPECT_EQ(desk_.output(twice), desk_.output(twice));
}

TEST_F(Search, WritesModelsThatTheHostRunsToTheSameClasses) {
  const Json searched = desk_.json(search({"--images", "images.bin", "--test", "images.bin", "--points", "3", "-o", "front"}));
  EXPECT_THAT(desk_.read("front/front.html"), HasSubstr("modelled"));
  EXPECT_THAT(desk_.read("front/All-8bit.mapping.json"), HasSubstr("bits"));
  std::set<std::size_t> seen;
  for (const Json& each : searched.at("mappings")) {
    std::string file = each.at("name");
    std::ranges::replace_if(file, [](char c) { return c == ' ' || c == '/'; }, '_');
    SCOPED_TRACE(file);
    const Json run = desk_.json({"run", "front/" + file + ".onnx", "--input", "images.bin", "--repeat", "1", "--repetitions", "3"});
    std::vector<std::size_t> classes;
    for (const Json& sample : run.at("samples")) classes.push_back(sample.at("top").at(0));
    EXPECT_EQ(classes, each.at("classes").get<std::vector<std::size_t>>());
    EXPECT_NEAR(run.at("accuracy").at("top1").get<double>() * 100, each.at("accuracy_pct").get<double>(), 1e-9);
    seen.insert(classes.begin(), classes.end());
  }
  EXPECT_GT(seen.size(), 2U) << "images that all look alike to the network would prove little";
}

TEST_F(Search, WritesPlansThatRunOnTheSimulatedBoardToTheSameClasses) {
  const Json searched = desk_.json(search({"--images", "images.bin", "--test", "images.bin", "--points", "3", "-o", "front"}));
  std::size_t split = 0;
  for (const Json& each : searched.at("mappings")) {
    std::string file = each.at("name");
    std::ranges::replace_if(file, [](char c) { return c == ' ' || c == '/'; }, '_');
    SCOPED_TRACE(file);
    const std::string plan = "front/" + file + ".plan.json";
    const Json run = desk_.json({"run", "front/" + file + ".integers.json", "--plan", plan, "--board", "diana", "--input", "images.bin", "--check"});
    std::vector<std::size_t> classes;
    for (const Json& sample : run.at("samples")) classes.push_back(sample.at("top").at(0));
    EXPECT_EQ(classes, each.at("classes").get<std::vector<std::size_t>>());
    EXPECT_EQ(run.at("check").at("different"), 0);
    EXPECT_EQ(run.at("layers"), each.at("layers"));
    EXPECT_DOUBLE_EQ(run.at("modelled_cycles"), each.at("modelled_cycles"));
    EXPECT_DOUBLE_EQ(run.at("modelled_uj"), each.at("modelled_uj"));
    for (const Json& layer : run.at("layers")) split += layer.at("digital_channels") > 0 && layer.at("analog_channels") > 0 ? 1 : 0;
    const Json explained = desk_.json({"explain", plan});
    EXPECT_EQ(explained.at("layers"), each.at("layers"));
  }
  EXPECT_GT(split, 0U) << "no layer was split";
}

TEST_F(Search, PrintsWhatEvaluateSearchReads) {
  desk_.write("search.json", desk_.output(search({"--images", "images.bin", "--points", "3", "--json"})));
  const Json searched = Json::parse(desk_.read("search.json"));
  const Json compared = desk_.json({"evaluate", "search", "search.json"});
  EXPECT_EQ(compared.at("test_images"), 20);
  ASSERT_EQ(compared.at("front").size(), searched.at("mappings").size());
  for (std::size_t i = 0; i < compared.at("front").size(); ++i)
    EXPECT_NEAR(compared.at("front")[i].at("accuracy_percent").get<double>(), searched.at("mappings")[i].at("accuracy_pct").get<double>(), 1e-9);
}

TEST_F(Search, RoundsWeightsByThemselvesWhereAsked) {
  const auto classes = [&](const std::vector<std::string>& options) {
    std::vector<std::string> all{"--images", "images.bin", "--points", "3"};
    all.insert(all.end(), options.begin(), options.end());
    return desk_.json(search(all)).at("mappings").dump();
  };
  const std::string compensated = classes({});
  const std::string plain = classes({"--no-compensation"});
  EXPECT_NE(compensated, plain);
  EXPECT_NE(classes({"--equalise"}), compensated);
  EXPECT_NE(classes({"--no-compensation", "--no-correction"}), plain);
}

TEST_F(Search, AddsTheConverterAndItsNoiseWhereAsked) {
  const auto with_converter = [&](const std::string& noise) {
    std::vector<double> shares;
    const Json json = desk_.json(search({"--images", "images.bin", "--points", "3", "--analog-noise", noise}));
    for (const Json& each : json.at("mappings")) shares.push_back(each.at("with_converter_pct"));
    return shares;
  };
  const std::vector<double> quiet = with_converter("0");
  const std::vector<double> loud = with_converter("1000");
  EXPECT_EQ(quiet.front(), loud.front()) << "All-8bit does not use the analog array";
  EXPECT_NE(quiet, loud);
}

TEST_F(Search, RefusesWhatCannotBeSearched) {
  onnx::Builder sigmoid("net", 0);
  sigmoid.output(sigmoid.node("Sigmoid", {sigmoid.conv(sigmoid.input("x", {1, 3, 32, 32}), {.in = 3, .out = 4})}), {1, 4, 32, 32});
  desk_.save("sigmoid.onnx", sigmoid.build());
  desk_.write("one.bin", noise_images(1, 2));
  desk_.write("torn.bin", noise_images(2, 2).substr(0, 5000));
  std::string wrong = noise_images(4, 3);
  wrong[0] = 99;
  desk_.write("wrong.bin", wrong);

  expect_refusal(desk_, {search({"--images", "images.bin", "--board", "hikey970"}), {"board 'hikey970'", "'diana' has"}});
  expect_refusal(desk_, {{"search", "sigmoid.onnx", "--images", "images.bin"}, {"sigmoid.onnx", "Sigmoid", "cannot be mapped"}});
  expect_refusal(desk_, {search({}), {"a search wants images"}});
  expect_refusal(desk_, {search({"--images", "nothing.bin"}), {"nothing.bin"}});
  expect_refusal(desk_, {search({"--images", "torn.bin"}), {"torn.bin"}});
  expect_refusal(desk_, {search({"--images", "one.bin"}), {"one image alone", "--test"}});
  expect_refusal(desk_, {search({"--images", "wrong.bin"}), {"of class 99", "10 classes"}});
  expect_refusal(desk_, {search({"--images", "images.bin", "--method", "magic"}), {"--method", "magic"}});
  expect_refusal(desk_, {search({}), {"give --images, or --cost-only"}});
  expect_refusal(desk_, {search({"--images", "images.bin", "-o", "net.onnx"}), {"net.onnx is not a folder"}});
  expect_refusal(desk_, {search({"--images", "images.bin", "--test-truth", "truth.csv"}), {"--test-truth", "--test"}});
  desk_.write(
      "half.yaml",
      "{schema_version: 1, name: half, devices: [{name: array, kind: npu, backend: modelled, cost_function: diana/digital, precision: int8}]}");
  expect_refusal(desk_, {search({"--images", "images.bin", "--board", "half.yaml"}), {"board 'half'", "one precision alone (int8, device 'array')"}});
}

TEST_F(Search, RefusesOptionsThatItHasNoUseFor) {
  const std::vector<std::vector<std::string>> of_images{{"--images", "images.bin"}, {"--truth", "truth.csv"}, {"--calibration", "9"}, {"--equalise"}};
  const std::vector<std::vector<std::string>> of_gradient{
      {"--data", "fashion-mnist"}, {"--epochs", "2"},        {"--batch", "8"},       {"--rate", "0.1"},
      {"--hold-out", "9"},         {"--no-mirror"},          {"--seed", "2"},        {"--threads", "2"},
      {"--lambda", "0.1"},         {"--search-epochs", "1"}, {"--tune-epochs", "1"}, {"--tune-rate", "0.1"},
      {"--checkpoint", "work"}};
  const std::vector<std::vector<std::string>> of_both{
      {"--method", "sensitivity"}, {"--preprocess", "torch"}, {"--analog-noise", "1"}, {"--no-correction"}, {"--no-compensation"}};
  const auto refused = [&](std::vector<std::string> before, const std::vector<std::string>& option, const std::string& why) {
    before.insert(before.end(), option.begin(), option.end());
    expect_refusal(desk_, {search(before), {"leave out " + option[0], why}});
  };
  for (const auto& option : of_images) {
    refused({"--cost-only"}, option, "it is for --method sensitivity");
    refused({"--method", "gradient"}, option, "it is for --method sensitivity");
  }
  for (const auto& option : of_gradient) {
    refused({"--cost-only"}, option, "it is for --method gradient");
    refused({"--images", "images.bin"}, option, "it is for --method gradient");
  }
  for (const auto& option : of_both) refused({"--cost-only"}, option, "--cost-only has no use for it");
}

TEST_F(Search, SaysWhereAClassIsMissing) {
  desk_.write("more.npy", format_npy(Tensor(ElementType::kFloat32, {1, 3, 32, 32})));
  const auto run = [&](const std::vector<std::string>& options) { return desk_.run(search(options)); };
  const test::Outcome untested = run({"--images", "images.bin", "--test", "images.bin", "more.npy", "--points", "2"});
  EXPECT_THAT(untested.err, AllOf(HasSubstr("1 of 41 test images have no class, more"), HasSubstr("accuracies are left out")));
  EXPECT_THAT(untested.out, HasSubstr("Sensitivities are to the classes given"));
  const test::Outcome own = run({"--images", "images.bin", "more.npy", "--test", "images.bin", "--points", "2"});
  EXPECT_THAT(own.err, AllOf(HasSubstr("1 of 41 calibration images have no class"), HasSubstr("the network's own classes")));
  EXPECT_THAT(own.out, HasSubstr("Sensitivities are to the float network's own classes"));
  EXPECT_EQ(desk_.json(search({"--images", "images.bin", "--points", "2"})).at("labels"), "given");
}

TEST_F(Search, LeavesNothingOfAnEarlierFrontBesideANewOne) {
  const auto made = [&](const std::string& points) {
    const Json json = desk_.json(search({"--images", "images.bin", "--points", points, "-o", "front"}));
    return json.at("mappings").size();
  };
  const auto there = [&](const std::string& ending) {
    return std::ranges::count_if(desk_.files(), [&](const std::string& file) { return file.ends_with(ending); });
  };
  const std::size_t many = made("6");
  const std::size_t few = made("2");
  ASSERT_LT(few, many);
  for (const char* const ending : {".mapping.json", ".integers.json", ".onnx", ".plan.json"}) {
    const auto own = std::string_view(ending) == ".onnx" ? 1 : 0;  // the network itself
    EXPECT_EQ(there(ending), static_cast<std::ptrdiff_t>(few) + own) << ending;
  }
}

TEST_F(Search, PrintsWhatItFoundBeforeAFullDiskSpoilsIt) {
  test::Setting setting = desk_.setting();
  setting.largest_file = 1000;
  const test::Outcome outcome = test::Process(search({"--images", "images.bin", "--points", "2", "-o", "front"}), setting).wait();
  EXPECT_NE(outcome.code, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("All-8bit"), HasSubstr("IO-8bit")));
  EXPECT_THAT(outcome.err, HasSubstr("front"));
}

// Of a thousand points it has built few before it is stopped.
TEST_F(Search, StopsOnRequest) {
  test::Process process(search({"--images", "images.bin", "--points", "1000"}), desk_.setting());
  ASSERT_TRUE(process.wait_for_error("sensitivities"));
  process.interrupt();
  const test::Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 130);
  EXPECT_EQ(outcome.out, "");
}

}  // namespace
}  // namespace mosaic
