#include "mosaic/backend/ort/engine.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <mutex>
#include <span>

#include "mosaic/base/file.h"
#include "mosaic/base/installation.h"

namespace mosaic::ort {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libonnxruntime.so.1";

/// Candidates in order: the one that is named, those of installations, the loader's own search.
std::vector<fs::path> candidates() {
  if (std::string named = environment("MOSAIC_ORT_LIBRARY"); !named.empty()) return {fs::path(std::move(named))};
  std::vector<fs::path> paths;
  for (const fs::path& folder : installations()) paths.push_back(folder / "lib" / "mosaic" / kLibrary);
  paths.emplace_back(kLibrary);
  return paths;
}

/// The first part of "1.30.0" etc. as a number comparable with ORT_API_VERSION.
int minor_version(std::string_view version) {
  int minor = 0;
  const std::size_t dot = version.find('.');
  if (dot != std::string_view::npos) std::from_chars(version.data() + dot + 1, version.data() + version.size(), minor);
  return minor;
}

}  // namespace

Engine::Engine(fs::path path, std::string version) : path_(std::move(path)), version_(std::move(version)), build_(Ort::GetBuildInfoString()) {}

Ort::Env& Engine::env() {
  const std::scoped_lock lock(mutex_);
  if (env_) return *env_;
  if (shared_cores_.size() < 2) {
    env_.emplace(ORT_LOGGING_LEVEL_ERROR, "mosaic");
  } else {
    Ort::ThreadingOptions threads;
    threads.SetGlobalIntraOpNumThreads(static_cast<int>(shared_cores_.size())).SetGlobalInterOpNumThreads(1).SetGlobalSpinControl(1);
    Ort::ThrowOnError(Ort::GetApi().SetGlobalIntraOpThreadAffinity(threads, affinities(shared_cores_).c_str()));
    env_.emplace(threads, ORT_LOGGING_LEVEL_ERROR, "mosaic");
  }
  env_->DisableTelemetryEvents();
  // One arena for all sessions: a slice finds the memory warm that the slice before it used.
  const Ort::ArenaCfg arena(0, -1, -1, -1);
  env_->CreateAndRegisterAllocator(Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault), arena);
  return *env_;
}

std::vector<int> Engine::shared_cores() const {
  const std::scoped_lock lock(mutex_);
  return shared_cores_;
}

void Engine::share_threads(std::vector<int> cores) {
  const std::scoped_lock lock(mutex_);
  if (!env_) shared_cores_ = std::move(cores);
}

Result<std::unique_ptr<Engine>> Engine::load() {
  // Its event upload starts with the library and cannot be stopped completely by calls. Nothing of what a user runs leaves the machine.
  ::setenv("ORT_DISABLE_TELEMETRY", "1", 1);
  void* library = nullptr;
  fs::path path;
  std::string tried;
  for (const fs::path& candidate : candidates()) {
    library = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) {
      path = candidate;
      break;
    }
    const char* why = dlerror();
    tried += fmt::format("\n  {}", why == nullptr ? candidate.string() : why);
  }
  if (library == nullptr) {
    return fail(ErrorCode::kEngine, fmt::format("ONNX Runtime is not to be found (name its library in MOSAIC_ORT_LIBRARY); tried:{}", tried));
  }
  auto* const get_base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
  if (get_base == nullptr) return fail(ErrorCode::kEngine, fmt::format("{} is not ONNX Runtime: it has no OrtGetApiBase", path.string()));
  const OrtApiBase* base = get_base();
  const std::string version = base->GetVersionString();
  if (minor_version(version) < ORT_API_VERSION) {
    return fail(ErrorCode::kEngine,
                fmt::format("{} is ONNX Runtime {}, older than 1.{}, which mosaic needs", path.string(), version, ORT_API_VERSION));
  }
  const OrtApi* api = base->GetApi(ORT_API_VERSION);
  if (api == nullptr) return fail(ErrorCode::kEngine, fmt::format("ONNX Runtime {} does not offer API version {}", version, ORT_API_VERSION));
  Ort::InitApi(api);
  return guarded(ErrorCode::kEngine, [&] { return std::unique_ptr<Engine>(new Engine(path, version)); });
}

Result<Engine*> Engine::instance() {
  static std::mutex mutex;
  static std::unique_ptr<Engine>* loaded = nullptr;  // never destroyed: sessions of other static objects may outlive main
  const std::scoped_lock lock(mutex);
  if (loaded == nullptr) {
    MOSAIC_TRY(std::unique_ptr<Engine> engine, load());
    loaded = new std::unique_ptr<Engine>(std::move(engine));
  }
  return loaded->get();
}

std::string tidy(std::string message) {
  constexpr std::string_view kMark = "[ONNXRuntimeError] : ";
  if (const std::size_t mark = message.find(kMark); mark != std::string::npos) {  // "... [ONNXRuntimeError] : 1 : FAIL : what happened"
    message.erase(0, mark + kMark.size());
    for (int i = 0; i < 2; ++i) {
      if (const std::size_t colon = message.find(" : "); colon != std::string::npos) message.erase(0, colon + 3);
    }
  } else if (message.starts_with('/')) {  // "/path/file.cc:12 function(arguments) what happened"
    if (const std::size_t end = message.find(") "); end != std::string::npos) message.erase(0, end + 2);
  }
  message.erase(std::min(message.find('\n'), message.size()));
  return message;
}

std::string affinities(std::span<const int> cores) {
  std::string text;
  for (std::size_t i = 1; i < cores.size(); ++i) text += fmt::format("{}{}", i > 1 ? ";" : "", cores[i] + 1);
  return text;
}

ElementType from_ort(ONNXTensorElementDataType type) {
  const auto element = static_cast<ElementType>(type);  // both follow TensorProto.DataType
  return name(element) == "undefined" ? ElementType::kUndefined : element;
}

ONNXTensorElementDataType to_ort(ElementType type) { return static_cast<ONNXTensorElementDataType>(type); }

Result<Tensor> copy_out(const Ort::Value& value) {
  if (!value || !value.IsTensor()) return fail(ErrorCode::kEngine, "the result is no tensor");
  const auto info = value.GetTensorTypeAndShapeInfo();
  const ElementType element = from_ort(info.GetElementType());
  const Shape shape = info.GetShape();
  if (!byte_size(element, shape))
    return fail(ErrorCode::kEngine, fmt::format("the result has elements of type {}, which is not read", name(element)));
  Tensor tensor(element, shape);
  if (!tensor.bytes().empty()) std::memcpy(tensor.bytes().data(), value.GetTensorRawData(), tensor.bytes().size());
  return tensor;
}

Ort::Value wrap(std::span<std::byte> memory, ElementType element, const Shape& shape) {
  static const Ort::MemoryInfo kHost = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
  return Ort::Value::CreateTensor(kHost, memory.data(), memory.size(), shape.data(), shape.size(), to_ort(element));
}

}  // namespace mosaic::ort
