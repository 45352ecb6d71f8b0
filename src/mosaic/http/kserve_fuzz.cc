// Reads any bytes as a request for inference: JSON, and binary data behind the first zero byte if there is one. What is read must fit the model; its
// inputs, sent back as outputs and read again, must be the same, in JSON and in binary.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/base/json.h"
#include "mosaic/http/kserve.h"

namespace mosaic::http {
namespace {

/// Rows of two.
ModelInfo model_of(ElementType type) {
  const TensorType x{.name = "x", .type = type, .shape = {-1, 2}};
  return {.name = "net", .inputs = {x}, .outputs = {x}};
}

/// The answer as a request that has its outputs as inputs.
std::string turned(const Payload& payload) {
  Json json = *parse_json(std::string_view(payload.body).substr(0, payload.json_size.value_or(payload.body.size())));
  json["inputs"] = std::exchange(json["outputs"], Json::array());
  return json.dump();
}

void check_same(const ModelInfo& model, InferCall call, bool binary) {
  Tensor sent = call.request.inputs.at(0).tensor;
  InferResponse response;
  response.outputs = std::move(call.request.inputs);
  call.form.binary = binary;
  call.form.outputs.clear();
  const Payload payload = format_infer_response(response, call.form);
  MOSAIC_CHECK(payload.json_size.has_value() == binary);
  const std::string json = turned(payload);
  const std::string data = binary ? payload.body.substr(*payload.json_size) : "";
  const auto again = parse_infer_request(model, json + data, binary ? std::optional(json.size()) : std::nullopt);
  if (!binary && !again) return;  // what is not finite is null
  MOSAIC_CHECK(again.has_value());
  MOSAIC_CHECK(compare(sent, again->request.inputs.at(0).tensor).equal_bits);
}

void read(std::string_view text) {
  const std::size_t end = text.find('\0');
  const std::string body = end == std::string_view::npos ? std::string(text) : std::string(text.substr(0, end)) + std::string(text.substr(end + 1));
  const auto json_size = end == std::string_view::npos ? std::nullopt : std::optional(end);
  for (const ElementType type : {ElementType::kFloat32, ElementType::kFloat16, ElementType::kInt64, ElementType::kUint8, ElementType::kBool}) {
    const ModelInfo model = model_of(type);
    auto call = parse_infer_request(model, body, json_size);
    if (!call) continue;
    MOSAIC_CHECK(call->request.inputs.size() == 1 && call->request.inputs[0].tensor.type() == type &&
                 call->request.inputs[0].tensor.shape().at(1) == 2);
    InferCall copy{.request = call->request, .form = call->form};
    check_same(model, std::move(copy), false);
    check_same(model, *std::move(call), true);
  }
}

}  // namespace
}  // namespace mosaic::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaic::http::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
