// The int8 variant of a model, from the command line: made, described, refused where there is no sense in it, and run like any other model.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "mosaic/input/array_file.h"
#include "mosaic/onnx/rewrite.h"
#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::expect;
using test::expect_refusal;
using test::Refusal;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

/// A folder of arrays, each with two samples of this shape.
void write_samples(const Desk& desk, const std::string& folder, Shape shape, int files) {
  shape[0] = 2;
  for (int i = 0; i < files; ++i) {
    Tensor samples(ElementType::kFloat32, shape);
    fill_random(samples, static_cast<std::uint64_t>(i) + 1);
    desk.write(folder + "/" + std::to_string(i) + ".npy", format_npy(samples));
  }
}

class Quantize : public testing::Test {
 protected:
  void SetUp() override {
    desk_.write("toy.yaml", test::simulated_board_text());
    desk_.save("net.onnx", test::conv_chain(3));
    write_samples(desk_, "set", {1, 8, 8, 8}, 2);
  }
  Desk desk_;
};

TEST_F(Quantize, WritesAModelThatRunsLikeAnyOther) {
  const std::vector<std::string> command{"quantize", "net.onnx", "--calibrate", "set", "-o", "int8.onnx", "-r", "10"};
  EXPECT_THAT(desk_.output(command),
              AllOf(HasSubstr("3 nodes in int8, 0 in float"), HasSubstr("4 images"), HasSubstr("the same that it was calibrated on")));
  const std::string bytes = desk_.read("int8.onnx");
  const Json json = desk_.json(command);
  EXPECT_EQ(desk_.read("int8.onnx"), bytes);
  EXPECT_EQ(json.at("images"), 4);
  EXPECT_EQ(json.at("quantised").size(), 3);
  EXPECT_LT(json.at("bytes_after"), json.at("bytes_before"));
  EXPECT_GT(json.at("check").at("sqnr_db"), 25);
  EXPECT_TRUE(json.at("check").at("agreement").is_null());  // an image comes out, no scores
  const auto pairs = onnx::metadata(expect(onnx::load_model(desk_ / "int8.onnx")));
  EXPECT_EQ(pairs.at("mosaic.quantization.calibration_set"), json.at("calibration_set"));
  const std::size_t layers = desk_.json({"inspect", "int8.onnx"}).at("layers").size();
  EXPECT_EQ(layers, 4);  // the input's conversion is one of its own
  desk_.write("plan.json", test::plan_json({{"0-1", "big/1c"}, {"2-3", "big/4c"}}).dump());
  const Json run = desk_.json({"run", "int8.onnx", "--board", "toy.yaml", "--plan", "plan.json", "--repeat", "1", "--check"});
  EXPECT_LE(run.at("check").at("worst_relative_difference").get<double>(), 1e-2);  // one step of 256 where another kernel rounds
}

TEST_F(Quantize, ComparesOnOtherImagesAndKnowsTheRightClasses) {
  onnx::Builder net("net", 2);
  net.output(net.softmax(net.dense(net.global_average_pool(net.relu(net.conv(net.input("x", {1, 8, 8, 8}), {.in = 8, .out = 8}))), 8, 4)), {1, 4});
  desk_.save("scores.onnx", net.build());
  write_samples(desk_, "other", {1, 8, 8, 8}, 1);
  desk_.write("truth.csv", "file,class\n0.npy#0,1\n0.npy#1,2\n");
  const Json json = desk_.json({"quantize", "scores.onnx", "--calibrate", "set", "--limit",  "1",   "--images",      "other", "--truth", "truth.csv",
                                "-o",       "int8.onnx",   "-r",          "10",  "--ranges", "mse", "--weight-bits", "7",     "--keep",  "Conv_0"});
  EXPECT_EQ(json.at("images"), 2);  // one file of two
  EXPECT_EQ(json.at("weight_bits"), 7);
  EXPECT_EQ(json.at("check").at("labelled"), 2);
  EXPECT_FALSE(json.at("check").at("agreement").is_null());
  EXPECT_THAT(json.at("float"), Contains(Json{{"node", "Conv_0"}, {"op", "Conv"}, {"reason", "kept on request"}}));
}

// Given as they are, under another name, and one of them again.
TEST_F(Quantize, KnowsTheCalibrationsImagesByWhatTheyHold) {
  desk_.write("copies/again.npy", desk_.read("set/1.npy"));
  write_samples(desk_, "more", {1, 8, 8, 8}, 3);  // the first two are those of the set
  const auto check = [&](const std::vector<std::string>& images) {
    std::vector<std::string> command{"quantize", "net.onnx", "--calibrate", "set", "-o", "int8.onnx", "-r", "10", "--images"};
    command.insert(command.end(), images.begin(), images.end());
    return desk_.json(command).at("check");
  };
  const Json same = check({"set"});
  EXPECT_EQ(same.at("calibration_images"), true);
  EXPECT_EQ(same.at("seen"), 4);
  const Json copies = check({"copies", "more", "./more"});
  EXPECT_EQ(copies.at("images"), 6);
  EXPECT_EQ(copies.at("seen"), 4);
  EXPECT_EQ(copies.at("repeated"), 2 + 6);
  const Json others = check({"more/2.npy"});
  EXPECT_EQ(others.at("calibration_images"), false);
  EXPECT_EQ(others.at("seen"), 0);
}

