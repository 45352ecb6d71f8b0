#pragma once

// A model and a board as files, and the workspace they make; the cache lies beside them.

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "mosaic/base/file.h"
#include "mosaic/onnx/model.h"
#include "mosaic/session/workspace.h"
#include "tests/running.h"

namespace mosaic::test {

/// A simulated board of three devices, each ten times better than the others at one kind of operator, with cheap links: "conv" at convolutions,
/// "pool" at pooling, "act" at matrix products and all else.
inline std::string specialists_text(double noise_percent = 0, int link_us = 3) {
  constexpr const char* kSlow = "{gmacs: 2, gbytes: 1}";
  constexpr const char* kFast = "{gmacs: 20, gbytes: 10}";
  constexpr const char* kRest = "layer_us: 1, enter_us: 2, fusion_share: 0.2";
  return fmt::format(
      "schema_version: 1\n"
      "name: specialists\n"
      "devices:\n"
      "  - {{name: conv, kind: gpu}}\n"
      "  - {{name: pool, kind: npu}}\n"
      "  - {{name: act, kind: cpu, cores: [0]}}\n"
      "simulation:\n"
      "  seed: 3\n"
      "  noise_percent: {0}\n"
      "  devices:\n"
      "    - {{device: conv, operators: {{default: {1}, Conv: {2}}}, {3}}}\n"
      "    - {{device: pool, operators: {{default: {1}, MaxPool: {2}}}, {3}}}\n"
      "    - {{device: act, operators: {{default: {2}, Conv: {1}, MaxPool: {1}}}, {3}}}\n"
      "  default_link: {{us: {4}, gbytes: 20}}\n",
      noise_percent, kSlow, kFast, kRest, link_us);
}

/// Convolutions, then poolings, then matrix products, each wide enough that a hop is worth while.
inline onnx::Model specialists_model() {
  onnx::Builder net("stages", 1);
  std::string x = net.input("x", {1, 16, 32, 32});
  for (int i = 0; i < 3; ++i) x = net.relu(net.conv(x, {.in = 16, .out = 16}));
  for (int i = 0; i < 3; ++i) x = net.node("MaxPool", {x}, {{"kernel_shape", std::vector<std::int64_t>{1, 1}}});
  for (int i = 0; i < 3; ++i) x = net.node("MatMul", {x, net.weights(fmt::format("w{}", i), {32, 32}, 0.2)});
  net.output(x, {1, 16, 32, 32});
  return net.build();
}

/// Files in a folder that disappears. Sets MOSAIC_CACHE for as long as it lives.
class Workshop {
 public:
  explicit Workshop(const onnx::Model& model, const std::string& board = specialists_text()) {
    expect(onnx::save_model(model, model_path()));
    expect(write_file(board_path(), board));
    ::setenv("MOSAIC_CACHE", (folder_ / "cache").c_str(), 1);
    workspace_ = expect(Workspace::open({.model = model_path(), .board = board_path().string()}));
  }
  ~Workshop() { ::unsetenv("MOSAIC_CACHE"); }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  [[nodiscard]] const Workspace& workspace() const { return *workspace_; }
  [[nodiscard]] std::filesystem::path model_path() const { return folder_ / "model.onnx"; }
  [[nodiscard]] std::filesystem::path board_path() const { return folder_ / "board.yaml"; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

  /// What plain ONNX Runtime computes from the file.
  [[nodiscard]] std::vector<Tensor> reference(const std::vector<Tensor>& inputs) const {
    const auto session = expect(ort::Reference::open(model_path(), {.threads = 1, .spin = false}));
    expect(session->bind(pointers(inputs)));
    expect(session->run());
    return expect(session->results());
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Workspace> workspace_;
};

}  // namespace mosaic::test
