// Networks in integers on the simulated DIANA: 'mosaic run' and 'mosaic explain' of plans by channels, costs alone, cost functions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "mosaic/board/board_file.h"
#include "mosaic/input/array_file.h"
#include "mosaic/integers/permute.h"
#include "mosaic/integers/quantized_file.h"
#include "mosaic/session/mapped_plan.h"
#include "tests/end_to_end/tool.h"
#include "tests/integer_networks.h"

namespace mosaic {
namespace {

using test::Desk;
using test::expect;
using testing::AllOf;
using testing::HasSubstr;

/// conv of 24 channels, split -> depthwise, digital -> linear layer of 10 classes, split; rows in the channels' order.
integers::QuantizedNetwork small_network(std::uint64_t seed = 3) {
  test::NetworkMaker maker(seed, {.channels = 3, .height = 12, .width = 12});
  const std::size_t depthwise = maker.convolution(maker.convolution(0, {.out = 24}), {.out = 24, .groups = 24});
  maker.convolution(maker.global_pool(depthwise), {.out = 10, .kernel = 1, .activation = network::Activation::kNone});
  return test::quantized_network(maker.take(), seed);
}

class Mapped : public testing::Test {
 protected:
  void SetUp() override {
    network_ = integers::permute(small_network());
    save("net", network_);
    Random random(1);
    for (int i = 0; i < 8; ++i) {
      Tensor image(ElementType::kFloat32, {1, 3, 12, 12});
      for (float& pixel : image.as<float>()) pixel = static_cast<float>(random.normal());
      desk_.write("image" + std::to_string(i) + ".npy", format_npy(image));
    }
  }

  void save(const std::string& name, const integers::QuantizedNetwork& network) const {
    expect(integers::write_quantized(network, desk_ / (name + ".integers.json")));
    const Board board = expect(read_board(MOSAIC_SOURCE_FOLDER "/boards/diana.yaml"));
    const Plan::Sources sources{.model = name + ".integers.json", .board = "diana", .profile = {}, .calibration = {}};
    expect(write_plan(expect(mapped_plan(network, board, sources)), desk_ / (name + ".plan.json")));
  }

  /// The plan with something changed, as "spoilt.json".
  void spoil(const std::function<void(Json&)>& change) const {
    Json plan = Json::parse(desk_.read("net.plan.json"));
    change(plan);
    desk_.write("spoilt.json", plan.dump());
  }

