#include "mosaic/runtime/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace mosaic {
namespace {

/// Of all steps; nothing where that of one is not known.
std::optional<Joules> energy_of(const std::vector<StepTimes>& steps) {
  Joules sum;
  for (const StepTimes& step : steps) {
    if (!step.energy) return std::nullopt;
    sum += *step.energy;
  }
  return sum;
}

}  // namespace

Request::Request(const Program& program)
    : program_(program),
      bound_inputs_(program.inputs.size()),
      bound_outputs_(program.outputs.size()),
      users_(program.steps.size()),
      waiting_(program.steps.size()),
      times_(program.steps.size()) {
  for (std::size_t s = 0; s < program.steps.size(); ++s) {
    if (program.after[s].empty()) first_steps_.push_back(s);
    for (const std::size_t each : program.after[s]) users_[each].push_back(s);
  }
}

Result<std::unique_ptr<Request>> Request::create(const Program& program) {
  std::unique_ptr<Request> request(new Request(program));
  for (const auto& step : program.steps) {
    MOSAIC_TRY(auto invocation, step->make_invocation());
    request->invocations_.push_back(std::move(invocation));
  }
  for (const Bytes size : program.slots) request->buffers_.push_back(std::make_unique<HostBuffer>(size));
  for (const Wire& wire : program.wires) {
    if (!wire.from || wire.output) continue;
    const std::size_t slot = wire.slot.value_or(request->buffers_.size());
    if (wire.on_device) {
      const Executable& maker = *program.steps[wire.from->step];
      MOSAIC_TRY(std::unique_ptr<Buffer> buffer, maker.allocate_output(wire.from->port));
      const Port& port = maker.outputs()[wire.from->port];
      if (buffer == nullptr) buffer = std::make_unique<HostBuffer>(*byte_size(port.element, *port.shape));
      request->buffers_.push_back(std::move(buffer));
    }
    Buffer& buffer = *request->buffers_[slot];
    MOSAIC_RETURN_IF_ERROR(request->invocations_[wire.from->step]->bind_output(wire.from->port, buffer));
    for (const PortRef& to : wire.to) MOSAIC_RETURN_IF_ERROR(request->invocations_[to.step]->bind_input(to.port, buffer));
  }
  return request;
}

Result<void> Request::bind_input(std::size_t index, const Tensor& tensor) {
  const GraphTensor& expected = program_.inputs[index];
  if (tensor.type() != expected.element || (expected.shape && tensor.shape() != *expected.shape)) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("input '{}' must be {} {}, not {} {}", expected.name, name(expected.element),
                            expected.shape ? to_string(*expected.shape) : "", name(tensor.type()), to_string(tensor.shape())));
  }
  if (bound_inputs_[index] == tensor.bytes().data()) return {};
  for (const PortRef& to : program_.wires[index].to) MOSAIC_RETURN_IF_ERROR(invocations_[to.step]->bind_input(to.port, tensor));
  bound_inputs_[index] = tensor.bytes().data();
  return {};
}

Result<void> Request::bind_output(std::size_t index, const Wire& wire, Tensor& tensor) {
  const GraphTensor& expected = program_.outputs[index];
  if (!wire.from || !expected.shape || !expected.bytes()) return {};  // copied by `collect`
  if (tensor.type() != expected.element || tensor.shape() != *expected.shape) tensor = Tensor(expected.element, *expected.shape);
  if (bound_outputs_[index] == tensor.bytes().data()) return {};
  MOSAIC_RETURN_IF_ERROR(invocations_[wire.from->step]->bind_output(wire.from->port, tensor));
  for (const PortRef& to : wire.to) MOSAIC_RETURN_IF_ERROR(invocations_[to.step]->bind_input(to.port, tensor));
  bound_outputs_[index] = tensor.bytes().data();
  return {};
}

Result<void> Request::bind(const std::vector<const Tensor*>& inputs, std::vector<Tensor>& outputs) {
  if (inputs.size() != program_.inputs.size()) {
    return fail(ErrorCode::kInvalidInput, fmt::format("the model has {} inputs, {} were given", program_.inputs.size(), inputs.size()));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) MOSAIC_RETURN_IF_ERROR(bind_input(i, *inputs[i]));
  outputs.resize(program_.outputs.size());
  for (const Wire& wire : program_.wires) {
    if (wire.output) MOSAIC_RETURN_IF_ERROR(bind_output(*wire.output, wire, outputs[*wire.output]));
  }
  return {};
}

void Request::start() {
  for (std::size_t s = 0; s < waiting_.size(); ++s) waiting_[s].store(program_.after[s].size(), std::memory_order_relaxed);
  unfinished_.store(program_.steps.size(), std::memory_order_relaxed);
  stopped_.store(false, std::memory_order_relaxed);
  for (const auto& invocation : invocations_) invocation->reset();
  error_.reset();
  started_ = std::chrono::steady_clock::now();
}

bool Request::execute(std::size_t step, bool virtual_time) {
  StepTimes& times = times_[step];
  times = {.step = StepId(step)};
  for (const std::size_t each : program_.after[step]) times.ready = std::max(times.ready, times_[each].finish);
  times.start = times.finish = times.ready;
  if (stopped_.load(std::memory_order_acquire)) return false;
  const Nanoseconds picked_up = virtual_time ? times.ready : std::chrono::steady_clock::now() - started_;
  const auto ran = invocations_[step]->run();
  if (!ran) {
    stop({ran.error().code, fmt::format("step {}: {}", step, ran.error().message)});
    return false;
  }
  times.start = picked_up + ran->transfer;
  times.finish = times.start + ran->execute;
  times.energy = ran->energy;
  return true;
}

void Request::stop(Error reason) {
  {
    const std::scoped_lock lock(error_mutex_);
    if (!error_) error_ = std::move(reason);
  }
  stopped_.store(true, std::memory_order_release);
  for (const auto& invocation : invocations_) invocation->cancel();
}

Result<RunReport> Request::collect(std::vector<Tensor>& outputs, bool virtual_time) {
  const Nanoseconds elapsed = std::chrono::steady_clock::now() - started_;
  {
    const std::scoped_lock lock(error_mutex_);
    if (error_) return std::unexpected(*error_);
  }
  for (const Wire& wire : program_.wires) {
    if (!wire.output) continue;
    Tensor& tensor = outputs[*wire.output];
    const GraphTensor& expected = program_.outputs[*wire.output];
    if (wire.from && !expected.bytes()) {
      MOSAIC_TRY(tensor, invocations_[wire.from->step]->output(wire.from->port));
    } else if (!wire.from) {  // an input handed out as an output
      tensor = Tensor(expected.element, *expected.shape);
      std::memcpy(tensor.bytes().data(), bound_inputs_[*wire.input], tensor.bytes().size());
    }
  }
  RunReport report{.steps = times_, .simulated = virtual_time};
  report.total = elapsed;
  if (virtual_time) report.total = std::ranges::max(times_, {}, &StepTimes::finish).finish;
  report.energy = energy_of(times_);
  return report;
}

}  // namespace mosaic
