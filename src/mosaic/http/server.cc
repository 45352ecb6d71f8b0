#include "mosaic/http/server.h"

// Handlers run on one thread and come to it through a mutex. Fences besides are something that the thread sanitiser does not know.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <list>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>

#include "mosaic/http/api.h"
#include "mosaic/http/budget.h"

namespace mosaic::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
template <class T = void>
using Task = asio::awaitable<T>;
using Parser = wire::request_parser<wire::string_body>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kChunk = 64 << 10;                        // read at a time
constexpr Nanoseconds kLinger = std::chrono::seconds(1);        // for a client to take its last answer
constexpr Nanoseconds kRetry = std::chrono::milliseconds(100);  // where the machine has no room for a connection

std::size_t size_of(Bytes bytes) { return static_cast<std::size_t>(std::max<std::int64_t>(bytes.value, 0)); }

/// A response that the service owes; waited for by the timer, which ends early when it is there.
struct Awaited {
  asio::steady_timer timer;
  std::optional<Response> response;

  void set(Response value) {
    if (!response) response = std::move(value);
    timer.cancel();
  }
};

/// Brings a response from any thread to the loop's. The loop may have ended, the connection may be gone: then nobody misses it.
class Delivery {
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

/// A client.
struct Connection {
  explicit Connection(tcp::socket socket, std::size_t most) : stream(std::move(socket)), buffer(most) {}

  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  std::shared_ptr<Awaited> awaited;  ///< while the service has its request
  bool idle = true;                  ///< no request is there, none is answered
};

/// How a response is written.
struct Manner {
  unsigned version = 11;
  bool keep_alive = false;
  bool with_body = true;
};

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

}  // namespace

/// Everything that happens on the server's thread.
class Server::Loop {
 public:
  Loop(const ServerOptions& options, Service& service);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() { shut_down(); }

  Result<void> listen();
  void start();
  void shut_down();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  using Connections = std::list<Connection>;

  Task<> accept();
  void welcome(tcp::socket socket);
  void leave(Connections::iterator place);
  Task<> serve(Connections::iterator place, bool refused);
  Task<bool> exchange(Connection& connection);
  Task<error_code> read(Connection& connection, Parser& parser, Budget::Share& share);
  Task<Response> respond(Connection& connection, Parser& parser);
  Task<bool> write(Connection& connection, Response response, Manner manner);
  Task<> part(Connection& connection);
  Task<> end();
  Task<> wait_until_empty(Clock::time_point until);
  void stop_accepting();

  const ServerOptions options_;
  Service& service_;
  Budget budget_;  // of request bodies
  Metrics own_metrics_;
  Metrics& metrics_;

  const std::shared_ptr<asio::io_context> context_ = std::make_shared<asio::io_context>(1);
  tcp::acceptor acceptor_{*context_};
  asio::steady_timer room_{*context_};   // until a connection goes
  asio::steady_timer empty_{*context_};  // until the last one has gone
  Connections connections_;
  bool ending_ = false;
  std::uint16_t port_ = 0;
  std::once_flag shut_;
  std::thread thread_;
};

Server::Loop::Loop(const ServerOptions& options, Service& service)
    : options_(options),
      service_(service),
      budget_(size_of(options.most_bodies)),
      metrics_(options.metrics == nullptr ? own_metrics_ : *options.metrics) {}

Result<void> Server::Loop::listen() {
  error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error) return invalid(fmt::format("'{}' is no IP address to listen on", options_.address));
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (error == boost::system::errc::address_in_use)
    return invalid(fmt::format("port {} of {} is in use: take another, or 0 for any that is free", options_.port, options_.address));
  if (error == boost::system::errc::permission_denied)
    return invalid(fmt::format("port {} is not for this user: take one from 1024 on, or 0 for any that is free", options_.port));
  if (error == boost::system::errc::address_not_available) return invalid(fmt::format("{} is no address of this machine", options_.address));
  if (!error) port_ = acceptor_.local_endpoint(error).port();
  if (error) return fail(ErrorCode::kIo, fmt::format("cannot listen on port {} of {}: {}", options_.port, options_.address, error.message()));
  return {};
}

