#pragma once

// What the endpoints answer, without sockets. Not installed: it serves the server alone.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/http/service.h"

namespace mosaic::http {

/// An HTTP request, as far as the endpoints look at it.
struct Request {
  std::string method;
  std::string target;
  std::string body;
  std::string json_size;       ///< header Inference-Header-Content-Length; may be empty
  std::string content_coding;  ///< header Content-Encoding; may be empty
  bool shutting_down = false;  ///< nothing new is to be begun
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  ///< further ones
};

/// Takes the response: once, from any thread.
using Respond = std::move_only_function<void(Response)>;

/// JSON is read on the server's one thread: larger tensors go as binary data.
inline constexpr std::size_t kMostJson = std::size_t{4} << 20U;

/// Answers a request: what lies under /v2 (KServe v2), /v1/status, /v1/events and /metrics. docs/http.md lists the endpoints and the status codes.
/// `version`: of the program. `respond` is called before this returns, or, of an inference, by whoever has its result.
void answer(Service& service, Request request, std::string_view version, Respond respond);

/// {"error": "..."} with the status that belongs to the code.
[[nodiscard]] Response error_response(const Error& error);
[[nodiscard]] Response error_response(int status, std::string_view message);

}  // namespace mosaic::http
