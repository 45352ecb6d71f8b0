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
#include "mosaic/precision/evidence.h"
#include "mosaic/session/quantize_model.h"
#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::expect;
using test::expect_refusal;
using test::Refusal;
using testing::AllOf;
using testing::HasSubstr;

const Shape kPair{2, 8, 8, 8};  // two samples in a file
const Shape kOne{1, 8, 8, 8};

Tensor pair(int seed) {
  Tensor samples(ElementType::kFloat32, kPair);
  fill_random(samples, static_cast<std::uint64_t>(seed) + 1);
  return samples;
}

/// Lines of a table of classes for samples of the file: what the float model finds in each, and `off` more.
std::string truth_of(const onnx::Model& model, const std::string& file, const Tensor& samples, std::size_t off = 0) {
  const auto runner = expect(open_on_engine(1)(model));
  std::string lines;
  for (std::size_t k = 0; k < 2; ++k) {
    std::vector<Tensor> inputs{Tensor(ElementType::kFloat32, kOne)};
    std::ranges::copy(samples.bytes().subspan(k * inputs[0].bytes().size(), inputs[0].bytes().size()), inputs[0].bytes().begin());
    const std::size_t found = *precision::best_class(expect(runner->run(inputs))[0]);
    lines += file + "#" + std::to_string(k) + "," + std::to_string((found + off) % 4) + "\n";
  }
  return lines;
}

