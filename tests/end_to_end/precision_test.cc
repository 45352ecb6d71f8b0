// Precision chosen layer by layer under a guard, from the command line: what is written, run and explained, and what is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
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
using testing::HasSubstr;

/// A classifier of four classes with a sum in it, six files of two samples, and their classes.
class Precision : public testing::Test {
 protected:
  void SetUp() override {
    onnx::Builder net("net", 2);
    const std::string first = net.relu(net.conv(net.input("x", {1, 8, 8, 8}), {.in = 8, .out = 8}));
    const std::string sum = net.relu(net.add(net.conv(first, {.in = 8, .out = 8}), first));
    net.output(net.softmax(net.dense(net.global_average_pool(sum), 8, 4)), {1, 4});
    desk_.save("net.onnx", net.build());
    std::string truth = "file,class\n";
    for (int i = 0; i < 6; ++i) {
      Tensor samples(ElementType::kFloat32, {2, 8, 8, 8});
      fill_random(samples, static_cast<std::uint64_t>(i) + 1);
      desk_.write("set/" + std::to_string(i) + ".npy", format_npy(samples));
      for (int k = 0; k < 2; ++k) truth += std::to_string(i) + ".npy#" + std::to_string(k) + "," + std::to_string((i + k) % 4) + "\n";
    }
    desk_.write("truth.csv", truth);
  }

