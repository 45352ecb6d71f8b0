#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/onnx/model.h"

namespace mosaic::onnx {

/// What is known of a value without running the model.
struct ValueType {
  ElementType element = ElementType::kUndefined;  ///< undefined for sequences, maps and optionals
  std::optional<Shape> shape;                     ///< none where an extent is not static
};
using ValueTypes = std::map<std::string, ValueType>;

/// What reading a model asks of an inference engine: this room knows the format, not what operators do. Thread-compatible.
class Evaluator {
 public:
  Evaluator() = default;
  virtual ~Evaluator() = default;
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Types and shapes of every value in the model's top-level graph. Errors: kInvalidInput where the engine refuses the model.
  [[nodiscard]] virtual Result<ValueTypes> infer(const Model& model) = 0;

  /// The outputs, in order, of a model without inputs. Errors: kInvalidInput where the engine refuses or fails.
  [[nodiscard]] virtual Result<std::vector<Tensor>> evaluate(const Model& model) = 0;
};

}  // namespace mosaic::onnx
