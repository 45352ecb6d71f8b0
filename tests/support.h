#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "mosaic/backend/ort/evaluator.h"
#include "mosaic/base/error.h"
#include "mosaic/base/file.h"
#include "mosaic/board/board.h"
#include "mosaic/board/board_file.h"
#include "mosaic/graph/layers.h"
#include "mosaic/onnx/builder.h"
#include "mosaic/onnx/import.h"
#include "mosaic/onnx/prepare.h"

namespace mosaic::test {

/// The value of a result, or a failed test with its error.
template <class T>
T expect(Result<T> result) {
  if (!result) throw std::runtime_error("unexpected error: " + result.error().message);
  return *std::move(result);
}
inline void expect(Result<void> result) {
  if (!result) throw std::runtime_error("unexpected error: " + result.error().message);
}

/// The message of an error that must have happened; empty (and a failed test) where it did not.
template <class T>
std::string error_of(const Result<T>& result) {
  EXPECT_FALSE(result.has_value()) << "an error was expected";
  return result ? "" : result.error().message;
}

/// A folder that disappears with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "mosaic_test_XXXXXX").string();
    path_ = ::mkdtemp(path.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The folder of models and data that lies beside the checkout, or empty.
inline std::filesystem::path shared_folder() {
  const std::string named = environment("MOSAIC_SHARED");
  const std::filesystem::path path =
      named.empty() ? std::filesystem::path(MOSAIC_SOURCE_FOLDER).parent_path() / "shared" : std::filesystem::path(named);
  std::error_code error;
  return std::filesystem::is_directory(path / "models", error) ? path : std::filesystem::path();
}

/// Skips the test, naming the file, where the shared folder or the file is not there.
#define MOSAIC_NEEDS_SHARED(variable, name)                                            \
  const std::filesystem::path variable = ::mosaic::test::shared_folder() / (name);     \
  if (::mosaic::test::shared_folder().empty() || !std::filesystem::exists(variable)) { \
    GTEST_SKIP() << "needs " << (name) << " of the shared folder (MOSAIC_SHARED)";     \
  }

/// A model with its layers, as a test needs it.
struct Network {
  onnx::PreparedModel prepared;
  Graph graph;
};

inline Network import_network(onnx::Model model, const std::string& name = "net") {
  const auto evaluator = expect(ort::make_evaluator());
  Network network{.prepared = expect(onnx::prepare(std::move(model), {}, *evaluator)), .graph = {}};
  network.graph = expect(onnx::import_graph(network.prepared, name));
  return network;
}

/// x -> conv -> relu -> conv -> relu -> ... of `layers` convolutions on 1 x 8 x 8 x 8.
inline onnx::Model conv_chain(std::size_t layers, std::uint64_t seed = 1) {
  onnx::Builder net("chain", seed);
  std::string x = net.input("x", {1, 8, 8, 8});
  for (std::size_t i = 0; i < layers; ++i) x = net.relu(net.conv(x, {.in = 8, .out = 8}));
  net.output(x, {1, 8, 8, 8});
  return net.build();
}

/// Two branches that meet in a sum:
///
///        .-> conv -> relu -.
///   x -> conv              add -> relu -> y
///        '-> conv ---------'
inline onnx::Model diamond(std::uint64_t seed = 1) {
  onnx::Builder net("diamond", seed);
  const std::string stem = net.relu(net.conv(net.input("x", {1, 8, 8, 8}), {.in = 8, .out = 8}));
  const std::string left = net.relu(net.conv(stem, {.in = 8, .out = 8}));
  const std::string right = net.conv(stem, {.in = 8, .out = 8, .kernel = {1, 1}});
  net.output(net.relu(net.add(left, right)), {1, 8, 8, 8});
  return net.build();
}

/// A real board of one-core devices on the cores this process may use; with one core both devices share it.
inline Board split_board(std::size_t devices = 2) {
  const long cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  Board board;
  board.name = "split";
  board.spaces = {{.name = "host", .limit = {}}};
  for (std::size_t d = 0; d < devices; ++d) {
    board.devices.push_back({.name = "core" + std::to_string(d),
                             .space = SpaceId(0),
                             .cores = {static_cast<int>(d) % static_cast<int>(cores)},
                             .points = {{.cores = 1}}});
  }
  return expect(make_board(std::move(board)));
}

/// A simulated board of three devices with different tastes: "big" is all-round, "gpu" fast with convolutions but far away, "npu" faster still but
/// lacks operators and memory where a test says so.
inline std::string simulated_board_text(const std::string& extra_npu = "", const std::string& extra_truth = "", double noise_percent = 0) {
  return "schema_version: 1\n"
         "name: toy\n"
         "devices:\n"
         "  - {name: big, kind: cpu, cores: [0, 1, 2, 3], operating_points: [{cores: 1}, {cores: 4}]}\n"
         "  - {name: gpu, kind: gpu}\n"
         "  - {name: npu, kind: npu" +
         extra_npu +
         "}\n"
         "simulation:\n"
         "  seed: 7\n"
         "  noise_percent: " +
         std::to_string(noise_percent) +
         "\n"
         "  devices:\n"
         "    - {device: big, operators: {default: {gmacs: 8, gbytes: 8}}, layer_us: 2, enter_us: 3}\n"
         "    - {device: gpu, operators: {default: {gmacs: 10, gbytes: 10}, Conv: {gmacs: 60, gbytes: 20}}, layer_us: 4, enter_us: 15}\n"
         "    - {device: npu, operators: {default: {gmacs: 2, gbytes: 2}, Conv: {gmacs: 200, gbytes: 20}}, layer_us: 3, enter_us: 25" +
         extra_truth +
         "}\n"
         "  links:\n"
         "    - {from: big, to: gpu, us: 20, gbytes: 2}\n"
         "    - {from: gpu, to: big, us: 20, gbytes: 2}\n"
         "  default_link: {us: 40, gbytes: 1}\n";
}

inline Board simulated_board(const std::string& extra_npu = "", const std::string& extra_truth = "", double noise_percent = 0) {
  return expect(parse_board(simulated_board_text(extra_npu, extra_truth, noise_percent)));
}

}  // namespace mosaic::test
