#include "mosaic/http/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "mosaic/base/text.h"
#include "mosaic/http/kserve.h"

namespace mosaic::http {
namespace {

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
    case ErrorCode::kUnsupported:
      return 400;
    case ErrorCode::kBusy:
      return 429;
    case ErrorCode::kCancelled:
    case ErrorCode::kDevice:
      return 503;
    case ErrorCode::kDeadline:
      return 504;
    case ErrorCode::kCheckFailed:
    case ErrorCode::kEngine:
    case ErrorCode::kIo:
      break;
  }
  return 500;
}

/// The octet that "%41" stands for.
std::optional<char> escaped(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), value, 16);
  if (text.size() != 3 || error != std::errc() || end != text.data() + 3) return std::nullopt;
  return static_cast<char>(static_cast<unsigned char>(value));
}

/// The parts of a path between slashes, percent signs decoded, the query left out. Nothing where a percent sign means nothing.
std::optional<std::vector<std::string>> path_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (!target.starts_with('/')) return std::nullopt;
  std::vector<std::string> parts = split(target.substr(1), '/');
  for (std::string& part : parts) {
    for (std::size_t at = part.find('%'); at != std::string::npos; at = part.find('%', at + 1)) {
      const auto octet = escaped(std::string_view(part).substr(at, 3));
      if (!octet) return std::nullopt;
      part.replace(at, 3, 1, *octet);
    }
  }
  return parts;
}

Response wrong_method(std::string allowed) {
  Response response = error_response(405, fmt::format("only {} is allowed here", allowed));
  response.headers.emplace_back("Allow", std::move(allowed));
  return response;
}

Response too_much_json() {
  return error_response(413, fmt::format("at most {} of JSON are read: send large tensors as binary data", format_bytes({kMostJson})));
}

Response readiness(bool ready, std::string body) { return {.status = ready ? 200 : 503, .body = std::move(body)}; }

Response formatted(const Result<InferResponse>& result, const ReplyForm& form) {
  if (!result) return error_response(result.error());
  Payload payload = format_infer_response(*result, form);
  Response response{.body = std::move(payload.body)};
  if (payload.json_size) {
    response.content_type = "application/octet-stream";
    response.headers.emplace_back("Inference-Header-Content-Length", std::to_string(*payload.json_size));
  }
  return response;
}

/// How many bytes of the body are JSON, where the client says so.
Result<std::optional<std::size_t>> json_size_of(const Request& request) {
  if (request.json_size.empty()) return std::nullopt;
  std::size_t size = 0;
  const char* last = request.json_size.data() + request.json_size.size();
  const auto [end, error] = std::from_chars(request.json_size.data(), last, size);
  if (error != std::errc() || end != last) return invalid("the header Inference-Header-Content-Length must be a number of bytes");
  return size;
}

void infer(Service& service, const ModelInfo& model, const Request& request, Respond respond) {
  if (request.shutting_down) return respond(error_response({ErrorCode::kCancelled, "the server is shutting down"}));
  const auto json_size = json_size_of(request);
  if (!json_size) return respond(error_response(json_size.error()));
  if (std::min(json_size->value_or(request.body.size()), request.body.size()) > kMostJson) return respond(too_much_json());
  auto call = parse_infer_request(model, request.body, *json_size);
  if (!call) return respond(error_response(call.error()));
  service.infer(std::move(call->request), [form = std::move(call->form), respond = std::move(respond)](Result<InferResponse> result) mutable {
    respond(formatted(result, form));
  });
}

/// What lies below /v2/models/NAME.
void answer_model(Service& service, const std::vector<std::string>& path, const Request& request, bool reads, Respond respond) {
  const std::vector<ModelInfo> models = service.models();
  const auto model = std::ranges::find(models, path[2], &ModelInfo::name);
  if (model == models.end()) return respond(error_response(404, fmt::format("there is no model '{}'", path[2])));
  if (path.size() == 3) return respond(reads ? Response{.body = format_model_metadata(*model)} : wrong_method("GET"));
  if (path.size() == 4 && path[3] == "ready") {
    const bool ready = service.ready() && !request.shutting_down;
    respond(reads ? readiness(ready, format_model_ready(model->name, ready)) : wrong_method("GET"));
  } else if (path.size() != 4 || path[3] != "infer") {
    respond(error_response(404, "there is nothing here: models have no versions, and below them are 'ready' and 'infer'"));
  } else if (request.method != "POST") {
    respond(wrong_method("POST"));
  } else {
    infer(service, *model, request, std::move(respond));
  }
}

void answer_event(Service& service, const Request& request, Respond& respond) {
  if (request.method != "POST") return respond(wrong_method("POST"));
  if (request.body.size() > kMostJson) return respond(too_much_json());
  const auto result = service.event(request.body);
  respond(result ? Response{.body = *result} : error_response(result.error()));
}

/// What is only read, and nothing where the path leads elsewhere.
std::optional<Response> answer_read(const Service& service, std::string_view path, const Request& request, std::string_view version) {
  if (path == "v2") return Response{.body = format_server_metadata(version)};
  if (path == "v2/health/live") return readiness(true, R"({"live":true})");
  if (path == "v2/health/ready") {
    const bool ready = service.ready() && !request.shutting_down;
    return readiness(ready, fmt::format(R"({{"ready":{}}})", ready));
  }
  if (path == "v2/models") return Response{.body = format_models(service.models())};
  if (path == "v1/status") return Response{.body = service.status()};
  if (path == "metrics") return Response{.body = service.metrics(), .content_type = "text/plain; version=0.0.4; charset=utf-8"};
  return std::nullopt;
}

}  // namespace

Response error_response(int status, std::string_view message) {
  Response response{.status = status, .body = format_error(message)};
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response error_response(const Error& error) { return error_response(status_of(error.code), error.message); }

void answer(Service& service, Request request, std::string_view version, Respond respond) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!request.content_coding.empty() && request.content_coding != "identity")
    return respond(error_response(415, fmt::format("bodies in content coding '{}' are not read: send it plain", request.content_coding)));
  const auto path = path_of(request.target);
  if (!path) return respond(error_response(400, "the target of the request is not a path"));
  if (path->size() >= 3 && (*path)[0] == "v2" && (*path)[1] == "models") return answer_model(service, *path, request, reads, std::move(respond));
  const std::string joined = fmt::format("{}", fmt::join(*path, "/"));
  if (joined == "v1/events") return answer_event(service, request, respond);
  auto response = answer_read(service, joined, request, version);
  if (!response) return respond(error_response(404, "there is nothing here"));
  respond(reads ? *std::move(response) : wrong_method("GET"));
}

}  // namespace mosaic::http
