#include "mosaic/backend/ort/session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnxruntime_session_options_config_keys.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "mosaic/base/affinity.h"
#include "mosaic/base/file.h"

namespace mosaic::ort {
namespace {

constexpr std::string_view kSuffix = "ExecutionProvider";

/// "WebGPU" for "WebGpuExecutionProvider": how AppendExecutionProvider wants them.
std::string short_name(std::string name) {
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  if (name == "WebGpu") return "WebGPU";
  if (name == "Tensorrt") return "TensorRT";
  if (name == "Xnnpack") return "XNNPACK";
  return name;
}

void append_plugin(Engine& engine, Ort::SessionOptions& options, const Device& device) {
  std::vector<Ort::ConstEpDevice> devices;
  std::set<std::string> names;
  for (const Ort::ConstEpDevice& each : engine.env().GetEpDevices()) {
    names.insert(each.EpName());
    if (each.EpName() == device.provider && devices.empty()) devices.push_back(each);
  }
  if (devices.empty()) {
    throw std::runtime_error(fmt::format("library {} offers no device of provider '{}' on this machine (there are {})", device.library,
                                         device.provider, fmt::join(names, ", ")));
  }
  const std::unordered_map<std::string, std::string> provider_options(device.options.begin(), device.options.end());
  options.AppendExecutionProvider_V2(engine.env(), devices, provider_options);
}

void append_provider(Engine& engine, Ort::SessionOptions& options, const Device& device) {
  const std::unordered_map<std::string, std::string> provider_options(device.options.begin(), device.options.end());
  if (!device.library.empty()) {
    append_plugin(engine, options, device);
  } else if (device.provider == "CUDA") {
    Ort::CUDAProviderOptions cuda;
    cuda.Update(provider_options);
    options.AppendExecutionProvider_CUDA_V2(*cuda);
  } else if (device.provider == "TensorRT") {
    Ort::TensorRTProviderOptions tensorrt;
    tensorrt.Update(provider_options);
    options.AppendExecutionProvider_TensorRT_V2(*tensorrt);
  } else {
    options.AppendExecutionProvider(device.provider, provider_options);
  }
  // What the device cannot run is an error, not a silent visit to the CPU.
  options.AddConfigEntry(kOrtSessionOptionsDisableCPUEPFallback, "1");
}

/// Threads of its own, or the shared ones where those are what it wants: then they go on spinning from one slice to the next, instead of being woken
/// in each.
void add_threads(const Engine& engine, Ort::SessionOptions& options, const SessionSettings& settings) {
  if (settings.threads > 1 && settings.spin && settings.share_threads && settings.cores == engine.shared_cores()) {
    options.DisablePerSessionThreads();
    return;
  }
  options.SetIntraOpNumThreads(settings.threads);
  options.AddConfigEntry(kOrtSessionOptionsConfigAllowIntraOpSpinning, settings.spin && settings.threads > 1 ? "1" : "0");
  if (settings.spin && !settings.spin_between) options.AddConfigEntry(kOrtSessionOptionsConfigForceSpinningStop, "1");
  if (settings.threads > 1 && static_cast<int>(settings.cores.size()) == settings.threads) {
    options.AddConfigEntry(kOrtSessionOptionsConfigIntraOpThreadAffinities, affinities(settings.cores).c_str());
  }
}

Ort::SessionOptions make_options(Engine& engine, const SessionSettings& settings) {
  Ort::SessionOptions options;
  options.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);  // failures come back as errors; the log would print them twice
  options.SetInterOpNumThreads(1);
  options.SetGraphOptimizationLevel(settings.optimise ? ORT_ENABLE_ALL : ORT_DISABLE_ALL);
  add_threads(engine, options, settings);
  if (settings.device != nullptr && settings.device->provider != "CPU") {
    append_provider(engine, options, *settings.device);
  } else {
    options.AddConfigEntry(kOrtSessionOptionsConfigUseEnvAllocators, "1");
  }
  return options;
}

onnx::ValueTypes describe(std::size_t count, const auto& name_of, const auto& type_of) {
  onnx::ValueTypes types;
  for (std::size_t i = 0; i < count; ++i) {
    onnx::ValueType& type = types[name_of(i)];
    const Ort::TypeInfo info = type_of(i);
    if (info.GetONNXType() != ONNX_TYPE_TENSOR) continue;
    const auto tensor = info.GetTensorTypeAndShapeInfo();
    type.element = from_ort(tensor.GetElementType());
    const Shape shape = tensor.GetShape();
    if (std::ranges::all_of(shape, [](std::int64_t extent) { return extent >= 0; })) type.shape = shape;
  }
  return types;
}

}  // namespace