/// A classifier of four classes with a sum in it, six files of two samples, and the classes that it finds in them.
class Precision : public testing::Test {
 protected:
  void SetUp() override {
    onnx::Builder net("net", 2);
    const std::string first = net.relu(net.conv(net.input("x", kOne), {.in = 8, .out = 8}));
    const std::string sum = net.relu(net.add(net.conv(first, {.in = 8, .out = 8}), first));
    net.output(net.softmax(net.dense(net.global_average_pool(sum), 8, 4)), {1, 4});
    const onnx::Model model = net.build();
    desk_.save("net.onnx", model);
    std::string truth = "file,class\n";
    std::string wrong = truth;
    for (int i = 0; i < 6; ++i) {
      const std::string file = std::to_string(i) + ".npy";
      desk_.write("set/" + file, format_npy(pair(i)));
      truth += truth_of(model, file, pair(i));
      wrong += truth_of(model, file, pair(i), 1);
    }
    desk_.write("truth.csv", truth);
    desk_.write("wrong.csv", wrong);
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
  EXPECT_EQ(chosen.at("right_float"), 8);
  EXPECT_EQ(chosen.at("guard").at("verdict"), "passes");
  EXPECT_GE(chosen.at("guard").at("upper_level_pct"), 95);
  EXPECT_EQ(chosen.at("confirmed").at("ratio"), json.at("precision").at("speedup"));
  EXPECT_EQ(chosen.at("guard").at("measure"), "net drop of top-1");
  EXPECT_GT(chosen.at("int8_layers"), 0);
  for (const Json& each : json.at("tried")) {
    const bool tested = std::ranges::find(json.at("sequence"), Json(&each - &json.at("tried").at(0))) != json.at("sequence").end();
    EXPECT_EQ(each.at("guard").at("verdict") == "not tested", !tested);
    EXPECT_EQ(each.at("guard").at("upper_pct").is_null(), !tested);
  }
  const Json& record = json.at("precision");
  EXPECT_EQ(record.at("images"), 8);
  EXPECT_EQ(record.at("images_set"), json.at("held_out").at("set"));
  EXPECT_THAT(record.at("reason").get<std::string>(), HasSubstr("float has 8 of 8 right"));
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

// Eight images cannot tell whether 0.5 points are lost: 598 would be the fewest.
TEST_F(Precision, StaysInFloatWhereTooFewImagesCanTell) {
  const test::Outcome outcome =
      desk_.run(command({"--max-accuracy-drop", "0.5", "--min-speedup", "0.01", "--limit", "2", "--plan", "plan.json", "--json"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("nothing can pass"), HasSubstr("and 8 are held out")));
  const Json json = Json::parse(outcome.out);
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

// Of the eight images compared on, four are the calibration's by another name, and two come twice.
TEST_F(Precision, JudgesOnImagesThatTheCalibrationHasNotSeen) {
  for (const std::string name : {"0", "1", "2"}) desk_.write("others/copy" + name + ".npy", desk_.read("set/" + name + ".npy"));
  const Json json = desk_.json({"quantize", "net.onnx", "--calibrate", "set/0.npy", "set/1.npy", "set/./0.npy", "--images", "others", "set/2.npy",
                                "-o", "out.onnx", "-r", "10", "--rounds", "2", "--max-accuracy-drop", "100"});
  EXPECT_EQ(json.at("images"), 4);
  EXPECT_EQ(json.at("held_out").at("images"), 2);
  EXPECT_EQ(json.at("held_out").at("calibration_left_out"), 4);
  EXPECT_EQ(json.at("held_out").at("repeated_left_out"), 2);
  for (const Json& each : json.at("tried")) EXPECT_EQ(each.at("images"), 2);
}

// The first convolution gives one channel of some ten thousands, which nobody reads, and others of some ones, which the second one does: a step of 8
// bits is larger than all of them, so that whatever has one of the two in int8 sees nothing. Thirty-two samples, right in float by definition.
TEST_F(Precision, RefusesAWreck) {
  std::vector<float> first(64, 0.0F);
  std::vector<float> second(64, 0.0F);
  for (std::size_t c = 0; c < 8; ++c) {
    first[8 * c + c] = c == 0 ? 10'000.0F : 1.0F;
    second[8 * c + std::max<std::size_t>(c, 1)] = 1.0F;
  }
  onnx::Builder net("wreck", 3);
  const auto conv = [&](const std::string& x, const std::string& name, const std::vector<float>& weights) {
    return net.node("Conv", {x, net.constant(name, expect(from_floats(ElementType::kFloat32, {8, 8, 1, 1}, weights)))});
  };
  const std::string x = conv(conv(net.input("x", kOne), "w1", first), "w2", second);
  net.output(net.softmax(net.dense(net.global_average_pool(x), 8, 4)), {1, 4});
  const onnx::Model model = net.build();
  desk_.save("wreck.onnx", model);
  std::string truth = "file,class\n";
  for (int i = 10; i < 30; ++i) {
    desk_.write("many/" + std::to_string(i) + ".npy", format_npy(pair(i)));
    truth += truth_of(model, std::to_string(i) + ".npy", pair(i));
  }
  desk_.write("many.csv", truth);
  const Json json = desk_.json({"quantize", "wreck.onnx", "--calibrate", "many", "--limit", "4", "--truth", "many.csv", "-o", "out.onnx", "-r", "10",
                                "--rounds", "2", "--max-accuracy-drop", "20", "--min-speedup", "0.01"});
  bool seen = false;
  for (std::size_t i = 0; i < json.at("tried").size(); ++i) {
    const Json& each = json.at("tried").at(i);
    if (!each.at("all_int8").get<bool>()) continue;
    seen = true;
    EXPECT_EQ(each.at("right_float"), 32);
    EXPECT_GT(each.at("guard").at("drop_pct"), 20);
    EXPECT_THAT(each.at("guard").at("verdict").get<std::string>(), testing::AnyOf("fails", "not tested"));
    EXPECT_NE(json.at("chosen"), i);
  }
  EXPECT_TRUE(seen);
  EXPECT_NE(json.at("precision").at("outcome"), "int8");
}

TEST_F(Precision, RefusesWhatMakesNoSense) {
  desk_.write("one/0.npy", desk_.read("set/0.npy"));
  desk_.write("other/3.npy", desk_.read("set/4.npy"));
  desk_.write("lacking.csv", "file,class\n3.npy#0,4\n");
  desk_.write("labels-idx1-ubyte", std::string("\0\0\x08\x01\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0", 20));  // twelve classes
  const std::vector<Refusal> refusals{
      {command({"--max-accuracy-drop", "1", "--limit", "6"}), {"6 files", "--limit", "--images"}},
      {command({"--max-accuracy-drop", "1", "-t", "1000"}), {"1000 cores", "--threads"}},
      {command({"--max-accuracy-drop", "1", "--images", "set"}), {"no image to compare on", "12 are the calibration's"}},
      {command({"--max-accuracy-drop", "1", "--truth", "wrong.csv"}), {"0 of 6 images right", "chance"}},
      {command({"--max-accuracy-drop", "1", "--limit", "1", "--truth", "lacking.csv"}), {"3.npy#0: its class is 4, the model has 4 (0 to 3)"}},
      {command({"--max-accuracy-drop", "1", "--truth", "labels-idx1-ubyte"}), {"in the order of all 6 files", "--images"}},
      {command({"--max-accuracy-drop", "1", "--truth", "lacking.csv", "--images", "set/3.npy", "other"}), {"both set/3.npy and other/3.npy"}},
      {command({"--max-accuracy-drop", "1", "--plan", "out.onnx"}), {"out.onnx would be overwritten by its own plan"}},
      {command({"--max-accuracy-drop", "1", "--plan", "nowhere/plan.json"}), {"nowhere/plan.json cannot be written"}},
      {{"quantize", "net.onnx", "--calibrate", "one", "-o", "out.onnx", "--max-accuracy-drop", "1"}, {"1 files", "--images"}},
      {{"quantize", "net.onnx", "--calibrate", "set", "-o", "out.onnx", "--max-accuracy-drop", "1", "--plan", "net.onnx"}, {"would be overwritten"}},
      {{"explain", "net.onnx"}, {"net.onnx does not say how its precision was chosen"}},
      {{"explain", "net.onnx", "--profile", "p.json"}, {"net.onnx is a model", "for plans"}},
  };
  for (const Refusal& refusal : refusals) expect_refusal(desk_, refusal);
}

// A model that was chosen again has another graph, and a plan of two slices is not what the model's table explains.
TEST_F(Precision, ExplainsNoPlanOfAnotherModel) {
  (void)desk_.output(command({"--max-accuracy-drop", "100", "--min-speedup", "0.01", "--limit", "2", "--plan", "plan.json"}));
  Json stale = Json::parse(desk_.read("plan.json"));
  stale["graph"]["fingerprint"] = std::string(32, '0');
  desk_.write("stale.json", stale.dump());
  expect_refusal(desk_, {{"explain", "stale.json"}, {"stale.json was made for another model than out.onnx is now"}});
  Json sliced = Json::parse(desk_.read("plan.json"));
  const Json configuration = sliced.at("steps").at(0).at("configuration");
  sliced["steps"] = {{{"layers", "0"}, {"configuration", configuration}}, {{"layers", "1"}, {"configuration", configuration}}};
  desk_.write("sliced.json", sliced.dump());
  expect_refusal(desk_, {{"explain", "sliced.json"}, {"sliced.json divides out.onnx into slices", "--profile"}});
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
  std::size_t all = 0;
  while (!json.at("tried").at(all).at("all_int8").get<bool>()) ++all;
  EXPECT_EQ(json.at("tried").at(all).at("int8_layers"), 38);
  EXPECT_GT(json.at("tried").at(all).at("cosine"), 0.99);
}

}  // namespace
}  // namespace mosaic
