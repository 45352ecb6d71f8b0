#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/ids.h"
#include "mosaic/base/tensor.h"
#include "mosaic/base/units.h"
#include "mosaic/board/board.h"
#include "mosaic/graph/graph.h"
#include "mosaic/onnx/prepare.h"

namespace mosaic {

/// One tensor at the edge of a step. Where the producer's port and the consumer's have the same name, they mean the same tensor.
struct Port {
  std::string name;  ///< the source tensor's; for one that only the backend knows, made unique by it
  ElementType element = ElementType::kUndefined;
  std::optional<Shape> shape;  ///< as it lies in memory; none for an output of the model whose shape depends on the data

  /// None also for elements of no fixed size (strings).
  [[nodiscard]] std::optional<Bytes> bytes() const { return shape ? byte_size(element, *shape) : std::nullopt; }

  /// Of an output: the name of the step's port whose memory it had best be bound to, which spares the step a copy. Nothing in the plan uses that
  /// port's tensor any more once this one is made.
  std::string replaces = {};
};

/// Memory of one tensor. Thread-compatible.
class Buffer {
 public:
  Buffer() = default;
  virtual ~Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  /// The bytes, or nothing where the host cannot see them.
  [[nodiscard]] virtual std::span<std::byte> host() = 0;
};

/// A buffer in host memory, aligned to 64 bytes, zeroed.
class HostBuffer final : public Buffer {
 public:
  explicit HostBuffer(Bytes size) : tensor_(ElementType::kUint8, {size.value}) {}
  [[nodiscard]] std::span<std::byte> host() override { return tensor_.bytes(); }

 private:
  Tensor tensor_;
};

/// One caller's use of an executable: its buffers, bound once, and one run at a time. Thread-compatible; `cancel` alone may come from any thread.
class Invocation {
 public:
  Invocation() = default;
  virtual ~Invocation() = default;
  Invocation(const Invocation&) = delete;
  Invocation& operator=(const Invocation&) = delete;

  /// Inputs and outputs by their index among the executable's ports. Memory is borrowed until it is bound anew; a buffer may be larger than the
  /// tensor. An output without `Port::bytes` is never bound: it is read with `output`. Errors: kInvalidInput for a tensor of another type or shape;
  /// kEngine.
  [[nodiscard]] virtual Result<void> bind_input(std::size_t index, Buffer& buffer) = 0;
  [[nodiscard]] virtual Result<void> bind_input(std::size_t index, const Tensor& tensor) = 0;
  [[nodiscard]] virtual Result<void> bind_output(std::size_t index, Buffer& buffer) = 0;
  [[nodiscard]] virtual Result<void> bind_output(std::size_t index, Tensor& tensor) = 0;

  /// How long a run took on the device's clock (virtual for a simulated one).
  struct Times {
    Nanoseconds transfer{};             ///< bringing inputs to the device's memory, where the backend can tell
    Nanoseconds execute{};              ///< everything else
    std::optional<Joules> energy = {};  ///< drawn by the device, where the backend itself knows: a simulated one
  };

  /// Computes the outputs. Blocks until done. Errors: kDevice, kEngine, kCancelled.
  [[nodiscard]] virtual Result<Times> run() = 0;

  /// What the last run left in an output that could not be bound. Errors: kEngine.
  [[nodiscard]] virtual Result<Tensor> output(std::size_t index) = 0;

  /// Makes the run in progress end soon with kCancelled, and runs to come at once, until `reset`. Thread-safe.
  virtual void cancel() = 0;

  /// Forgets that it was cancelled. Requires: no run is in progress, and no call of `cancel`.
  virtual void reset() = 0;
};

/// A step, ready to run. Immutable and thread-safe: many invocations may run at once.
class Executable {
 public:
  Executable() = default;
  virtual ~Executable() = default;
  Executable(const Executable&) = delete;
  Executable& operator=(const Executable&) = delete;

  [[nodiscard]] virtual std::span<const Port> inputs() const = 0;
  [[nodiscard]] virtual std::span<const Port> outputs() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Invocation>> make_invocation() const = 0;

  /// Memory for an output in the device's own space, to be bound as output here and as input of an executable on the same device. Null where the
  /// device works in host memory.
  [[nodiscard]] virtual Result<std::unique_ptr<Buffer>> allocate_output(std::size_t index) const = 0;
};

/// Neighbouring steps that one backend compiles together, so that it can cut what it made of the whole instead of making something of each piece.
struct Run {
  const onnx::PreparedModel& prepared;
  const Graph& graph;
  const Board& board;

  struct Step {
    std::vector<LayerId> layers;  ///< in topological order
    ConfigurationId configuration;
  };
  std::vector<Step> steps;        ///< no step uses what a later one makes
  std::vector<TensorId> leaving;  ///< tensors made in the run that are used outside it or are outputs of the model
  bool alone = false;             ///< nothing else of the plan needs the cores, so that idle threads may go on spinning between runs
  bool shares_cores = false;      ///< others need the cores: idle threads may spin within a run, not between runs
};

/// What is behind a backend, for fingerprints and reports.
struct EngineInfo {
  std::string name;         ///< "ONNX Runtime"
  std::string version;      ///< "1.30.0"
  Fingerprint fingerprint;  ///< of all that may change what it does or how fast
};

/// Makes steps executable on the devices it drives. Thread-safe.
class Backend {
 public:
  Backend() = default;
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  [[nodiscard]] virtual EngineInfo engine() const = 0;

  /// Whether its devices live on a virtual clock: times are then what `Invocation::run` says, not what a clock on the wall shows.
  [[nodiscard]] virtual bool simulated() const = 0;

  /// Errors: kDevice where the machine lacks its provider or library, kInvalidInput where it lacks its cores. Kinds of operators are not checked
  /// here.
  [[nodiscard]] virtual Result<void> check_device(const Board& board, DeviceId device) const = 0;

  /// What a device draws at a configuration while it is ready to work and does not, by one reading of the backend's own meter. Errors: kDevice
  /// where the backend has none.
  [[nodiscard]] virtual Result<Watts> idle_power(const Board& board, ConfigurationId configuration) const {
    return fail(ErrorCode::kDevice, "backend '" + board.device_of(configuration).backend + "' has no meter of its own");
  }

  /// Neighbouring steps whose configurations have the same domain are compiled as one run.
  [[nodiscard]] virtual std::string domain(const Board& board, ConfigurationId configuration) const = 0;

  /// One executable a step, in order. All steps are of one domain. Ports that only this run knows start with `scope`.
  /// Errors: kUnsupported where a device cannot run an operator (named in the message), kDevice where it lacks memory, kEngine.
  [[nodiscard]] virtual Result<std::vector<std::unique_ptr<Executable>>> compile(const Run& run, std::string_view scope) = 0;
};

/// Backends by the name that devices give: "ort", "sim".
using Backends = std::map<std::string, std::shared_ptr<Backend>>;

}  // namespace mosaic
