#include "mosaic/backend/ort/ort_backend.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "mosaic/backend/ort/executable.h"
#include "mosaic/backend/ort/lowering.h"
#include "mosaic/backend/ort/session.h"
#include "mosaic/base/affinity.h"
#include "mosaic/onnx/builder.h"

namespace mosaic::ort {
namespace {

bool on_cpu(const Board& board, ConfigurationId configuration) { return board.device_of(configuration).provider == "CPU"; }

/// "device 'gpu': operators Resize, TopK ..." for what the engine would not place there.
std::unexpected<Error> refuse_step(const Run& run, const Run::Step& step, Error error) {
  std::vector<std::string> ops;
  for (const LayerId layer : step.layers) {
    for (const NodeId node : run.graph.layer(layer).nodes) {
      const std::string& op = run.graph.node(node).op;
      if (std::ranges::find(ops, op) == ops.end()) ops.push_back(op);
    }
  }
  const bool fell_back = error.message.contains("fall");  // "... explicitly disabled ... fallback to CPU ..."
  error.code = fell_back || error.code == ErrorCode::kUnsupported ? ErrorCode::kUnsupported : ErrorCode::kEngine;
  return within(fmt::format("device '{}' cannot run layers {} to {} (operators {})", run.board.device_of(step.configuration).name,
                            step.layers.front().value, step.layers.back().value, fmt::join(ops, ", ")),
                std::move(error));
}

class OrtBackend final : public Backend {
 public:
  explicit OrtBackend(Engine& engine) : engine_(engine) {}

  EngineInfo engine() const override {
    Hasher hasher;
    hasher.add(engine_.version()).add(engine_.build());
    return {.name = "ONNX Runtime", .version = engine_.version(), .fingerprint = hasher.fingerprint()};
  }

  bool simulated() const override { return false; }

  Result<void> check_device(const Board& board, DeviceId id) const override {
    const Device& device = board.device(id);
    const long processors = ::sysconf(_SC_NPROCESSORS_CONF);
    for (const int core : device.cores) {
      if (core < processors && may_use_core(core)) continue;
      return fail(ErrorCode::kInvalidInput,
                  core < processors ? fmt::format("device '{}' has core {}, which this process is not granted", device.name, core)
                                    : fmt::format("device '{}' has core {}, this machine has cores 0 to {}", device.name, core, processors - 1));
    }
    if (device.kind != DeviceKind::kCpu && device.provider == "CPU")
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("device '{}' of kind {} names no provider, for example 'provider: WebGPU'", device.name, name(device.kind)));
    const auto clocked = std::ranges::find_if(device.points, [](const OperatingPoint& point) { return point.clock || point.voltage; });
    if (clocked != device.points.end()) {
      return fail(ErrorCode::kUnsupported, fmt::format("device '{}' names the clock {}, which the engine does not set: see runtime/clocked_backend.h",
                                                       device.name, clocked->name()));
    }
    if (!device.library.empty()) return register_library(engine_, device);
    const auto known = providers();
    if (std::ranges::find(known, device.provider) == known.end()) {
      return fail(ErrorCode::kDevice,
                  fmt::format("device '{}' needs provider '{}', the loaded ONNX Runtime {} has {}: name a build that has it in MOSAIC_ORT_LIBRARY",
                              device.name, device.provider, engine_.version(), fmt::join(known, ", ")));
    }
    return {};
  }

  std::string domain(const Board& board, ConfigurationId configuration) const override {
    return on_cpu(board, configuration) ? "ort/cpu" : "ort/" + board.device_of(configuration).name;
  }

  Result<std::vector<std::unique_ptr<Executable>>> compile(const Run& run, std::string_view scope) override {
    const bool from_optimised = run.steps.size() > 1 && on_cpu(run.board, run.steps.front().configuration);
    std::vector<LoweredStep> lowered;
    if (from_optimised) {
      MOSAIC_TRY(lowered, cut_after_optimisation(engine_, run, scope));
    } else {
      lowered = cut_as_given(run);
    }
    std::vector<std::unique_ptr<Executable>> executables;
    for (std::size_t s = 0; s < lowered.size(); ++s) {
      const SessionSettings settings = settings_for(run, run.steps[s]);
      auto executable = make_executable(engine_, std::move(lowered[s]), settings);
      if (!executable) return refuse_step(run, run.steps[s], executable.error());
      executables.push_back(*std::move(executable));
    }
    return executables;
  }

 private:
  Engine& engine_;
};

}  // namespace

Result<std::unique_ptr<Backend>> make_backend() {
  MOSAIC_TRY(Engine * engine, Engine::instance());
  return std::make_unique<OrtBackend>(*engine);
}

Result<void> share_threads(const std::vector<int>& cores) {
  MOSAIC_TRY(Engine * engine, Engine::instance());
  engine->share_threads(cores);
  return {};
}

Result<std::vector<std::string>> list_providers() {
  MOSAIC_TRY([[maybe_unused]] Engine * engine, Engine::instance());
  std::vector<std::string> names = providers();
  std::ranges::stable_partition(names, [](const std::string& name) { return name == "CPU"; });
  return names;
}

Result<void> try_provider(const std::string& provider) {
  MOSAIC_TRY(Engine * engine, Engine::instance());
  // The WebGPU provider complains on standard error where the loader is missing; ask first.
  if (provider == "WebGPU" && ::dlopen("libvulkan.so.1", RTLD_LAZY) == nullptr) return fail(ErrorCode::kDevice, "no Vulkan loader (libvulkan.so.1)");
  onnx::Builder builder("probe", 1);
  builder.output(builder.node("Relu", {builder.input("x", {8})}), {8});
  const Device device{.name = "probe", .kind = DeviceKind::kGpu, .provider = provider, .points = {{}}};
  const onnx::Model model = builder.build();
  MOSAIC_TRY(const auto session, make_session(*engine, model, {.device = &device}));
  const Tensor x(ElementType::kFloat32, {8});
  const auto values = run_once(*session, {{"x", &x}}, onnx::output_names(model));
  return values ? Result<void>() : std::unexpected(values.error());
}

}  // namespace mosaic::ort
