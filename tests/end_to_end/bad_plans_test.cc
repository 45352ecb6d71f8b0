// Plans, profiles and board files that are wrong or belong elsewhere are refused with exit code 2.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::plan_json;
using test::Refusal;

/// Layers 0 (stem), 1 (left), 2 (right, sum and ReLU) and 3 (pooling); 2 uses what 0 and 1 make.
onnx::Model pooled_diamond() {
  onnx::Builder net("diamond", 1);
  const std::string stem = net.relu(net.conv(net.input("x", {1, 8, 8, 8}), {.in = 8, .out = 8}));
  const std::string left = net.relu(net.conv(stem, {.in = 8, .out = 8}));
  const std::string right = net.conv(stem, {.in = 8, .out = 8, .kernel = {1, 1}});
  net.output(net.max_pool(net.relu(net.add(left, right)), 2, 2), {1, 8, 4, 4});
  return net.build();
}

/// A desk with net.onnx and toy.yaml.
class BadFiles : public testing::Test {
 protected:
  void SetUp() override {
    desk_.write("toy.yaml", test::simulated_board_text());
    desk_.save("net.onnx", pooled_diamond());
  }

  /// All commands that take a plan refuse it in the same words.
  void refuse_plan(const std::string& content, const std::vector<std::string>& said, const std::string& board = "toy.yaml") const {
    desk_.write("plan.json", content);
    std::vector<std::string> with_file = said;
    with_file.emplace_back("plan.json");
    for (const std::vector<std::string>& command : {std::vector<std::string>{"run", "net.onnx", "--plan", "plan.json", "--trace", "trace.json"},
                                                    {"plan", "net.onnx", "--check", "plan.json"},
                                                    {"export", "net.onnx", "--plan", "plan.json", "-o", "slices"}}) {
      std::vector<std::string> arguments = command;
      arguments.insert(arguments.end(), {"--board", board});
      expect_refusal(desk_, {arguments, with_file});
    }
  }

  void profile() const { (void)desk_.output({"profile", "net.onnx", "--board", "toy.yaml", "--repetitions", "3", "-o", "profile.json"}); }

  Desk desk_;
};

TEST_F(BadFiles, PlanThatDoesNotCoverTheModelOnce) {
  const std::vector<std::pair<Json, std::vector<std::string>>> cases{
      {plan_json({{"0-1", "big/1c"}, {"3", "gpu"}}), {"layer 2", "is in no step"}},
      {plan_json({{"0-2", "big/1c"}, {"2-3", "gpu"}}), {"layer 2", "is in steps 0 and 1"}},
      {plan_json({{"0-9", "big/1c"}}), {"step 0 has layer 4", "layers 0 to 3"}},
      {plan_json({{"3-0", "big/1c"}}), {"'3-0' is not a list of layers"}},
      {plan_json({}), {"no step"}},
  };
  for (const auto& [plan, said] : cases) refuse_plan(plan.dump(), said);
}

TEST_F(BadFiles, PlanWhoseStepsGoInCircles) {
  Json waits = plan_json({{"0-1", "big/1c"}, {"2-3", "gpu"}});
  waits["steps"][0]["after"] = {1};
  refuse_plan(waits.dump(), {"waits for itself", "cycle"});
  refuse_plan(plan_json({{"0,3", "big/1c"}, {"1-2", "gpu"}}).dump(), {"steps 1 and 0 need each other", "cycle"});
  Json backwards = plan_json({{"1-3", "big/1c"}, {"0", "gpu"}});
  refuse_plan(backwards.dump(), {"need each other"});
  Json unordered = plan_json({{"0-1", "big/1c"}, {"2-3", "gpu"}});
  unordered["steps"][1]["after"] = Json::array();
  refuse_plan(unordered.dump(), {"step 1 uses", "step 0 makes"});
  Json nowhere = plan_json({{"0-3", "big/1c"}});
  nowhere["steps"][0]["after"] = {7};
  refuse_plan(nowhere.dump(), {"comes after step 7, which does not exist"});
}