// The first convolution gives one channel of ten thousands, which nobody reads: 8 bits leave nothing of the others, and what is divided by itself is
// no number.
TEST_F(Quantize, SaysWhereValuesAreNoNumbers) {
  std::vector<float> first(64, 0.0F);
  std::vector<float> second(64, 0.0F);
  for (std::size_t c = 0; c < 8; ++c) {
    first[8 * c + c] = c == 0 ? 10'000.0F : 1.0F;
    second[8 * c + (c == 0 ? 1 : c)] = 1.0F;
  }
  onnx::Builder net("net", 2);
  const auto conv = [&](const std::string& x, const std::string& name, const std::vector<float>& weights) {
    return net.node("Conv", {x, net.constant(name, expect(from_floats(ElementType::kFloat32, {8, 8, 1, 1}, weights)))});
  };
  const std::string x = conv(conv(net.input("x", {1, 8, 8, 8}), "w1", first), "w2", second);
  net.output(net.node("Div", {x, x}), {1, 8, 8, 8});
  desk_.save("ratio.onnx", net.build());
  const std::vector<std::string> command{"quantize", "ratio.onnx", "--calibrate", "set", "-o", "int8.onnx", "-r", "10", "--no-bias-correction"};
  EXPECT_THAT(desk_.output(command), HasSubstr("SQNR -infinite (values that are no numbers"));
  const Json check = desk_.json(command).at("check");
  EXPECT_TRUE(check.at("sqnr_db").is_null());
  EXPECT_EQ(check.at("sound"), false);
  EXPECT_EQ(check.at("equal"), false);
}

TEST_F(Quantize, TakesANetworkOfTheZoo) {
  (void)desk_.output({"zoo", "build", "mobilenet_v2_0.1", "-o", "zoo.onnx"});
  write_samples(desk_, "images", {1, 3, 224, 224}, 1);
  const Json json = desk_.json({"quantize", "zoo.onnx", "--calibrate", "images", "-o", "int8.onnx", "-r", "10"});
  for (const Json& each : json.at("float")) EXPECT_NE(each.at("op"), "Conv");
  EXPECT_EQ(json.at("check").at("images"), 2);
  EXPECT_GT(json.at("check").at("cosine"), 0.9);
}

TEST_F(Quantize, KeepsTheAnswersOfATrainedNetwork) {
  MOSAIC_NEEDS_SHARED(model, "models/squeezenet1.1.onnx");
  MOSAIC_NEEDS_SHARED(images, "data/imagenet");
  const Json json = desk_.json({"quantize", model.string(), "--calibrate", images.string(), "--limit", "8", "--preprocess", "torch", "--truth",
                                (images / "labels.csv").string(), "-o", "int8.onnx", "-r", "10"});
  EXPECT_EQ(json.at("images"), 8);
  EXPECT_EQ(json.at("check").at("labelled"), 8);
  EXPECT_GE(json.at("check").at("agreement"), 0.75);
  EXPECT_GT(json.at("check").at("sqnr_db"), 20);
}

TEST_F(Quantize, RefusesWhatMakesNoSense) {
  (void)desk_.output({"quantize", "net.onnx", "--calibrate", "set", "-o", "int8.onnx", "--no-check"});
  onnx::Builder relu("relu", 1);
  relu.output(relu.relu(relu.input("x", {1, 8, 8, 8})), {1, 8, 8, 8});
  desk_.save("relu.onnx", relu.build());
  write_samples(desk_, "small", {1, 8, 4, 4}, 1);
  Tensor nan(ElementType::kFloat32, {1, 8, 8, 8});
  nan.as<float>()[5] = std::numeric_limits<float>::quiet_NaN();
  desk_.write("nan/x.npy", format_npy(nan));
  desk_.write("text/readme.md", "no picture");
  desk_.write("truth.csv", "file,class\nother.npy,1\n");
  const auto command = [](const std::string& model, const std::string& set, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"quantize", model, "--calibrate", set, "-o", "new.onnx"});
    return more;
  };
  const std::vector<Refusal> refusals{
      {command("net.onnx", "missing"), {"missing", "no such file or folder"}},
      {command("net.onnx", "text"), {"text holds no image"}},
      {command("net.onnx", "small"), {"0.npy holds float32 2x8x4x4", "1x8x8x8"}},
      {command("net.onnx", "set", {"--images", "small"}), {"0.npy holds float32 2x8x4x4"}},
      {command("net.onnx", "nan"), {"value 'x'", "1 of 512 values are NaN"}},
      {command("relu.onnx", "set"), {"nothing to quantise"}},
      {command("int8.onnx", "set"), {"quantised already"}},
      {command("net.onnx", "set", {"--keep", "Conv_9"}), {"no node 'Conv_9'"}},
      {command("net.onnx", "set", {"--truth", "truth.csv"}), {"names none of the images"}},
      {command("net.onnx", "set", {"--percentile", "99"}), {"--percentile says nothing", "--ranges percentile"}},
      {command("net.onnx", "set", {"--no-check", "--truth", "truth.csv"}), {"--truth says nothing", "--no-check"}},
      {command("net.onnx", "set", {"--no-check", "--images", "set"}), {"--images says nothing"}},
      {command("net.onnx", "set", {"--no-check", "-r", "10"}), {"--runs says nothing"}},
      {{"quantize", "net.onnx", "--calibrate", "set", "-o", "net.onnx"}, {"would be overwritten"}},
      {{"quantize", "net.onnx", "--calibrate", "set/0.npy", "-o", "set/0.npy"}, {"would be overwritten"}},
      {{"quantize", "net.onnx", "--calibrate", "set", "--truth", "truth.csv", "-o", "./truth.csv"}, {"would be overwritten"}},
      {{"quantize", "net.onnx", "--calibrate", "set", "-o", "nowhere/new.onnx"}, {"nowhere/new.onnx cannot be written", "no folder"}},
  };
  for (const Refusal& refusal : refusals) expect_refusal(desk_, refusal);
}

}  // namespace
}  // namespace mosaic
