// Writes what the fuzzers start from: seeds FOLDER fills FOLDER/model, /plan, /profile, /board_file, /monitor_log, /rk3399pro_csv and /kserve with
// small files that are right.
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/base/file.h"
#include "mosaic/onnx/builder.h"
#include "mosaic/plan/plan.h"
#include "mosaic/profile/profile.h"
#include "tests/fuzz/fixed_world.h"

namespace mosaic::fuzz {
namespace {

onnx::Model residual_network() {
  onnx::Builder net("residual", 1);
  const std::string stem = net.conv_bn(net.input("x", {1, 2, 6, 6}), {.in = 2, .out = 4}, "Relu6");
  const std::string side = net.relu(net.conv(stem, {.in = 4, .out = 4, .kernel = {1, 1}, .groups = 4}));
  const std::string pooled = net.max_pool(net.add(stem, side), 2, 2);
  net.output(net.dense(net.global_average_pool(pooled), 4, 3), {1, 3});
  return net.build();
}

/// Operators on shapes, a recurrent cell, several outputs, an initialiser that is an output.
onnx::Model shape_network() {
  onnx::Builder net("shapes", 2);
  const std::string x = net.input("x", {2, 1, 4});
  const std::string rnn =
      net.node("LSTM", {x, net.weights("w", {1, 16, 4}, 1), net.weights("r", {1, 16, 4}, 1)}, {{"hidden_size", std::int64_t{4}}}, 3);
  const std::string part = net.node(
      "Slice", {net.node("Shape", {x}), net.constant("from", std::vector<std::int64_t>{0}), net.constant("to", std::vector<std::int64_t>{2})});
  const std::string flat =
      net.node("Reshape", {x, net.node("Concat", {part, net.constant("rest", std::vector<std::int64_t>{-1})}, {{"axis", std::int64_t{0}}})});
  net.output(net.node("MatMul", {flat, net.weights("m", {4, 4}, 1)}), {2, 1, 4});
  net.output(rnn, {2, 1, 1, 4});
  net.output(net.node("NonZero", {flat}), {3, -1}, ElementType::kInt64);
  net.output("to", {1}, ElementType::kInt64);
  return net.build();
}

Plan branching_plan(const Graph& graph, const Board& board) {
  Plan plan{.graph_name = graph.name, .graph = graph.fingerprint, .board_name = board.name, .board = board.fingerprint};
  const auto layers = [](std::initializer_list<std::size_t> indices) {
    std::vector<LayerId> ids;
    for (const std::size_t index : indices) ids.emplace_back(index);
    return ids;
  };
  plan.steps = {{.layers = layers({0}), .configuration = "big/3c"},
                {.layers = layers({1, 2}), .configuration = "npu", .after = {StepId(0)}},
                {.layers = layers({3}), .configuration = "little/1c", .after = {StepId(0), StepId(1)}}};
  plan.steps[1].predicted =
      Step::Predicted{.transfer = Microseconds(3.5), .clocks = Microseconds(2), .execute = Microseconds(20), .energy = Joules{0.001}};
  plan.prediction = Prediction{.expected = Microseconds(50), .low = Microseconds(45), .high = Microseconds(60), .energy = Joules{0.002}};
  plan.sources.model = "model.onnx";
  return plan;
}

/// Layers of 4, 1 and 6 channels, the first and the last on two devices.
Plan divided_plan(const Board& board) {
  Plan plan{.graph_name = "divided", .board_name = board.name, .board = board.fingerprint};
  const auto part = [&](std::size_t layer, std::optional<Channels> channels, const char* configuration, std::vector<StepId> after) {
    plan.steps.push_back({.layers = {LayerId(layer)}, .channels = channels, .configuration = configuration, .after = std::move(after)});
  };
  part(0, Channels{.begin = 0, .end = 3}, "big/3c", {});
  part(0, Channels{.begin = 3, .end = 4}, "npu", {});
  part(1, {}, "npu", {StepId(0), StepId(1)});
  part(2, Channels{.begin = 0, .end = 2}, "npu", {StepId(2)});
  part(2, Channels{.begin = 2, .end = 6}, "big/3c", {StepId(2)});
  return plan;
}

/// Two rounds of every layer and pair of layers on every configuration, with two links.
Profile small_profile(const Graph& graph, const Board& board) {
  Profile profile{.graph_name = graph.name, .graph = graph.fingerprint, .board_name = board.name, .board = board.fingerprint, .rounds = 2};
  for (const Layer& layer : graph.layers) profile.signatures.push_back(layer.signature);
  for (std::size_t c = 0; c < board.configurations.size(); ++c) {
    const std::string& name = board.configurations[c].name;
    const auto times = [&](std::size_t length) {
      return std::vector{static_cast<double>(10 * (c + 1) * length + 5), 0.5 + static_cast<double>(10 * (c + 1) * length)};
    };
    for (std::size_t length = 1; length <= 2; ++length) {
      for (std::size_t begin = 0; begin + length <= graph.layers.size(); ++begin) {
        profile.slices.push_back({.begin = begin, .end = begin + length, .configuration = name, .microseconds = times(length)});
      }
    }
    profile.wholes.push_back({.begin = 0, .end = graph.layers.size(), .configuration = name, .microseconds = times(graph.layers.size())});
  }
  profile.links = {{.from = "big", .to = "npu", .points = {{Bytes{1024}, {5, 6}}, {Bytes{4096}, {9, 8.5}}}},
                   {.from = "", .to = "npu", .points = {{Bytes{256}, {-0.5, 2}}}}};
  profile.unsupported = {{.configuration = "npu", .layer = 3, .reason = "missing operator"}};
  return profile;
}

constexpr std::string_view kSimulatedBoard =
    "schema_version: 1\n"
    "name: simulated\n"
    "spaces: [{name: host, limit: 1.5 GiB}]\n"
    "devices:\n"
    "  - {name: big, kind: cpu, cores: [0, 1], operating_points: [{cores: 1}, {cores: 2, clock: 1.8 GHz, voltage: 0.9}]}\n"
    "  - {name: npu, kind: npu, slice_limit: 100 MB, options: {a: 1}, missing_operators: [Relu], operating_points: [{clock: 767 MHz}]}\n"
    "simulation:\n"
    "  seed: 7\n"
    "  devices:\n"
    "    - {device: big, operators: {default: {gmacs: 8, gbytes: 8}}, layer_us: 2, enter_us: 3}\n"
    "    - {device: npu, operators: {default: {gmacs: 2.5e1, gbytes: 2}}, layer_us: 3, enter_us: 25}\n"
    "  default_link: {us: 40, gbytes: 1}\n";

constexpr std::string_view kCommaLog =
    "time,volts,amperes\n"
    "0,5.01,0.203\n"
    "0.0002,5.01,0.207\n"
    "0.0004,5.00,0.211\n";
constexpr std::string_view kSemicolonLog =
    "\xef\xbb\xbf# a monitor\r\n"
    "\"Time (ms)\";\"Main Voltage [mV]\";\"Main_uA\";note\r\n"
    "0,2;5010;+203e3;\"a;\"\"b\"\"\"\r\n"
    "\r\n"
    "0,4;5010;207000;\r\n"
    "9,9;5000;211000;\r\n";

constexpr std::string_view kLayerTable =
    "Graph,Component,Freq,Freq_Host,Layer,Metric,Time,Power\n"
    "net,B,0,-1,0,in,8.5,3267.45\n"
    "net,B,0,-1,0,task,83.2,3577.8\n"
    "net,B,1,-1,0,task,41.6,4577.8\n"
    "net,G,0,0,0,task,3.5,4000\n"
    "net,G,1,1,0,task,1.75,5000\n"
    "net,B,0,-1,1,task,12,3500\n"
    "net,B,1,-1,1,task,6.5,4500\n"
    "net,L,0,-1,1,task,30,3100\n";
constexpr std::string_view kTransferTable =
    "Graph,Layer,Dest,Src,Time\n"
    "net,1,B,G,1.297\n"
    "net,1,G,B,2.02828\n";
constexpr std::string_view kSwitchTable =
    "Num_iterations,PE,Freq,NextFreq,T1,T2,AVG\n"
    "256,Little,0,1,1.8e+06,1.6e+06,1.7e+06\n";

constexpr std::string_view kInferRequest =
    R"({"id":"7","parameters":{"timeout":5000,"binary_data_output":true},"inputs":[{"name":"x","datatype":"FP32","shape":[2,2],)"
    R"("data":[[1,-2.5],[3e8,0]]}],"outputs":[{"name":"x","parameters":{"binary_data":false}}]})";
using std::string_view_literals::operator""sv;
constexpr std::string_view kBinaryInferRequest = R"({"inputs":[{"name":"x","datatype":"BOOL","shape":[1,2],"parameters":{"binary_data_size":2}}]})"
                                                 "\0\1\0"sv;
constexpr std::string_view kFlatInferRequest = R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"INT64","data":[1,-2]}]})";

