#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/base/units.h"

namespace mosaic::http {

struct TensorType {
  std::string name;
  ElementType type = ElementType::kFloat32;
  Shape shape;  ///< -1: any extent
};

struct ModelInfo {
  std::string name;
  std::vector<TensorType> inputs;
  std::vector<TensorType> outputs;
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// What a client wants computed, checked against the model: every input is there, in the model's order, of its type and shape.
struct InferRequest {
  std::string model;
  std::string id;                       ///< the client's; may be empty
  std::vector<NamedTensor> inputs;      ///< as in `ModelInfo::inputs`
  std::vector<std::string> outputs;     ///< the wanted ones; empty: all
  std::optional<Nanoseconds> deadline;  ///< from when the request was read; above 0
};

struct InferResponse {
  std::vector<NamedTensor> outputs;
  std::map<std::string, std::string> parameters;  ///< what else the client is told: "variant", "device"
};

/// Takes the outcome of a request: once, from any thread, also when client and server have gone. Writes the
/// outputs out on the calling thread and never waits. If it goes without being called, the client is told that its request was dropped.
using Answer = std::move_only_function<void(Result<InferResponse>)>;

/// What answers the requests that a server takes. Calls come from the server's one thread and must not block; all are thread-safe.
class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  [[nodiscard]] virtual std::vector<ModelInfo> models() const = 0;

  /// Whether requests are welcome.
  [[nodiscard]] virtual bool ready() const = 0;

  /// Queues the request or refuses it. Errors that `answer` may take: kBusy: the queue is full (429); kDeadline (504); kCancelled, kDevice: not now,
  /// perhaps later (503); kInvalidInput, kUnsupported (400); others are failures of the server (500).
  virtual void infer(InferRequest request, Answer answer) = 0;

  /// Takes a control event in JSON and answers in JSON. Errors as above.
  [[nodiscard]] virtual Result<std::string> event(std::string_view body) = 0;

  /// In Prometheus' text format.
  [[nodiscard]] virtual std::string metrics() const = 0;

  /// In JSON.
  [[nodiscard]] virtual std::string status() const = 0;
};

}  // namespace mosaic::http
