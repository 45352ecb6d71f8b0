#pragma once

// What a plan becomes before it runs. Used by the executor alone; not installed.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/plan/validate.h"

namespace mosaic {

/// An input or output port of a step.
struct PortRef {
  std::size_t step = 0;
  std::size_t port = 0;
};

/// A tensor that crosses between steps or enters or leaves the model.
struct Wire {
  std::optional<PortRef> from;  ///< none: an input of the model
  std::vector<PortRef> to;
  std::optional<std::size_t> input;   ///< index among the model's inputs
  std::optional<std::size_t> output;  ///< index among the model's outputs
  std::optional<std::size_t> slot;    ///< index of the shared host buffer it lies in; none: it has memory of its own
  bool on_device = false;             ///< lies in the memory of the one device that makes and uses it
};

/// Executables of all steps and how their ports are connected. Immutable.
struct Program {
  std::vector<GraphTensor> inputs;  ///< of the model
  std::vector<GraphTensor> outputs;
  std::vector<std::shared_ptr<Executable>> steps;  ///< by StepId
  std::vector<Wire> wires;
  std::vector<Bytes> slots;                     ///< sizes of the shared host buffers
  std::vector<std::vector<std::size_t>> after;  ///< steps that must end before a step: the plan's, and those whose tensors it uses
  std::vector<std::size_t> order;               ///< all steps, each after what it depends on
};

/// Compiles the steps in runs of neighbours that share a backend's domain, connects the ports, and shares host buffers between tensors that never
/// live at the same time. `shares_cores`: as in `ExecutorOptions`. Errors: those of `Backend::compile`, and kDevice where no backend drives a device.
[[nodiscard]] Result<Program> compile_plan(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, const ValidPlan& plan,
                                           const Backends& backends, bool shares_cores = false);

}  // namespace mosaic