/// Whether everything could be written.
bool write_seeds(const std::filesystem::path& folder) {
  const Graph graph = fixed_graph();
  const Board board = fixed_board();
  const Plan chain{.steps = chain_steps({0, 2, 4}, {"big/1c", "npu"})};
  for (const char* fuzzer : {"model", "plan", "profile", "board_file", "monitor_log", "rk3399pro_csv", "kserve"})
    std::filesystem::create_directories(folder / fuzzer);
  return save_model(residual_network(), folder / "model" / "residual") && save_model(shape_network(), folder / "model" / "shapes") &&
         write_plan(chain, folder / "plan" / "chain") && write_plan(branching_plan(graph, board), folder / "plan" / "branching") &&
         write_plan(divided_plan(board), folder / "plan" / "divided") && write_profile(small_profile(graph, board), folder / "profile" / "small") &&
         write_file(folder / "board_file" / "written", format_board(board)) && write_file(folder / "board_file" / "simulated", kSimulatedBoard) &&
         write_file(folder / "monitor_log" / "commas", kCommaLog) && write_file(folder / "monitor_log" / "semicolons", kSemicolonLog) &&
         write_file(folder / "rk3399pro_csv" / "layers", kLayerTable) && write_file(folder / "rk3399pro_csv" / "transfers", kTransferTable) &&
         write_file(folder / "rk3399pro_csv" / "switches", kSwitchTable) && write_file(folder / "kserve" / "nested", kInferRequest) &&
         write_file(folder / "kserve" / "binary", kBinaryInferRequest) && write_file(folder / "kserve" / "flat", kFlatInferRequest);
}

}  // namespace
}  // namespace mosaic::fuzz

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: seeds FOLDER\n", stderr);
    return 2;
  }
  return mosaic::fuzz::write_seeds(arguments[1]) ? 0 : 3;
}