  /// A short command with these options besides.
  static std::vector<std::string> command(const std::vector<std::string>& more) {
    std::vector<std::string> all{"quantize", "net.onnx", "--calibrate", "set", "-o", "out.onnx", "-r", "10", "--rounds", "2"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Desk desk_;
};

// Any speed and any drop will do: something is chosen, whatever this machine's times are.
TEST_F(Precision, WritesAModelThatRunsAndExplainsItself) {
  const Json json =
      desk_.json(command({"--max-accuracy-drop", "100", "--min-speedup", "0.01", "--truth", "truth.csv", "--limit", "2", "--plan", "plan.json"}));
  EXPECT_EQ(json.at("images"), 4);  // two files of two
  ASSERT_TRUE(json.at("chosen").is_number());
  const Json& chosen = json.at("tried").at(json.at("chosen").get<std::size_t>());
  EXPECT_EQ(chosen.at("images"), 8);  // the other four
  EXPECT_EQ(chosen.at("labelled"), 8);
  EXPECT_EQ(chosen.at("of_layers"), 4);
  EXPECT_EQ(chosen.at("guard").at("verdict"), "passes");
  EXPECT_EQ(chosen.at("guard").at("measure"), "net drop of top-1");
  EXPECT_GT(chosen.at("int8_layers"), 0);
  const Json& record = json.at("precision");
  EXPECT_THAT(record.at("outcome"), testing::AnyOf("mixed", "int8"));
  ASSERT_EQ(record.at("layers").size(), 4);
  std::size_t in_int8 = 0;
  for (const Json& layer : record.at("layers")) in_int8 += layer.at("form") == "float" ? 0 : 1;
  EXPECT_EQ(in_int8, chosen.at("int8_layers"));

  EXPECT_EQ(desk_.json({"explain", "out.onnx"}), record);
  EXPECT_EQ(desk_.json({"explain", "plan.json"}), record);
  EXPECT_THAT(desk_.output({"explain", "plan.json"}), AllOf(HasSubstr("computes in"), HasSubstr("Conv+Relu"), HasSubstr("of 4 layers in int8")));
  const Json run = desk_.json({"run", "out.onnx", "--plan", "plan.json", "--input", "set/0.npy", "--repeat", "1", "--check"});
  EXPECT_LE(run.at("check").at("worst_relative_difference").get<double>(), 1e-2);
  EXPECT_EQ(run.at("slices"), 1);
}

// Eight images cannot tell whether 0.5 points are lost: 539 would be the fewest.
TEST_F(Precision, StaysInFloatWhereTooFewImagesCanTell) {
  const Json json = desk_.json(command({"--max-accuracy-drop", "0.5", "--min-speedup", "0.01", "--limit", "2", "--plan", "plan.json"}));
  EXPECT_TRUE(json.at("chosen").is_null());
  EXPECT_EQ(json.at("precision").at("outcome"), "float");
  EXPECT_THAT(json.at("precision").at("reason").get<std::string>(),
              testing::AnyOf(HasSubstr("cannot resolve with 8 images"), HasSubstr("fails on 8")));
  for (const Json& each : json.at("tried")) {
    EXPECT_NE(each.at("guard").at("verdict"), "passes");
    EXPECT_EQ(each.at("guard").at("measure"), "share of other classes");  // nobody knows the right ones
  }
  for (const onnx::NodeValue& node : onnx::node_values(expect(onnx::load_model(desk_ / "out.onnx")))) EXPECT_NE(node.op, "QuantizeLinear");
  EXPECT_THAT(desk_.output({"explain", "out.onnx"}), AllOf(HasSubstr("float: "), HasSubstr("not proven")));
  (void)desk_.output({"run", "out.onnx", "--plan", "plan.json", "--input", "set/0.npy", "--repeat", "1", "--check"});
}

TEST_F(Precision, IsSeenInItsReport) {
  EXPECT_THAT(desk_.output(command({"--max-accuracy-drop", "100", "--limit", "3"})),
              AllOf(HasSubstr("promised"), HasSubstr("by 6 images to calibrate and 6 to compare"), HasSubstr("share of other classes")));
}

TEST_F(Precision, RefusesWhatMakesNoSense) {
  desk_.write("one/0.npy", desk_.read("set/0.npy"));
  const std::vector<Refusal> refusals{
      {command({"--max-accuracy-drop", "1", "--limit", "6"}), {"6 files", "--limit", "--images"}},
      {command({"--max-accuracy-drop", "1", "-t", "1000"}), {"1000 cores", "--threads"}},
      {{"quantize", "net.onnx", "--calibrate", "one", "-o", "out.onnx", "--max-accuracy-drop", "1"}, {"1 files", "--images"}},
      {{"quantize", "net.onnx", "--calibrate", "set", "-o", "out.onnx", "--max-accuracy-drop", "1", "--plan", "net.onnx"}, {"would be overwritten"}},
      {{"explain", "net.onnx"}, {"net.onnx does not say how its precision was chosen"}},
  };
  for (const Refusal& refusal : refusals) expect_refusal(desk_, refusal);
}

TEST_F(Precision, ChoosesForATrainedNetwork) {
  MOSAIC_NEEDS_SHARED(model, "models/squeezenet1.1.onnx");
  MOSAIC_NEEDS_SHARED(images, "data/imagenet");
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(images)) {
    if (entry.path().extension() == ".jpg") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  ASSERT_GE(files.size(), 8);
  const Json json = desk_.json({"quantize",
                                model.string(),
                                "--calibrate",
                                files[0],
                                files[1],
                                files[2],
                                files[3],
                                "--images",
                                files[4],
                                files[5],
                                files[6],
                                files[7],
                                "--preprocess",
                                "torch",
                                "--max-accuracy-drop",
                                "100",
                                "--min-speedup",
                                "0.01",
                                "--rounds",
                                "1",
                                "--sensitivity-images",
                                "1",
                                "-o",
                                "out.onnx",
                                "-r",
                                "10"});
  ASSERT_TRUE(json.at("chosen").is_number());
  EXPECT_EQ(json.at("precision").at("layers").size(), 38);
  const Json& all = json.at("tried").back();
  EXPECT_GE(json.at("tried").size(), 2);
  EXPECT_GT(all.at("cosine"), 0.99);
  EXPECT_GT(all.at("predicted_noise"), json.at("tried").front().at("predicted_noise"));
}

}  // namespace
}  // namespace mosaic
