// 'mosaic train', 'mosaic elastic' and 'mosaic search --method gradient', end to end on small images.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/onnx/builder.h"
#include "tests/end_to_end/tool.h"
#include "training/synthetic_images.h"

namespace mosaic {
namespace {

using test::Desk;
using test::expect;
using test::expect_refusal;
using testing::AllOf;
using testing::HasSubstr;

class TrainingCommands : public testing::Test {
 protected:
  void SetUp() override { test::write_synthetic_data(desk_ / "data"); }

  [[nodiscard]] static std::vector<std::string> with_data(std::vector<std::string> arguments, const std::vector<std::string>& more) {
    const std::vector<std::string> common{"--data", "data", "--hold-out", "40", "--batch", "20"};
    arguments.insert(arguments.end(), common.begin(), common.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  [[nodiscard]] static std::vector<std::string> train(const std::vector<std::string>& more) { return with_data({"train", "resnet8"}, more); }
  [[nodiscard]] static std::vector<std::string> search(const std::vector<std::string>& more) {
    return with_data({"search", "resnet8", "--method", "gradient"}, more);
  }

  void succeed(const std::vector<std::string>& arguments) const { EXPECT_NE(desk_.output(arguments), ""); }

  Desk desk_;
};

TEST_F(TrainingCommands, TrainWritesAModelThatTheOtherCommandsRun) {
  const Json trained = desk_.json(train({"--epochs", "4", "-o", "net.onnx"}));
  EXPECT_GT(trained.at("accuracy_pct").get<double>(), 60);
  EXPECT_EQ(trained.at("losses").size(), 4U);
  EXPECT_EQ(trained.at("training_images"), 160);
  const Json searched = desk_.json({"search", "net.onnx", "--images", "data/train-images-idx3-ubyte", "--test", "data/t10k-images-idx3-ubyte",
                                    "--test-truth", "data/t10k-labels-idx1-ubyte", "--points", "2"});
  EXPECT_EQ(searched.at("float_accuracy_pct"), trained.at("accuracy_pct")) << "the model is what was tested";
}

TEST_F(TrainingCommands, TrainGivesTheSameBytesAgain) {
  succeed(train({"--epochs", "1", "-o", "a.onnx"}));
  succeed(train({"--epochs", "1", "-o", "b.onnx"}));
  succeed(train({"--epochs", "1", "--seed", "2", "-o", "c.onnx"}));
  EXPECT_EQ(desk_.read("a.onnx"), desk_.read("b.onnx"));
  EXPECT_NE(desk_.read("a.onnx"), desk_.read("c.onnx"));
}

// More epochs than it can have ended before it is interrupted. That it resumes to the same bits, step by step, is trainer_test's.
TEST_F(TrainingCommands, AnInterruptedTrainingResumesWhereItWas) {
  auto arguments = train({"--epochs", "10000", "--checkpoint", "work.checkpoint", "-o", "resumed.onnx"});
  const auto interrupted_after = [&](const std::string& text) {
    test::Process process(arguments, desk_.setting());
    EXPECT_TRUE(process.wait_for_error(text));
    process.interrupt();
    const test::Outcome outcome = process.wait();
    EXPECT_EQ(outcome.code, 130) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("--resume goes on from work.checkpoint"));
    EXPECT_FALSE(std::filesystem::exists(desk_ / "resumed.onnx"));
    return outcome.err;
  };
  EXPECT_THAT(interrupted_after("epoch 2 of 10000"), HasSubstr("epoch 1 of 10000"));
  arguments.emplace_back("--resume");
  EXPECT_THAT(interrupted_after(" of 10000"), testing::Not(HasSubstr("epoch 1 of 10000")));
}

TEST_F(TrainingCommands, SearchByGradientGivesAllMethodsInOneResult) {
  const auto arguments = search(
      {"--epochs", "3", "--search-epochs", "1", "--tune-epochs", "1", "--lambda", "0.05,20", "--points", "3", "--checkpoint", "work", "-o", "front"});
  const Json json = desk_.json(arguments);
  EXPECT_EQ(json.at("seed"), 1);
  EXPECT_EQ(json.at("calibration_images"), 160) << "there are no more";
  std::map<std::string, int> methods;
  for (const Json& each : json.at("mappings")) {
    ++methods[each.at("method").get<std::string>() + (each.at("trained").get<bool>() ? " trained" : "")];
    EXPECT_EQ(each.at("classes").size(), 60U);
    EXPECT_EQ(each.contains("held_out_accuracy_pct"), each.at("trained").get<bool>());
    if (each.at("trained").get<bool>()) {
      EXPECT_EQ(each.at("epochs"), 2) << "one of search, one of tuning, and as many for what was not searched";
    }
    EXPECT_EQ(each.at("seed"), 1);
  }
  EXPECT_EQ(methods["heuristic trained"], 3);
  EXPECT_GE(methods["min-cost trained"], 1);
  EXPECT_GE(methods["odimo trained"], 1);
  EXPECT_EQ(methods["training-free trained"], methods["training-free"]);
  EXPECT_EQ(methods["heuristic"], 3);
  EXPECT_THAT(desk_.read("front/front.html"), AllOf(HasSubstr("ODiMO"), HasSubstr("modelled")));
  EXPECT_THAT(desk_.read("front/All-8bit.mapping.json"), HasSubstr("bits"));
  EXPECT_TRUE(std::filesystem::exists(desk_ / "front/All-8bit.onnx"));

  auto resumed = arguments;
  resumed.emplace_back("--resume");
  EXPECT_EQ(desk_.json(resumed), json) << "all stages are there already";
}

TEST_F(TrainingCommands, AModelOfAFileIsTrainedFurtherAndSearched) {
  succeed(train({"--epochs", "2", "-o", "net.onnx"}));
  const Json better = desk_.json(with_data({"train", "net.onnx"}, {"--epochs", "3", "--rate", "0.01", "-o", "better.onnx"}));
  EXPECT_LT(better.at("losses").at(2), better.at("losses").at(0));
  const Json json = desk_.json(with_data({"search", "better.onnx", "--method", "gradient"},
                                         {"--objective", "energy", "--search-epochs", "1", "--tune-epochs", "1", "--lambda", "1", "--points", "2"}));
  EXPECT_EQ(json.at("float_epochs"), 0);
  EXPECT_EQ(json.at("objective"), "energy");
  EXPECT_EQ(json.at("float_accuracy_pct"), better.at("accuracy_pct"));
  expect_refusal(desk_, {with_data({"search", "better.onnx", "--method", "gradient"}, {"--epochs", "3"}),
                         {"leave out --epochs", "starts from a trained network"}});
}

TEST_F(TrainingCommands, WithoutTuningTheSearchesAreStillThere) {
  const Json json = desk_.json(search({"--epochs", "1", "--search-epochs", "1", "--tune-epochs", "0", "--lambda", "1", "--points", "2"}));
  std::vector<std::string> names;
  for (const Json& each : json.at("mappings")) {
    names.push_back(each.at("name"));
    EXPECT_EQ(each.at("trained"), each.at("method") == "odimo") << names.back();
  }
  EXPECT_THAT(names, testing::IsSupersetOf({"ODiMO 1", "All-8bit", "All-Ternary", "Min-Cost"}));
  desk_.write("search.json", json.dump());
  EXPECT_EQ(desk_.json({"evaluate", "search", "search.json"}).at("seeds"), 1);
}

// No checkpoint is there: nothing has been trained yet.
TEST_F(TrainingCommands, TheEngineIsMissedBeforeHoursOfTraining) {
  for (const auto& arguments : {train({"--checkpoint", "work"}), search({"--checkpoint", "work"})}) {
    expect_refusal(desk_, {arguments, {"ONNX Runtime is not to be found"}, 3}, {{"MOSAIC_ORT_LIBRARY", "/nonexistent.so"}});
  }
}

TEST_F(TrainingCommands, FaultsAreNamed) {
  const auto nothing = [](std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  expect_refusal(desk_,
                 {nothing({"train", "resnet8"}, {"--data", "nowhere"}), {"--data nowhere: there is no such folder", "scripts/setup training"}});
  expect_refusal(desk_, {nothing({"search", "resnet8", "--method", "gradient"}, {}), {"needs --data"}});
  expect_refusal(desk_, {{"train", "resnet8", "--data", "data", "--hold-out", "200"}, {"200 training images, of which 200"}});
  expect_refusal(desk_, {train({"--rate", "1e30"}), {"became no number in epoch 1", "learning rate"}});
  expect_refusal(desk_, {search({"--board", "hikey970"}), {"board 'hikey970'", "'diana' has"}});
  const std::string both = expect(read_file(std::filesystem::path(MOSAIC_SOURCE_FOLDER) / "boards/diana.yaml"));
  desk_.write("half.yaml", both.substr(0, both.find("  - name: analog")));
  expect_refusal(desk_, {search({"--board", "half.yaml"}), {"computes in one precision alone", "cost_function diana/analog"}});
  expect_refusal(desk_, {search({"--images", "data/t10k-images-idx3-ubyte"}), {"leave out --images"}});
  expect_refusal(desk_, {search({"--equalise"}), {"leave out --equalise"}});
  expect_refusal(desk_, {search({"--cost-only"}), {"leave out --data: --cost-only"}});
  expect_refusal(desk_, {search({"--resume"}), {"--resume", "--checkpoint"}}, {});
  expect_refusal(desk_, {train({"--resume"}), {"--resume", "--checkpoint"}});
  expect_refusal(desk_, {train({"-o", "data/train-images-idx3-ubyte/net.onnx"}), {"is not a folder"}});
  expect_refusal(desk_, {with_data({"train", "resnet9"}, {}), {"resnet9"}});

  onnx::Builder sigmoid("net", 0);
  sigmoid.output(sigmoid.node("Sigmoid", {sigmoid.conv(sigmoid.input("x", {1, 1, 8, 8}), {.in = 1, .out = 4})}), {1, 4, 8, 8});
  desk_.save("sigmoid.onnx", sigmoid.build());
  expect_refusal(desk_, {with_data({"train", "sigmoid.onnx"}, {}), {"sigmoid.onnx", "Sigmoid"}});
  onnx::Builder small("net", 0);
  small.output(small.softmax(small.dense(small.conv(small.input("x", {1, 1, 8, 8}), {.in = 1, .out = 4}), 4 * 64, 3)), {1, 3});
  desk_.save("three.onnx", small.build());
  expect_refusal(desk_, {with_data({"train", "three.onnx"}, {}), {"is of class 3", "has 3 classes"}});

  succeed(train({"--epochs", "1", "--checkpoint", "work.checkpoint"}));
  const std::string good = desk_.read("work.checkpoint");
  desk_.write("work.checkpoint", good.substr(0, good.size() / 2));
  expect_refusal(desk_, {train({"--epochs", "1", "--checkpoint", "work.checkpoint", "--resume"}), {"work.checkpoint: damaged", "--resume"}});
  desk_.write("work.checkpoint", good);
  expect_refusal(desk_, {train({"--epochs", "2", "--checkpoint", "work.checkpoint", "--resume"}), {"1 epochs", "now it is", "2 epochs"}});
}

}  // namespace
}  // namespace mosaic
