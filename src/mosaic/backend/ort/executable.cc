#include "mosaic/backend/ort/executable.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

namespace mosaic::ort {
namespace {

/// Memory of a device that the host cannot see, as a value of the engine.
class DeviceBuffer final : public Buffer {
 public:
  DeviceBuffer(Ort::Allocator allocator, const Port& port)
      : allocator_(std::move(allocator)),
        value_(Ort::Value::CreateTensor(allocator_, port.shape->data(), port.shape->size(), to_ort(port.element))) {}

  [[nodiscard]] std::span<std::byte> host() override { return {}; }
  [[nodiscard]] const Ort::Value& value() const { return value_; }

 private:
  Ort::Allocator allocator_;
  Ort::Value value_;
};

/// The WebGPU provider has one context for a process, which two threads must not use at once, not even for different sessions.
std::mutex webgpu_mutex;

/// What the executable and its invocations share.
struct Program {
  std::unique_ptr<Ort::Session> session;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<Port> input_ports;
  std::vector<Port> output_ports;
  bool host = true;            ///< works in host memory
  bool one_at_a_time = false;  ///< nothing may happen on the device but one thing at a time
  bool keeps_outputs = false;  ///< outputs for the same device may stay in its memory
};

/// Held where nothing else may happen on the device meanwhile; else nothing.
std::unique_lock<std::mutex> device_lock(const Program& program) {
  return program.one_at_a_time ? std::unique_lock(webgpu_mutex) : std::unique_lock<std::mutex>();
}

/// As `guarded`, alone on the device where that is needed.
template <class Action>
auto guarded_on(const Program& program, ErrorCode code, Action&& action) {
  const auto lock = device_lock(program);
  return guarded(code, std::forward<Action>(action));
}

class OrtInvocation final : public Invocation {
 public:
  explicit OrtInvocation(const Program& program) : program_(program), binding_(std::in_place, *program.session), inputs_(program.inputs.size()) {
    for (std::size_t i = 0; i < program_.outputs.size(); ++i) {
      if (!program_.output_ports[i].bytes()) unbound_.push_back(program_.outputs[i]);
    }
  }

  ~OrtInvocation() override {
    const auto lock = device_lock(program_);
    binding_.reset();
  }

  Result<void> bind_input(std::size_t index, Buffer& buffer) override {
    const Port& port = program_.input_ports[index];
    return guarded_on(program_, ErrorCode::kEngine, [&] {
      if (auto* device = dynamic_cast<DeviceBuffer*>(&buffer)) {
        inputs_[index] = Ort::Value(nullptr);
        binding_->BindInput(program_.inputs[index].c_str(), device->value());
      } else {
        bind_host_input(index, wrap(buffer.host(), port.element, *port.shape));
      }
    });
  }

  Result<void> bind_input(std::size_t index, const Tensor& tensor) override {
    const Port& port = program_.input_ports[index];
    if (tensor.type() != port.element || (port.shape && tensor.shape() != *port.shape)) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("input '{}' is {} {}, not {} {}", port.name, name(port.element), port.shape ? to_string(*port.shape) : "of any shape",
                              name(tensor.type()), to_string(tensor.shape())));
    }
    const auto memory = tensor.bytes();  // the engine reads inputs only; its interface does not say so
    return guarded_on(program_, ErrorCode::kEngine,
                      [&] { bind_host_input(index, wrap({const_cast<std::byte*>(memory.data()), memory.size()}, tensor.type(), tensor.shape())); });
  }

