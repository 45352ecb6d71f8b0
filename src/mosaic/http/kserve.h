#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/http/service.h"

namespace mosaic::http {

/// How an answer is to be written, by what its request said.
struct ReplyForm {
  std::string model;
  std::string id;
  bool binary = false;                               ///< for outputs of which nothing was said
  std::map<std::string, bool, std::less<>> outputs;  ///< the wanted ones: whether as binary data
};

struct InferCall {
  InferRequest request;
  ReplyForm form;
};

/// Reads a request of the KServe v2 protocol (Open Inference Protocol, HTTP/REST) with the binary tensor data extension. `json_size`: where the
/// client says that so many bytes of `body` are JSON, and binary data follows. Keys and parameters that mosaic does not know are left aside, as the
/// protocol wants it; "timeout" is the deadline in microseconds, 0 for none. The memory taken for tensors is at most 8 bytes for each byte of `body`.
/// Errors: kInvalidInput; kUnsupported: tensors in shared memory, classification.
[[nodiscard]] Result<InferCall> parse_infer_request(const ModelInfo& model, std::string_view body, std::optional<std::size_t> json_size);

struct Payload {
  std::string body;
  std::optional<std::size_t> json_size;  ///< there where binary data follows the JSON
};

/// The answer to a call. Outputs that were not asked for are left out.
[[nodiscard]] Payload format_infer_response(const InferResponse& response, const ReplyForm& form);

[[nodiscard]] std::string format_server_metadata(std::string_view version);
[[nodiscard]] std::string format_model_metadata(const ModelInfo& model);
[[nodiscard]] std::string format_models(const std::vector<ModelInfo>& models);
[[nodiscard]] std::string format_model_ready(std::string_view model, bool ready);

/// {"error": "..."}
[[nodiscard]] std::string format_error(std::string_view message);

}  // namespace mosaic::http