void Server::Loop::start() {
  asio::co_spawn(*context_, accept(), asio::detached);
  thread_ = std::thread([this] { context_->run(); });
}

void Server::Loop::shut_down() {
  std::call_once(shut_, [this] {
    if (!thread_.joinable()) return;
    asio::co_spawn(*context_, end(), asio::detached);
    thread_.join();
  });
}

Task<> Server::Loop::accept() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    bool wait = error && error != asio::error::operation_aborted;  // the process has no room for another connection
    if (!error) welcome(std::move(socket));
    while (wait || (acceptor_.is_open() && connections_.size() >= 2 * options_.most_connections)) {
      wait = false;
      room_.expires_after(kRetry);
      co_await room_.async_wait(kAwait);
    }
  }
}

void Server::Loop::welcome(tcp::socket socket) {
  const bool refused = connections_.size() >= options_.most_connections;
  if (refused) metrics_.counter("mosaic_http_refused_connections_total", "Connections beyond the limit, answered 503.").add();
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const auto place = connections_.emplace(connections_.end(), std::move(socket), size_of(options_.most_header) + kChunk);
  metrics_.gauge("mosaic_http_connections", "Open connections.").add(1);
  asio::co_spawn(*context_, serve(place, refused), asio::detached);
}

void Server::Loop::leave(Connections::iterator place) {
  connections_.erase(place);
  metrics_.gauge("mosaic_http_connections", "Open connections.").add(-1);
  room_.cancel();
  if (connections_.empty()) empty_.cancel();
}

Task<> Server::Loop::serve(Connections::iterator place, bool refused) {
  const auto leave_place = [this, place](void*) { leave(place); };
  const std::unique_ptr<void, decltype(leave_place)> leaving(this, leave_place);  // also where memory runs out
  if (refused) {
    co_await write(*place, error_response(503, "too many connections are open"), Manner());
  } else {
    while (co_await exchange(*place)) {
    }
  }
  co_await part(*place);
}

/// One request and its answer; whether another may follow.
Task<bool> Server::Loop::exchange(Connection& connection) {
  Parser parser;
  Budget::Share share(budget_);
  const error_code error = co_await read(connection, parser, share);
  std::optional<Response> response;
  if (error) {
    response = refusal(error);
  } else {
    response = co_await respond(connection, parser);
  }
  if (!response) co_return false;
  const Manner manner{.version = parser.get().version(),
                      .keep_alive = !error && parser.get().keep_alive() && (!ending_ || connection.buffer.size() > 0),
                      .with_body = parser.get().method() != wire::verb::head};
  const bool written = co_await write(connection, *std::move(response), manner);
  connection.idle = true;
  co_return written&& manner.keep_alive;
}

/// Reads a whole request. Its share of the budget grows with what has come: what is only announced takes nothing from others.
Task<error_code> Server::Loop::read(Connection& connection, Parser& parser, Budget::Share& share) {
  parser.header_limit(static_cast<std::uint32_t>(size_of(options_.most_header)));
  parser.body_limit(size_of(options_.most_body));
  connection.stream.expires_after(options_.header_patience);
  auto [error, size] = co_await wire::async_read_header(connection.stream, connection.buffer, parser, kAwait);
  connection.idle = false;
  if (error) co_return error;
  connection.stream.expires_after(options_.body_patience);
  if (beast::iequals(parser.get()[wire::field::expect], "100-continue")) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [unwritten, written] = co_await asio::async_write(connection.stream, asio::buffer(kContinue), kAwait);
    if (unwritten) co_return unwritten;
  }
  while (!parser.is_done()) {
    const auto [unread, some] = co_await wire::async_read_some(connection.stream, connection.buffer, parser, kAwait);
    if (unread) co_return unread;
    if (!share.grow_to(parser.get().body().size())) co_return asio::error::no_buffer_space;
  }
  co_return error_code();
}

