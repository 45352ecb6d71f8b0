#include "mosaic/http/connection.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <new>
#include <string_view>
#include <tuple>
#include <utility>

namespace mosaic::http {

namespace wire = boost::beast::http;

/// A response that the service owes; waited for by the timer, which ends early when it is there.
struct Connection::Awaited {
  asio::steady_timer timer;
  std::optional<Response> response;

  void set(Response value) {
    if (!response) response = std::move(value);
    timer.cancel();
  }
};

/// Brings a response from any thread to the loop's. The loop may have ended, the connection may be gone: then nobody misses it.
class Connection::Delivery {
 public:
  Delivery(std::shared_ptr<asio::io_context> context, std::weak_ptr<Awaited> awaited) : context_(std::move(context)), awaited_(std::move(awaited)) {}
  Delivery(Delivery&&) = default;
  Delivery& operator=(Delivery&&) = delete;
  ~Delivery() {
    if (context_ != nullptr) (*this)(error_response({ErrorCode::kEngine, "the request was dropped without an answer"}));
  }

  void operator()(Response response) {
    const auto context = std::exchange(context_, nullptr);
    if (context == nullptr) return;
    asio::post(*context, [awaited = std::move(awaited_), response = std::move(response)]() mutable {
      if (const auto here = awaited.lock()) here->set(std::move(response));
    });
  }

 private:
  std::shared_ptr<asio::io_context> context_;
  std::weak_ptr<Awaited> awaited_;
};

/// How a response is written.
struct Connection::Manner {
  unsigned version = 11;
  bool keep_alive = false;
  bool with_body = true;
};

namespace {

constexpr std::size_t kChunk = 64 << 10;  // read at a time

/// The answer to a request that could not be read; nothing where the client has gone or is too slow.
std::optional<Response> refusal(error_code error) {
  const auto is = [&](wire::error what) { return error == wire::make_error_code(what); };
  if (is(wire::error::end_of_stream) || is(wire::error::partial_message)) return std::nullopt;
  if (is(wire::error::header_limit) || is(wire::error::buffer_overflow)) return error_response(431, "the header of the request is too long");
  if (is(wire::error::body_limit)) return error_response(413, "the body of the request is too long");
  if (error == asio::error::no_buffer_space) return error_response(503, "too many requests are in progress");
  if (error.category() != wire::make_error_code(wire::error::bad_target).category()) return std::nullopt;
  return error_response(400, fmt::format("this is not HTTP/1.1: {}", error.message()));
}

void count_open(Metrics& metrics, double change) { metrics.gauge("mosaic_http_connections", "Open connections.").add(change); }

}  // namespace

Connection::Connection(Shared& shared, tcp::socket socket)
    : shared_(shared), stream_(std::move(socket)), buffer_(static_cast<std::size_t>(shared.options.most_header.value) + kChunk) {
  error_code ignored;
  std::ignore = stream_.socket().set_option(tcp::no_delay(true), ignored);
  count_open(shared_.metrics, 1);
}

Connection::~Connection() { count_open(shared_.metrics, -1); }

bool Connection::idle() const {
  error_code ignored;
  return idle_ && stream_.socket().available(ignored) == 0;
}

void Connection::give_up() {
  if (awaited_) awaited_->set(error_response({ErrorCode::kCancelled, "the server has shut down before the request was done"}));
}

Task<> Connection::serve() {
  bool another = true;  // GCC 12 destroys twice what a condition awaits
  while (another) another = co_await exchange();
  co_await part();
}

Task<> Connection::refuse() {
  shared_.metrics.counter("mosaic_http_refused_connections_total", "Connections beyond the limit, answered 503.").add();
  co_await write(error_response(503, "too many connections are open"), Manner());
  co_await part();
}

/// One request and its answer; whether another may follow.
Task<bool> Connection::exchange() {
  parser_.emplace();
  share_.emplace(shared_.bodies);
  const error_code error = co_await read();
  std::optional<Response> response;
  if (error) {
    response = refusal(error);
  } else {
    response = co_await respond();
  }
  if (!response) co_return false;
  const auto& request = parser_->get();
  const Manner manner{.version = request.version(),
                      .keep_alive = !error && request.keep_alive() && (!shared_.ending || buffer_.size() > 0),
                      .with_body = request.method() != wire::verb::head};
  const bool written = co_await write(*std::move(response), manner);
  share_.reset();
  idle_ = true;
  co_return (written && manner.keep_alive);
}

/// Reads a whole request. Its share of the budget grows with what has come: what is only announced takes nothing from others.
Task<error_code> Connection::read() {
  parser_->header_limit(static_cast<std::uint32_t>(shared_.options.most_header.value));
  parser_->body_limit(static_cast<std::uint64_t>(shared_.options.most_body.value));
  stream_.expires_after(shared_.options.header_patience);
  const auto [error, size] = co_await wire::async_read_header(stream_, buffer_, *parser_, kAwait);
  idle_ = false;
  if (error) co_return error;
  stream_.expires_after(shared_.options.body_patience);
  if (boost::beast::iequals(parser_->get()[wire::field::expect], "100-continue")) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [unwritten, written] = co_await asio::async_write(stream_, asio::buffer(kContinue), kAwait);
    if (unwritten) co_return unwritten;
  }
  while (!parser_->is_done()) {
    const auto [unread, some] = co_await wire::async_read_some(stream_, buffer_, *parser_, kAwait);
    if (unread) co_return unread;
    if (!share_->grow_to(parser_->get().body().size())) co_return asio::error::no_buffer_space;
  }
  co_return error_code();
}

