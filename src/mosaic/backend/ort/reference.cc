#include "mosaic/backend/ort/reference.h"

#include <chrono>

#include "mosaic/backend/ort/session.h"

namespace mosaic::ort {
namespace {

class Session final : public Reference {
 public:
  explicit Session(Ort::Session session) : session_(std::move(session)), binding_(session_) {
    for (const auto& name : session_.GetInputNames()) inputs_.push_back(name);
    for (const auto& name : session_.GetOutputNames()) outputs_.push_back(name);
  }

  const std::vector<std::string>& inputs() const override { return inputs_; }
  const std::vector<std::string>& outputs() const override { return outputs_; }

  Result<void> bind(const std::vector<const Tensor*>& inputs) override {
    if (inputs.size() != inputs_.size()) return fail(ErrorCode::kInvalidInput, "the number of inputs is wrong");
    return guarded(ErrorCode::kInvalidInput, [&] {
      // Anew, for the engine keeps what it allocated and would take it for a buffer of the right shape.
      const Ort::MemoryInfo host = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
      for (const std::string& name : outputs_) binding_.BindOutput(name.c_str(), host);
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto memory = inputs[i]->bytes();
        binding_.BindInput(inputs_[i].c_str(), wrap({const_cast<std::byte*>(memory.data()), memory.size()}, inputs[i]->type(), inputs[i]->shape()));
      }
    });
  }

  Result<Nanoseconds> run() override {
    const auto start = std::chrono::steady_clock::now();
    MOSAIC_RETURN_IF_ERROR(guarded(ErrorCode::kEngine, [&] { session_.Run(Ort::RunOptions{nullptr}, binding_); }));
    return std::chrono::duration_cast<Nanoseconds>(std::chrono::steady_clock::now() - start);
  }

  Result<std::vector<Tensor>> results() override {
    std::vector<Tensor> tensors;
    auto values = guarded(ErrorCode::kEngine, [&] { return binding_.GetOutputValues(); });
    if (!values) return std::unexpected(values.error());
    for (const Ort::Value& value : *values) {
      MOSAIC_TRY(Tensor tensor, copy_out(value));
      tensors.push_back(std::move(tensor));
    }
    return tensors;
  }

 private:
  Ort::Session session_;
  Ort::IoBinding binding_;
  std::vector<std::string> inputs_;
  std::vector<std::string> outputs_;
};

Ort::SessionOptions session_options(const Reference::Options& options) {
  Ort::SessionOptions result;
  result.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
  result.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  if (options.threads > 0) result.SetIntraOpNumThreads(options.threads);
  result.AddConfigEntry("session.intra_op.allow_spinning", options.spin ? "1" : "0");
  return result;
}

}  // namespace

Reference::Reference() = default;
Reference::~Reference() = default;

Result<std::unique_ptr<Reference>> Reference::open(const std::filesystem::path& model, const Options& options) {
  MOSAIC_TRY(Engine * engine, Engine::instance());
  return guarded(ErrorCode::kInvalidInput, [&]() -> std::unique_ptr<Reference> {
    return std::make_unique<Session>(Ort::Session(engine->env(), model.c_str(), session_options(options)));
  });
}

Result<std::unique_ptr<Reference>> Reference::open(const onnx::Model& model, const Options& options) {
  MOSAIC_TRY(Engine * engine, Engine::instance());
  const std::string bytes = onnx::serialize_model(model);
  return guarded(ErrorCode::kInvalidInput, [&]() -> std::unique_ptr<Reference> {
    return std::make_unique<Session>(Ort::Session(engine->env(), bytes.data(), bytes.size(), session_options(options)));
  });
}

}  // namespace mosaic::ort