TEST_F(BadFiles, PlanForWhatTheBoardDoesNotHave) {
  refuse_plan(plan_json({{"0-1", "big/1c"}, {"2-3", "tpu"}}).dump(), {"step 1", "no configuration 'tpu'", "npu"});
  refuse_plan(plan_json({{"0-3", "big/2c"}}).dump(), {"no configuration 'big/2c'", "big/4c"});
  // A convolution of 8 to 8 channels, 3 x 3, has 584 parameters, 2336 bytes, and 4096 bytes of activations at least.
  desk_.write("small.yaml", test::simulated_board_text(", slice_limit: 6000"));
  refuse_plan(plan_json({{"0-3", "npu"}}).dump(), {"step 0 (layers 0-3) needs", "on npu", "5.86 KiB"}, "small.yaml");
  desk_.write("lacking.yaml", test::simulated_board_text(", missing_operators: [Add]"));
  refuse_plan(plan_json({{"0-1", "big/1c"}, {"2-3", "npu"}}).dump(), {"step 1", "needs operator Add, which device 'npu' lacks"}, "lacking.yaml");
}

TEST_F(BadFiles, PlanForAnotherModelOrBoard) {
  profile();
  (void)desk_.output({"plan", "net.onnx", "--board", "toy.yaml", "--profile", "profile.json", "-o", "made.json"});
  Json plan = Json::parse(desk_.read("made.json"));
  Json other_model = plan;
  other_model["graph"] = {{"name", "somewhere"}, {"fingerprint", std::string(32, 'a')}};
  refuse_plan(other_model.dump(), {"the plan is for another model: 'somewhere' (aaaaaaaa), this is 'net'"});
  Json other_board = plan;
  other_board["board"] = {{"name", "elsewhere"}, {"fingerprint", std::string(32, 'b')}};
  refuse_plan(other_board.dump(), {"the plan is for board 'elsewhere', this is 'toy': give --board"});
}

TEST_F(BadFiles, PlanThatIsDamaged) {
  const std::string good = plan_json({{"0-3", "big/1c"}}).dump();
  Json unknown = Json::parse(good);
  unknown["stepps"] = 1;
  Json future = Json::parse(good);
  future["schema_version"] = 99;
  Json channels = Json::parse(good);
  channels["steps"][0]["part"] = {{"axis", 1}, {"begin", 0}, {"end", 4}};
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {"", {}},
      {good.substr(0, good.size() / 2), {}},
      {std::string(300, '\x7f'), {}},
      {"[1, 2, 3]", {}},
      {unknown.dump(), {"stepps"}},
      {future.dump(), {"99"}},
      {channels.dump(), {"only some channels"}},
  };
  for (const auto& [content, said] : cases) refuse_plan(content, said);
  expect_refusal(desk_, {{"run", "net.onnx", "--plan", "missing.json"}, {"missing.json", "No such file"}});
}

TEST_F(BadFiles, ProfileOfSomethingElse) {
  profile();
  const Json good = Json::parse(desk_.read("profile.json"));
  const std::vector<std::tuple<std::string, Json, std::vector<std::string>>> edits{
      {"/graph/fingerprint", std::string(32, 'a'), {"another model", "aaaaaaaa"}},
      {"/board/fingerprint", std::string(32, 'b'), {"another board", "bbbbbbbb"}},
      {"/machine", "A toaster", {"another machine", "A toaster", "mosaic profile"}},
      {"/engine/fingerprint", std::string(32, 'c'), {"another engine", "mosaic profile"}},
  };
  for (const auto& [key, value, said] : edits) {
    Json edited = good;
    ASSERT_TRUE(edited.contains(Json::json_pointer(key))) << key;
    edited[Json::json_pointer(key)] = value;
    desk_.write("edited.json", edited.dump());
    expect_refusal(desk_, {{"plan", "net.onnx", "--board", "toy.yaml", "--profile", "edited.json", "-o", "plan.json"}, said});
    expect_refusal(desk_, {{"bench", "net.onnx", "--board", "toy.yaml", "--profile", "edited.json"}, said});
  }
}