Task<Response> Connection::respond() {
  auto& message = parser_->get();
  Request request{.method = std::string(message.method_string()),
                  .target = std::string(message.target()),
                  .body = std::move(message.body()),
                  .json_size = std::string(message["Inference-Header-Content-Length"]),
                  .content_coding = std::string(message[wire::field::content_encoding]),
                  .shutting_down = shared_.ending};
  const auto awaited = std::make_shared<Awaited>(asio::steady_timer(*shared_.context, shared_.options.answer_patience));
  awaited_ = awaited;
  try {
    answer(shared_.service, std::move(request), shared_.options.version, Delivery(shared_.context, awaited));
  } catch (const std::bad_alloc&) {
    awaited->response = error_response({ErrorCode::kBusy, "there is not enough memory for the request now"});
  }
  if (!awaited->response) co_await awaited->timer.async_wait(kAwait);
  awaited_.reset();
  if (!awaited->response) co_return error_response({ErrorCode::kDeadline, "the request took too long"});
  co_return *std::move(awaited->response);
}

/// Whether it could be written.
Task<bool> Connection::write(Response response, Manner manner) {
  wire::response<wire::string_body> message(static_cast<wire::status>(response.status), manner.version);
  message.set(wire::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.content_length(response.body.size());
  message.keep_alive(manner.keep_alive);
  if (manner.with_body) message.body() = std::move(response.body);
  stream_.expires_after(shared_.options.write_patience);
  const auto [error, size] = co_await wire::async_write(stream_, message, kAwait);
  shared_.metrics
      .counter("mosaic_http_requests_total", "Requests by the status they were answered with.", {{"code", std::to_string(response.status)}})
      .add();
  co_return !error;
}

/// Lets the client take its last answer: what it still sends is read and thrown away, as closing would otherwise take the answer from it.
Task<> Connection::part() {
  error_code error;
  std::ignore = stream_.socket().shutdown(tcp::socket::shutdown_send, error);
  stream_.expires_after(kLinger);
  buffer_.clear();
  while (!error) std::tie(error, std::ignore) = co_await stream_.async_read_some(buffer_.prepare(kChunk), kAwait);
}

}  // namespace mosaic::http