SessionSettings settings_for(const Run& run, const Run::Step& step) {
  const Device& device = run.board.device_of(step.configuration);
  const int threads = std::max(1, run.board.point_of(step.configuration).cores);
  SessionSettings settings;
  settings.threads = threads;
  settings.cores.assign(device.cores.begin(), device.cores.begin() + std::min<std::ptrdiff_t>(threads, std::ssize(device.cores)));
  settings.spin = device.spin;
  settings.spin_between = run.alone && !run.shares_cores;
  settings.share_threads = !run.shares_cores;
  settings.device = &device;
  return settings;
}

Result<std::unique_ptr<Ort::Session>> make_session(Engine& engine, const onnx::Model& model, const SessionSettings& settings) {
  if (settings.device != nullptr) MOSAIC_RETURN_IF_ERROR(register_library(engine, *settings.device));
  const std::string bytes = onnx::serialize_model(model);
  const ScopedPin pin(settings.cores);
  return guarded(ErrorCode::kInvalidInput, [&] {
    const Ort::Env& env = engine.env();  // before the options: some providers log as soon as they are named
    const Ort::SessionOptions options = make_options(engine, settings);
    return std::make_unique<Ort::Session>(env, bytes.data(), bytes.size(), options);
  });
}

Result<onnx::Model> optimise(Engine& engine, const onnx::Model& model) {
  // The engine can only write its rewritten model to a file: give it one that exists in memory alone.
  const int file = ::memfd_create("mosaic-optimised", MFD_CLOEXEC);
  if (file < 0) return fail(ErrorCode::kIo, "cannot create a file in memory");
  const std::string path = fmt::format("/proc/self/fd/{}", file);
  const std::string bytes = onnx::serialize_model(model);
  const auto written = guarded(ErrorCode::kInvalidInput, [&] {
    Ort::SessionOptions options = make_options(engine, {});
    options.SetOptimizedModelFilePath(path.c_str());
    const Ort::Session session(engine.env(), bytes.data(), bytes.size(), options);
  });
  auto content = written ? read_file(path) : Result<std::string>(std::unexpected(written.error()));
  ::close(file);
  if (!content) return std::unexpected(content.error());
  return onnx::parse_model(*content);
}

Result<void> register_library(Engine& engine, const Device& device) {
  if (device.library.empty()) return {};
  static std::mutex mutex;
  static std::set<std::string> registered;
  const std::scoped_lock lock(mutex);
  if (registered.contains(device.library)) return {};
  const auto done = guarded(ErrorCode::kDevice, [&] { engine.env().RegisterExecutionProviderLibrary(device.library.c_str(), device.library); });
  if (!done) return within(fmt::format("device '{}': library {}", device.name, device.library), done.error());
  registered.insert(device.library);
  return {};
}

std::vector<std::string> providers() {
  std::vector<std::string> names;
  for (const std::string& each : Ort::GetAvailableProviders()) names.push_back(short_name(each));
  return names;
}

onnx::ValueTypes input_types(const Ort::Session& session) {
  const Ort::AllocatorWithDefaultOptions allocator;
  return describe(
      session.GetInputCount(), [&](std::size_t i) { return std::string(session.GetInputNameAllocated(i, allocator).get()); },
      [&](std::size_t i) { return session.GetInputTypeInfo(i); });
}

onnx::ValueTypes output_types(const Ort::Session& session) {
  const Ort::AllocatorWithDefaultOptions allocator;
  return describe(
      session.GetOutputCount(), [&](std::size_t i) { return std::string(session.GetOutputNameAllocated(i, allocator).get()); },
      [&](std::size_t i) { return session.GetOutputTypeInfo(i); });
}

Result<std::vector<Ort::Value>> run_once(Ort::Session& session, const std::vector<std::pair<std::string, const Tensor*>>& inputs,
                                         const std::vector<std::string>& outputs) {
  return guarded(ErrorCode::kEngine, [&] {
    std::vector<const char*> input_names;
    std::vector<Ort::Value> values;
    for (const auto& [name, tensor] : inputs) {
      input_names.push_back(name.c_str());
      // The engine reads inputs only; its interface does not say so.
      const auto memory = tensor->bytes();
      values.push_back(wrap({const_cast<std::byte*>(memory.data()), memory.size()}, tensor->type(), tensor->shape()));
    }
    std::vector<const char*> output_names;
    for (const std::string& name : outputs) output_names.push_back(name.c_str());
    return session.Run(Ort::RunOptions(), input_names.data(), values.data(), values.size(), output_names.data(), output_names.size());
  });
}

}  // namespace mosaic::ort
