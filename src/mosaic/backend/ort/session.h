#pragma once

// Making sessions of ONNX Runtime. Only files of this folder include this header; it is not installed.

#include <memory>
#include <string>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/backend/ort/engine.h"
#include "mosaic/board/board.h"
#include "mosaic/onnx/extract.h"
#include "mosaic/onnx/model.h"

namespace mosaic::ort {

/// How a session runs; the defaults are one thread on the CPU.
struct SessionSettings {
  int threads = 1;
  std::vector<int> cores;          ///< processors of the threads, the caller's first; empty: wherever the system puts them
  bool spin = false;               ///< threads wait by spinning while a run is in progress
  bool spin_between = false;       ///< ... and between runs
  bool share_threads = true;       ///< with all sessions on the same cores, where these share threads, which then spin between runs
  bool optimise = true;            ///< false for what is already optimised
  const Device* device = nullptr;  ///< provider, options and library; null: the CPU provider
};

/// Settings for a step of a run.
[[nodiscard]] SessionSettings settings_for(const Run& run, const Run::Step& step);

/// A session on a model in memory. Errors: kInvalidInput where the engine refuses the model, kUnsupported where it has no implementation of an
/// operator.
[[nodiscard]] Result<std::unique_ptr<Ort::Session>> make_session(Engine& engine, const onnx::Model& model, const SessionSettings& settings);

/// The model as the engine rewrites it for its CPU provider on this machine: fused, laid out for its vector unit. Tied to machine and engine.
/// Errors: as `make_session`, and kIo.
[[nodiscard]] Result<onnx::Model> optimise(Engine& engine, const onnx::Model& model);

/// Registers a plugin library once per process. Errors: kDevice.
[[nodiscard]] Result<void> register_library(Engine& engine, const Device& device);

/// Names of the execution providers that the loaded engine has built in, in the short form of board files: "CPU", "WebGPU".
[[nodiscard]] std::vector<std::string> providers();

/// Names, types and shapes of a session's inputs or outputs. Extents that are not static leave the shape out. The engine describes a value whose
/// number of extents it does not know like a scalar.
[[nodiscard]] onnx::ValueTypes input_types(const Ort::Session& session);
[[nodiscard]] onnx::ValueTypes output_types(const Ort::Session& session);

/// The outputs of one run, in the order of `outputs`. `inputs` by name. Errors: kEngine.
[[nodiscard]] Result<std::vector<Ort::Value>> run_once(Ort::Session& session, const std::vector<std::pair<std::string, const Tensor*>>& inputs,
                                                       const std::vector<std::string>& outputs);

}  // namespace mosaic::ort
