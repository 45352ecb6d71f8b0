// One plan over three devices at once: two sets of cores and a GPU (or the Vulkan driver that runs on the CPU).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::Outcome;
using test::plan_json;
using testing::HasSubstr;

/// The processors that this process may use.
std::vector<int> processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof(set), &set);
  std::vector<int> out;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) out.push_back(i);
  }
  return out;
}

class ThreeDevices : public testing::Test {
 protected:
  void SetUp() override {
    const std::vector<int> cores = processors();
    if (cores.size() < 2) GTEST_SKIP() << "needs two processors";
    const std::filesystem::path folder = MOSAIC_VULKAN_FOLDER;
    const bool own_gpu = !environment("MOSAIC_TEST_GPU").empty();
    if (!own_gpu) {
      if (!std::filesystem::exists(folder / "vk_swiftshader_icd.json"))
        GTEST_SKIP() << "webgpu: no Vulkan driver (scripts/setup gpu fetches one that runs on the CPU)";
      environment_ = {{"VK_ICD_FILENAMES", (folder / "vk_swiftshader_icd.json").string()}, {"LD_LIBRARY_PATH", folder.string()}};
    }
    cores_ = {cores.front(), cores.back()};
    write_board("board.yaml", "");
    desk_.write("plan.json", plan_json({{"0", "left/1c"}, {"1-2", "gpu"}, {"3", "right/1c"}}).dump());

    // Layers 0: Conv+Relu, 1: Conv+Relu, 2: MaxPool, 3: Conv+Relu
    onnx::Builder net("toy", 5);
    std::string x = net.relu(net.conv(net.input("x", {1, 8, 8, 8}), {.in = 8, .out = 8}));
    x = net.max_pool(net.relu(net.conv(x, {.in = 8, .out = 8})), 2, 2);
    net.output(net.relu(net.conv(x, {.in = 8, .out = 8})), {1, 8, 4, 4});
    desk_.save("net.onnx", net.build());
  }

  void write_board(const std::string& file, const std::string& extra) const {
    const auto cpu = [&](const std::string& name, int core) {
      return "  - {name: " + name + ", kind: cpu, cores: [" + std::to_string(core) + "]}\n";
    };
    desk_.write(file, "schema_version: 1\nname: three\ndevices:\n" + cpu("left", cores_[0]) + cpu("right", cores_[1]) +
                          "  - {name: gpu, kind: gpu, provider: WebGPU" + extra + "}\n");
  }

  [[nodiscard]] Outcome run(const std::string& board, const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"run", "net.onnx", "--board", board, "--plan", "plan.json", "--repeat", "3"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return desk_.run(arguments, environment_);
  }

  Desk desk_;
  std::array<int, 2> cores_{};
  std::map<std::string, std::string> environment_;
};

TEST_F(ThreeDevices, GiveTheOutputsOfOne) {
  const Outcome outcome = run("board.yaml", {"--check", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json report = Json::parse(outcome.out);
  EXPECT_FALSE(report.at("simulated"));
  std::vector<std::string> used;
  for (const Json& step : report.at("steps")) used.push_back(step.at("configuration"));
  EXPECT_THAT(used, testing::ElementsAre("left/1c", "gpu", "right/1c"));
  EXPECT_LE(report.at("check").at("worst_relative_difference").get<double>(), 1e-4);
}

TEST_F(ThreeDevices, RefuseAPlanWhereOneLacksAnOperator) {
  write_board("lacking.yaml", ", missing_operators: [MaxPool]");
  expect_refusal(
      desk_,
      {{"run", "net.onnx", "--board", "lacking.yaml", "--plan", "plan.json"}, {"step 1: layer 2", "operator MaxPool, which device 'gpu' lacks"}},
      environment_);
}

// The GPU's provider knows no determinant, which no board file says: it is asked.
TEST_F(ThreeDevices, RefuseAPlanWhereTheEngineLacksAnOperator) {
  onnx::Builder net("det", 5);
  const std::string x = net.relu(net.input("x", {1, 4, 4}));
  net.output(net.relu(net.node("Det", {x})), {1});
  desk_.save("det.onnx", net.build());
  const Json layers = Json::parse(desk_.run({"inspect", "det.onnx", "--json"}).out).at("layers");
  desk_.write("det.json", plan_json({{"0-" + std::to_string(layers.size() - 1), "gpu"}}).dump());
  expect_refusal(desk_, {{"run", "det.onnx", "--board", "board.yaml", "--plan", "det.json"}, {"device 'gpu' cannot run layers", "Det"}},
                 environment_);
}

TEST_F(ThreeDevices, AreProfiledPlannedAndVerified) {
  const Outcome profile =
      desk_.run({"profile", "net.onnx", "--board", "board.yaml", "-r", "3", "--accept-noise", "-o", "profile.json"}, environment_);
  ASSERT_EQ(profile.code, 0) << profile.err;
  const Outcome plan =
      desk_.run({"plan", "net.onnx", "--board", "board.yaml", "-p", "profile.json", "--accept-noise", "-o", "made.json"}, environment_);
  EXPECT_EQ(plan.code, 0) << plan.err;
  const Outcome verify = desk_.run({"verify", "net.onnx", "--board", "board.yaml", "--plans", "4"}, environment_);
  EXPECT_EQ(verify.code, 0) << verify.err;
  EXPECT_THAT(verify.out, HasSubstr("outputs equal"));
}

}  // namespace
}  // namespace mosaic