// The model was trained again: same name, same layers, other weights elsewhere. The board got another device.
TEST_F(BadFiles, ProfileThatIsStale) {
  profile();
  desk_.save("net.onnx", test::conv_chain(4));
  expect_refusal(desk_, {{"plan", "net.onnx", "--board", "toy.yaml", "--profile", "profile.json", "-o", "plan.json"}, {"another model: 'net'"}});
  desk_.save("net.onnx", pooled_diamond());
  std::string faster = test::simulated_board_text();
  faster.replace(faster.find("gmacs: 60"), 9, "gmacs: 61");
  desk_.write("toy.yaml", faster);
  expect_refusal(desk_, {{"plan", "net.onnx", "--board", "toy.yaml", "--profile", "profile.json", "-o", "plan.json"}, {"another board 'toy'"}});
}

TEST_F(BadFiles, ProfileThatIsDamaged) {
  profile();
  const std::string good = desk_.read("profile.json");
  Json short_list = Json::parse(good);
  short_list["slices"][0]["us"].erase(0);
  Json unknown = Json::parse(good);
  unknown["colour"] = "blue";
  const std::vector<std::string> contents{"", good.substr(0, good.size() / 2), "\x01\x02\x03", "{}", "null", short_list.dump(), unknown.dump()};
  for (const std::string& content : contents) {
    SCOPED_TRACE(content.substr(0, 40));
    desk_.write("bad.json", content);
    expect_refusal(desk_, {{"plan", "net.onnx", "--board", "toy.yaml", "--profile", "bad.json", "-o", "plan.json"}, {"bad.json"}});
  }
  expect_refusal(desk_, {{"plan", "net.onnx", "--board", "toy.yaml", "--profile", "none.json", "-o", "plan.json"}, {"none.json", "No such file"}});
}

TEST_F(BadFiles, ProfileOfANoisyMachine) {
  profile();
  Json noisy = Json::parse(desk_.read("profile.json"));
  noisy["noisy"] = {"big/1c: the whole model's times spread by 80 %"};
  desk_.write("noisy.json", noisy.dump());
  const std::vector<std::string> command{"plan", "net.onnx", "--board", "toy.yaml", "--profile", "noisy.json", "-o", "plan.json"};
  expect_refusal(desk_, {command, {"too noisy", "80 %", "--accept-noise"}, 3});
  std::vector<std::string> accepted = command;
  accepted.emplace_back("--accept-noise");
  EXPECT_EQ(desk_.run(accepted).code, 0);
}

TEST_F(BadFiles, BoardThatCannotBe) {
  const auto real = [](const std::string& device) { return "schema_version: 1\nname: b\ndevices:\n  - {name: cpu, kind: cpu, " + device + "}\n"; };
  const std::string toy = test::simulated_board_text();
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {real("cores: [0], colour: blue"), {"colour"}},
      {real("cores: [0], slice_limt: 3 MiB"), {"slice_limt", "slice_limit"}},
      {real("cores: [4000]"), {"device 'cpu' has core 4000", "this machine has cores 0 to"}},
      {real("cores: [-1]"), {"core -1"}},
      {real("cores: [0], slice_limit: many"), {"slice_limit", "many"}},
      {real("cores: [0], operating_points: [{cores: 9}]"), {"'cpu'", "9"}},
      {"schema_version: 1\nname: b\nmachine: A toaster\ndevices: [{name: cpu, kind: cpu, cores: [0]}]\n", {"another machine", "A toaster"}},
      {"schema_version: 1\nname: b\ndevices: []\n", {"no device"}},
      {"schema_version: 2\nname: b\ndevices: []\n", {"2"}},
      {toy.substr(0, toy.size() / 2), {}},
      {"{{{", {}},
      {"", {}},
  };
  for (const auto& [content, said] : cases) {
    SCOPED_TRACE(content);
    desk_.write("bad.yaml", content);
    std::vector<std::string> with_file = said;
    with_file.emplace_back("bad.yaml");
    if (content.find("4000") != std::string::npos) with_file.pop_back();  // found when the device is asked, not when the file is read
    expect_refusal(desk_, {{"devices", "--board", "bad.yaml"}, with_file});
    expect_refusal(desk_, {{"profile", "net.onnx", "--board", "bad.yaml", "-o", "p.json"}, with_file});
  }
  expect_refusal(desk_, {{"devices", "--board", "missing.yaml"}, {"missing.yaml", "No such file"}});
}

}  // namespace
}  // namespace mosaic
