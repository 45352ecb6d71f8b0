#include "mosaic/backend/ort/evaluator.h"

#include "mosaic/backend/ort/engine.h"
#include "mosaic/backend/ort/session.h"
#include "mosaic/onnx/extract.h"

namespace mosaic::ort {
namespace {

class OrtEvaluator final : public onnx::Evaluator {
 public:
  explicit OrtEvaluator(Engine& engine) : engine_(engine) {}

  Result<onnx::ValueTypes> infer(const onnx::Model& model) override {
    MOSAIC_TRY(const auto session, make_session(engine_, onnx::with_all_outputs(model), {.optimise = false}));
    MOSAIC_TRY(onnx::ValueTypes types, types_of(*session));
    MOSAIC_RETURN_IF_ERROR(tell_scalars_apart(model, types));
    return types;
  }

  Result<std::vector<Tensor>> evaluate(const onnx::Model& model) override {
    MOSAIC_TRY(const auto session, make_session(engine_, model, {.optimise = false}));
    MOSAIC_TRY(const std::vector<Ort::Value> values, run_once(*session, {}, onnx::output_names(model)));
    std::vector<Tensor> tensors;
    for (const Ort::Value& value : values) {
      MOSAIC_TRY(Tensor tensor, copy_out(value));
      tensors.push_back(std::move(tensor));
    }
    return tensors;
  }

 private:
  static Result<onnx::ValueTypes> types_of(const Ort::Session& session) {
    return guarded(ErrorCode::kInvalidInput, [&] {
      onnx::ValueTypes types = output_types(session);
      types.merge(input_types(session));
      return types;
    });
  }

  /// A value of unknown rank looks like a scalar; its `Shape`, a list, does not look like an empty one.
  Result<void> tell_scalars_apart(const onnx::Model& model, onnx::ValueTypes& types) {
    std::vector<std::string> scalars;
    for (const auto& [name, type] : types) {
      if (type.shape && type.shape->empty()) scalars.push_back(name);
    }
    if (scalars.empty()) return {};
    const onnx::Model probed = onnx::with_shapes_as_outputs(model, scalars);
    MOSAIC_TRY(const auto session, make_session(engine_, probed, {.optimise = false}));
    MOSAIC_TRY(const onnx::ValueTypes shapes, types_of(*session));
    const auto names = onnx::output_names(probed);
    for (std::size_t i = 0; i < scalars.size(); ++i) {
      if (shapes.at(names[i]).shape != Shape{0}) types[scalars[i]].shape = std::nullopt;
    }
    return {};
  }

  Engine& engine_;
};

}  // namespace

Result<std::unique_ptr<onnx::Evaluator>> make_evaluator() {
  MOSAIC_TRY(Engine * engine, Engine::instance());
  return std::make_unique<OrtEvaluator>(*engine);
}

}  // namespace mosaic::ort