  Result<void> bind_output(std::size_t index, Tensor& tensor) override {
    const Port& port = program_.output_ports[index];
    if (tensor.type() != port.element || !port.shape || tensor.shape() != *port.shape) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("output '{}' does not fit a tensor of {} {}", port.name, name(tensor.type()), to_string(tensor.shape())));
    }
    return guarded_on(program_, ErrorCode::kEngine,
                      [&] { binding_->BindOutput(program_.outputs[index].c_str(), wrap(tensor.bytes(), tensor.type(), tensor.shape())); });
  }

  Result<void> bind_output(std::size_t index, Buffer& buffer) override {
    const Port& port = program_.output_ports[index];
    return guarded_on(program_, ErrorCode::kEngine, [&] {
      if (auto* device = dynamic_cast<DeviceBuffer*>(&buffer)) {
        binding_->BindOutput(program_.outputs[index].c_str(), device->value());
      } else {
        binding_->BindOutput(program_.outputs[index].c_str(), wrap(buffer.host(), port.element, *port.shape));
      }
    });
  }

  Result<Times> run() override {
    if (cancelled_.load()) return fail(ErrorCode::kCancelled, "the run was cancelled");
    const auto start = std::chrono::steady_clock::now();
    auto copied = start;
    auto done = guarded_on(program_, ErrorCode::kEngine, [&] {
      if (!program_.host) {
        copy_inputs();
        copied = std::chrono::steady_clock::now();
      }
      // The engine keeps what it allocated and would take it for a buffer of the right shape.
      for (const std::string& name : unbound_) binding_->BindOutput(name.c_str(), host_);
      program_.session->Run(options_, *binding_);
      if (!program_.host) binding_->SynchronizeOutputs();
    });
    if (cancelled_.load()) return fail(ErrorCode::kCancelled, "the run was cancelled");
    if (!done) return std::unexpected(std::move(done).error());
    return Times{.transfer = copied - start, .execute = std::chrono::steady_clock::now() - copied};
  }

  Result<Tensor> output(std::size_t index) override {
    auto copied = guarded_on(program_, ErrorCode::kEngine, [&] {
      const std::vector<std::string> bound = binding_->GetOutputNames();  // in the order of binding
      const auto place = std::ranges::find(bound, program_.outputs[index]) - bound.begin();
      return copy_out(binding_->GetOutputValues().at(static_cast<std::size_t>(place)));
    });
    if (!copied) return std::unexpected(std::move(copied).error());
    return *std::move(copied);
  }

  void cancel() override {
    cancelled_.store(true);
    options_.SetTerminate();
  }

  void reset() override {
    if (cancelled_.exchange(false)) options_.UnsetTerminate();
  }

 private:
  void bind_host_input(std::size_t index, Ort::Value value) {
    inputs_[index] = std::move(value);
    binding_->BindInput(program_.inputs[index].c_str(), inputs_[index]);
  }

  /// For a device with memory of its own, binding is what copies: the content has changed since, so bind again.
  void copy_inputs() {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i]) binding_->BindInput(program_.inputs[i].c_str(), inputs_[i]);
    }
  }

  const Program& program_;
  std::optional<Ort::IoBinding> binding_;  // always there; released under the device's lock
  std::vector<Ort::Value> inputs_;         // over the caller's memory
  std::vector<std::string> unbound_;       // outputs that the engine allocates
  const Ort::MemoryInfo host_ = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
  Ort::RunOptions options_;
  std::atomic<bool> cancelled_ = false;
};

/// For a step that the engine needs no operator for.
class EmptyInvocation final : public Invocation {
 public:
  Result<void> bind_input(std::size_t, Buffer&) override { return {}; }
  Result<void> bind_input(std::size_t, const Tensor&) override { return {}; }
  Result<void> bind_output(std::size_t, Buffer&) override { return {}; }
  Result<void> bind_output(std::size_t, Tensor&) override { return {}; }
  Result<Times> run() override { return Times{}; }
  Result<Tensor> output(std::size_t) override { return fail(ErrorCode::kEngine, "a step without operators has no output"); }
  void cancel() override {}
  void reset() override {}
};

class OrtExecutable final : public Executable {
 public:
  explicit OrtExecutable(Program program) : program_(std::move(program)) {}
  ~OrtExecutable() override {
    const auto lock = device_lock(program_);
    program_.session.reset();
  }

  std::span<const Port> inputs() const override { return program_.input_ports; }
  std::span<const Port> outputs() const override { return program_.output_ports; }

  Result<std::unique_ptr<Invocation>> make_invocation() const override {
    if (program_.session == nullptr) return std::make_unique<EmptyInvocation>();
    return guarded_on(program_, ErrorCode::kEngine, [&]() -> std::unique_ptr<Invocation> { return std::make_unique<OrtInvocation>(program_); });
  }

  Result<std::unique_ptr<Buffer>> allocate_output(std::size_t index) const override {
    if (!program_.keeps_outputs || !program_.output_ports[index].shape) return nullptr;
    return guarded_on(program_, ErrorCode::kDevice, [&]() -> std::unique_ptr<Buffer> {
      const auto places = program_.session->GetMemoryInfoForOutputs();
      if (places[index].GetDeviceType() == OrtMemoryInfoDeviceType_CPU) return nullptr;
      return std::make_unique<DeviceBuffer>(Ort::Allocator(*program_.session, places[index]), program_.output_ports[index]);
    });
  }

 private:
  Program program_;
};

}  // namespace

Result<std::unique_ptr<Executable>> make_executable(Engine& engine, LoweredStep step, SessionSettings settings) {
  Program program;
  program.host = settings.device == nullptr || settings.device->provider == "CPU";
  // The WebGPU provider returns before its work is done and offers no way to wait for tensors that stay on the device: the time of a step would be
  // found in a later one. Its slices hand over through host memory.
  program.one_at_a_time = !program.host && settings.device->provider == "WebGPU";
  program.keeps_outputs = !program.host && settings.device->provider != "WebGPU";
  if (!step.empty) {
    settings.optimise = !step.optimised;
    const auto lock = device_lock(program);
    MOSAIC_TRY(program.session, make_session(engine, step.model, settings));
  }
  program.inputs = std::move(step.inputs);
  program.outputs = std::move(step.outputs);
  program.input_ports = std::move(step.input_ports);
  program.output_ports = std::move(step.output_ports);
  return std::make_unique<OrtExecutable>(std::move(program));
}

}  // namespace mosaic::ort