  Desk desk_;
  integers::QuantizedNetwork network_;
};

TEST_F(Mapped, RunShowsBothArraysAndModelledCosts) {
  EXPECT_THAT(desk_.output({"run", "net.integers.json", "--plan", "net.plan.json", "--board", "diana"}),
              AllOf(HasSubstr("simulated in the chip's integers"), HasSubstr("modelled by published cost functions"), HasSubstr("analog cycles"),
                    HasSubstr("random: class"), HasSubstr("(modelled, not measured)")));
}

TEST_F(Mapped, RunNeedsNeitherPlanNorBoard) {
  EXPECT_EQ(desk_.json({"run", "net.integers.json"}), desk_.json({"run", "net.integers.json", "--plan", "net.plan.json", "--board", "diana"}));
}

TEST_F(Mapped, RunAgreesWithTheEngineOnEveryInteger) {
  const Json run = desk_.json({"run", "net.integers.json", "--input", "image0.npy", "image1.npy", "image2.npy", "--check"});
  // 432 of the image, 24 * 144 twice, 24 means, 10 classes, for 3 images.
  EXPECT_EQ(run.at("check").at("integers"), 3 * (432 + 2 * 3456 + 24 + 10));
  EXPECT_EQ(run.at("check").at("different"), 0);
  EXPECT_EQ(run.at("check").at("outputs_different"), 0);
  EXPECT_THAT(desk_.output({"run", "net.integers.json", "--check"}), HasSubstr("ONNX Runtime computes the same: all 7378 integers"));
}

TEST_F(Mapped, PermutationChangesNoOutput) {
  save("plain", small_network());
  for (const std::string name : {"net", "plain"}) {
    const auto outcome =
        desk_.run({"run", name + ".integers.json", "--plan", name + ".plan.json", "--input", "image0.npy", "image1.npy", "-o", name});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
  }
  EXPECT_NE(desk_.read("net.integers.json"), desk_.read("plain.integers.json"));
  for (const std::string image : {"0", "1"}) EXPECT_EQ(desk_.read("net/" + image + "_output.npy"), desk_.read("plain/" + image + "_output.npy"));
}

TEST_F(Mapped, ConverterAndNoiseAreASwitch) {
  std::vector<std::string> run{"run", "net.integers.json", "--input"};
  for (int i = 0; i < 8; ++i) run.push_back("image" + std::to_string(i) + ".npy");
  const Json exact = desk_.json(run);
  EXPECT_FALSE(exact.contains("converter"));
  run.insert(run.end(), {"--analog-noise", "1000"});
  const Json loud = desk_.json(run);
  EXPECT_GT(loud.at("converter").at("changed_classes"), 0);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(loud.at("samples").at(i).at("top"), exact.at("samples").at(i).at("top"));
  EXPECT_EQ(loud, desk_.json(run)) << "noise is seeded";
}

TEST_F(Mapped, ExplainSaysWhoWaitsAndWhatIsSaved) {
  const Json json = desk_.json({"explain", "net.plan.json"});
  ASSERT_EQ(json.at("layers").size(), 3U);
  double cycles = 0;
  double energy = 0;
  for (const Json& layer : json.at("layers")) {
    const double digital = layer.at("digital_cycles");
    const double analog = layer.at("analog_cycles");
    EXPECT_DOUBLE_EQ(layer.at("cycles"), std::max(digital, analog));
    const bool split = layer.at("digital_channels") > 0 && layer.at("analog_channels") > 0;
    EXPECT_DOUBLE_EQ(layer.at("slack_cycles"), split ? std::abs(digital - analog) : 0);
    EXPECT_EQ(layer.at("waits"), !split ? "" : digital < analog ? "digital" : "analog");
    cycles += layer.at("cycles").get<double>();
    energy += layer.at("uj").get<double>();
  }
  EXPECT_DOUBLE_EQ(json.at("modelled_cycles"), cycles);
  EXPECT_NEAR(json.at("modelled_uj"), energy, 1e-9);
  EXPECT_GT(json.at("all_8bit").at("modelled_cycles"), 0);
  EXPECT_THAT(desk_.output({"explain", "net.plan.json"}), AllOf(HasSubstr("waits"), HasSubstr("analog idle"), HasSubstr("All-8bit takes")));
}

TEST_F(Mapped, RefusesPlansThatDoNotFit) {
  save("other", integers::permute(small_network(4)));
  const auto refuses = [&](const std::function<void(Json&)>& change, std::vector<std::string> said) {
    spoil(change);
    said.emplace_back("spoilt.json: ");
    expect_refusal(desk_, {{"run", "net.integers.json", "--plan", "spoilt.json"}, said});
    expect_refusal(desk_, {{"explain", "spoilt.json"}, said});
  };
  refuses([](Json& plan) { plan["steps"][1]["part"]["begin"] = plan["steps"][1]["part"]["begin"].get<int>() - 1; },
          {"layer 0 ('node/1'): channel", "in steps 0 and 1"});
  refuses([](Json& plan) { plan["steps"][1]["part"]["end"] = 23; }, {"layer 0 ('node/1'): channel 23 of 24 in no step"});
  refuses([](Json& plan) { plan["steps"][0]["configuration"] = "npu"; }, {"board 'diana' has no configuration 'npu'", "digital/260MHz"});
  refuses([](Json& plan) { plan["steps"][2]["configuration"] = "analog/260MHz"; }, {"layer 'node/2' has 24 groups"});
  refuses([](Json& plan) { std::swap(plan["steps"][0]["configuration"], plan["steps"][1]["configuration"]); }, {"on 'analog'", "8-bit ones"});
  refuses([](Json& plan) { plan["steps"][2]["after"] = {0}; }, {"does not come after step 1"});
  expect_refusal(desk_,
                 {{"run", "net.integers.json", "--plan", "other.plan.json"}, {"for another network: 'net4'", "made with other.integers.json"}});
}

TEST_F(Mapped, RefusesWhatItCannotRun) {
  desk_.write(
      "half.yaml",
      "{schema_version: 1, name: half, devices: [{name: array, kind: npu, backend: modelled, cost_function: diana/digital, precision: int8}]}");
  desk_.write("torn.integers.json", desk_.read("net.integers.json").substr(0, 1000));
  onnx::Builder net("float", 1);
  net.output(net.conv(net.input("x", {1, 3, 12, 12}), {.in = 3, .out = 4}), {1, 4, 12, 12});
  desk_.save("float.onnx", net.build());
  expect_refusal(desk_, {{"run", "net.integers.json", "--board", "half.yaml"}, {"board 'half'", "one precision alone"}});
  expect_refusal(desk_, {{"run", "net.integers.json", "--board", "host"}, {"no accelerators that split a layer", "'diana' has"}});
  expect_refusal(desk_, {{"run", "torn.integers.json"}, {"torn.integers.json"}});
  expect_refusal(desk_, {{"run", "nothing.integers.json"}, {"nothing.integers.json"}});
  expect_refusal(desk_, {{"run", "net.integers.json", "--trace", "trace.json"}, {"--trace"}});
  expect_refusal(desk_, {{"run", "net.integers.json", "--truth", "truth.csv"}, {"--truth"}});
  expect_refusal(desk_, {{"run", "float.onnx", "--analog-noise", "1"}, {"--analog-noise", "float.onnx"}});
  expect_refusal(desk_, {{"run", "float.onnx", "--plan", "net.plan.json"}, {"board 'diana'", "mosaic run NAME.integers.json"}});
  expect_refusal(desk_, {{"plan", "float.onnx", "--board", "host", "--check", "net.plan.json"}, {"another model"}});
}

TEST_F(Mapped, CostsAloneNeedNoImages) {
  onnx::Builder net("small", 5);
  const auto stem = net.relu(net.conv(net.input("x", {1, 3, 32, 32}), {.in = 3, .out = 16, .stride = 4}));
  net.output(net.softmax(net.dense(net.relu(net.conv(stem, {.in = 16, .out = 40, .stride = 2})), 40 * 4 * 4, 10)), {1, 10});
  desk_.save("small.onnx", net.build());
  for (const std::string objective : {"latency", "energy"}) {
    const Json json = desk_.json({"search", "small.onnx", "--cost-only", "--objective", objective, "--points", "5"});
    EXPECT_EQ(json.at("front_excess"), 0);
    std::vector<std::pair<double, double>> points;
    for (const Json& each : json.at("mappings")) {
      if (each.at("name").get<std::string>().starts_with("point"))
        points.emplace_back(each.at(objective == "latency" ? "modelled_cycles" : "modelled_uj"), each.at("proxy"));
    }
    ASSERT_GE(points.size(), 2U);
    for (std::size_t i = 1; i < points.size(); ++i) {
      EXPECT_GT(points[i].first, points[i - 1].first);
      EXPECT_LT(points[i].second, points[i - 1].second);
    }
  }
  EXPECT_THAT(desk_.output({"search", "small.onnx", "--cost-only", "-o", "costs"}),
              AllOf(HasSubstr("nothing of accuracy"), HasSubstr("proved whole")));
  EXPECT_THAT(desk_.read("costs/front.csv"), HasSubstr("cycles,energy_uj,weight_error,digital_channels"));
  EXPECT_THAT(desk_.read("costs/costs.html"), HasSubstr("modelled"));
  EXPECT_THAT(desk_.read("costs/Min-Cost.mapping.json"), HasSubstr("bits"));
}

TEST(Accelerators, PrintEveryFigureBesideOursAndWhereItIsFrom) {
  const Desk desk;
  EXPECT_THAT(desk.output({"evaluate", "accelerators"}),
              AllOf(HasSubstr("127"), HasSubstr("112"), HasSubstr("the repository's 127 costs 43.475 cycles more"),
                    HasSubstr("the repository's 31 costs 0.000 cycles more"), HasSubstr("12 splits written out in the repository, 70 calculated"),
                    HasSubstr("0 different")));
  EXPECT_EQ(desk.json({"evaluate", "accelerators"}).at("equal"), true);
}

TEST(Accelerators, AreShownWithTheirCostFunctions) {
  const Desk desk;
  EXPECT_THAT(desk.output({"devices", "--board", "diana"}), HasSubstr("cost function diana/analog, in ternary"));
  EXPECT_EQ(desk.json({"devices", "--board", "diana"}).at("devices").at(0).at("cost_function"), "diana/digital");
}

}  // namespace
}  // namespace mosaic
