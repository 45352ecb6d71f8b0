// Models that cannot be used are refused with exit code 2, by every command that reads one, and nothing is left behind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/onnx/proto.h"
#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::Refusal;

/// A desk with net.onnx, a chain of two convolutions, and toy.yaml.
class BadModel : public testing::Test {
 protected:
  void SetUp() override {
    desk_.write("toy.yaml", test::simulated_board_text());
    desk_.save("net.onnx", test::conv_chain(2));
  }

  Desk desk_;
};

/// A chain whose first constant lies in another file.
std::string external(const std::string& location) {
  onnx::Model model = test::conv_chain(1);
  auto& tensor = *onnx::proto_of(model).mutable_graph()->mutable_initializer(0);
  tensor.clear_raw_data();
  tensor.clear_float_data();
  tensor.set_data_location(::onnx::TensorProto::EXTERNAL);
  auto& entry = *tensor.add_external_data();
  entry.set_key("location");
  entry.set_value(location);
  return onnx::serialize_model(model);
}

TEST_F(BadModel, IsRefusedByEveryCommand) {
  desk_.write("bad.onnx", "");
  desk_.write("plan.json", test::plan_json({{"0-1", "big/1c"}}).dump());
  desk_.write("profile.json", "{}");
  const std::vector<std::vector<std::string>> commands{
      {"inspect"}, {"profile", "-o", "p.json"}, {"plan", "-p", "profile.json", "-o", "q.json"},    {"run"}, {"bench"},
      {"verify"},  {"run", "-p", "plan.json"},  {"export", "--plan", "plan.json", "-o", "slices"},
  };
  for (std::vector<std::string> command : commands) {
    if (command[0] != "inspect") command.insert(command.begin() + 1, {"--board", "toy.yaml"});
    command.insert(command.begin() + 1, "bad.onnx");
    expect_refusal(desk_, {command, {"bad.onnx", "the model is empty (0 bytes)"}});
  }
  EXPECT_FALSE(std::filesystem::exists(desk_.cache())) << "a refused model left something in the cache";
}

TEST_F(BadModel, IsMissingDamagedOrNoModel) {
  const std::string good = desk_.read("net.onnx");
  desk_.write("cut.onnx", good.substr(0, good.size() / 2));
  desk_.write("text.onnx", "this is not a network but a sentence that says so, at some length, to be read as if it were one");
  std::string random(4096, '\0');
  for (std::size_t i = 0; i < random.size(); ++i) random[i] = static_cast<char>((i * 2654435761U) >> 13U);
  desk_.write("random.onnx", random);
  for (const std::string file : {"cut.onnx", "text.onnx", "random.onnx"}) expect_refusal(desk_, {{"inspect", file}, {file, "not an ONNX model"}});
  expect_refusal(desk_, {{"inspect", "missing.onnx"}, {"missing.onnx", "No such file"}});
  expect_refusal(desk_, {{"inspect", "."}, {"it is a folder"}});
}

TEST_F(BadModel, KeepsItsDataElsewhere) {
  desk_.write("missing.onnx", external("weights.bin"));
  desk_.write("short.onnx", external("short.bin"));
  desk_.write("short.bin", "1234");
  desk_.write("inner/outside.onnx", external("../short.bin"));
  desk_.write("absolute.onnx", external("/etc/hostname"));
  std::filesystem::create_symlink("/etc/passwd", desk_ / "link.bin");
  desk_.write("linked.onnx", external("link.bin"));
  const std::vector<Refusal> refusals{
      {{"inspect", "missing.onnx"}, {"missing.onnx", "external data of", "are missing", "weights.bin"}},
      {{"inspect", "short.onnx"}, {"short.onnx", "short.bin has 4"}},
      {{"inspect", "inner/outside.onnx"}, {"outside the model's folder", "../short.bin"}},
      {{"inspect", "absolute.onnx"}, {"outside the model's folder", "/etc/hostname"}},
      {{"inspect", "linked.onnx"}, {"outside the model's folder", "link.bin"}},
  };
  for (const Refusal& refusal : refusals) expect_refusal(desk_, refusal);
}

TEST_F(BadModel, HasASymbolicShapeThatNobodyGave) {
  onnx::Builder net("net", 1);
  net.output(net.relu(net.conv(net.input("image", {1, 8, -1, -1}), {.in = 8, .out = 8})), {1, 8, -1, -1});
  desk_.save("symbolic.onnx", net.build());
  const std::vector<Refusal> refusals{
      {{"profile", "symbolic.onnx", "--board", "toy.yaml", "-o", "p.json"}, {"input 'image'", "--shape image=1x8x"}},
      {{"inspect", "symbolic.onnx", "--shape", "image=1x8x4"}, {"input 'image' has 4 extents", "1x8x4"}},
      {{"inspect", "symbolic.onnx", "--shape", "image=1x3x4x4"}, {"image", "1x3x4x4"}},
      {{"inspect", "net.onnx", "--shape", "x=1x8x9x9"}, {"input 'x' is fixed to 1x8x8x8", "1x8x9x9"}},
  };
  for (const Refusal& refusal : refusals) expect_refusal(desk_, refusal);
}

TEST_F(BadModel, HasAnOperatorThatTheEngineDoesNotKnow) {
  onnx::Builder net("net", 1);
  net.output(net.node("Frobnicate", {net.relu(net.input("x", {1, 8}))}), {1, 8});
  desk_.save("odd.onnx", net.build());
  for (const std::string board : {"toy.yaml", "host-split"})
    expect_refusal(desk_, {{"profile", "odd.onnx", "--board", board, "-o", "p.json"}, {"odd.onnx", "Frobnicate"}});
}

TEST_F(BadModel, HasAnOperatorThatNoDeviceHas) {
  desk_.write("lacking.yaml",
              "schema_version: 1\nname: lacking\ndevices:\n"
              "  - {name: left, kind: cpu, cores: [0], missing_operators: [Conv, Relu]}\n"
              "  - {name: right, kind: cpu, cores: [0], missing_operators: [Conv]}\n");
  const std::vector<std::string> said{"no device of board 'lacking' can run layer 0", "Conv"};
  expect_refusal(desk_, {{"profile", "net.onnx", "--board", "lacking.yaml", "-o", "p.json"}, said});
  expect_refusal(desk_, {{"run", "net.onnx", "--board", "lacking.yaml"}, said});
}

}  // namespace
}  // namespace mosaic