Task<Response> Server::Loop::respond(Connection& connection, Parser& parser) {
  auto& message = parser.get();
  Request request{.method = std::string(message.method_string()),
                  .target = std::string(message.target()),
                  .body = std::move(message.body()),
                  .json_size = std::string(message["Inference-Header-Content-Length"]),
                  .content_coding = std::string(message[wire::field::content_encoding]),
                  .shutting_down = ending_};
  const auto awaited = std::make_shared<Awaited>(asio::steady_timer(*context_, options_.answer_patience));
  connection.awaited = awaited;
  try {
    answer(service_, std::move(request), options_.version, Delivery(context_, awaited));
  } catch (const std::bad_alloc&) {  // the delivery has gone and has said so
  }
  co_await awaited->timer.async_wait(kAwait);
  connection.awaited.reset();
  if (!awaited->response) co_return error_response({ErrorCode::kDeadline, "the request took too long"});
  co_return *std::move(awaited->response);
}

/// Whether it could be written.
Task<bool> Server::Loop::write(Connection& connection, Response response, Manner manner) {
  wire::response<wire::string_body> message(static_cast<wire::status>(response.status), manner.version);
  message.set(wire::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.content_length(response.body.size());
  message.keep_alive(manner.keep_alive);
  if (manner.with_body) message.body() = std::move(response.body);
  connection.stream.expires_after(options_.write_patience);
  const auto [error, size] = co_await wire::async_write(connection.stream, message, kAwait);
  metrics_.counter("mosaic_http_requests_total", "Requests by the status they were answered with.", {{"code", std::to_string(response.status)}})
      .add();
  co_return !error;
}

/// Lets the client take its last answer: what it still sends is read and thrown away, as closing would otherwise take the answer from it.
Task<> Server::Loop::part(Connection& connection) {
  error_code error;
  connection.stream.socket().shutdown(tcp::socket::shutdown_send, error);
  connection.stream.expires_after(kLinger);
  connection.buffer.clear();
  while (!error) std::tie(error, std::ignore) = co_await connection.stream.async_read_some(connection.buffer.prepare(kChunk), kAwait);
}

Task<> Server::Loop::end() {
  ending_ = true;
  const auto last = Clock::now() + options_.shutdown_patience;
  co_await wait_until_empty(std::min(last, Clock::now() + options_.drain));
  stop_accepting();
  for (Connection& each : connections_) {
    error_code error;
    if (each.idle && each.stream.socket().available(error) == 0) each.stream.close();
  }
  co_await wait_until_empty(last);
  for (Connection& each : connections_) {
    if (each.awaited) each.awaited->set(error_response({ErrorCode::kCancelled, "the server has shut down before the request was done"}));
  }
  co_await wait_until_empty(Clock::now() + kLinger);
  for (Connection& each : connections_) each.stream.close();
}

Task<> Server::Loop::wait_until_empty(Clock::time_point until) {
  while (!connections_.empty() && Clock::now() < until) {
    empty_.expires_at(until);
    co_await empty_.async_wait(kAwait);
  }
}

/// Whoever has connected until now is let in first: a closed port would throw them out without a word.
void Server::Loop::stop_accepting() {
  error_code error;
  acceptor_.non_blocking(true, error);
  while (!error && connections_.size() < 2 * options_.most_connections) {
    tcp::socket socket(*context_);
    acceptor_.accept(socket, error);
    if (!error) welcome(std::move(socket));
  }
  acceptor_.close(error);
  room_.cancel();
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Service& service) {
  auto loop = std::make_unique<Loop>(options, service);
  MOSAIC_RETURN_IF_ERROR(loop->listen());
  loop->start();
  return std::unique_ptr<Server>(new Server(std::move(loop)));
}

Server::Server(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return loop_->port(); }
void Server::shut_down() { loop_->shut_down(); }

}  // namespace mosaic::http
