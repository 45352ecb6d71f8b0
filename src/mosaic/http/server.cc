#include "mosaic/http/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "mosaic/http/connection.h"

namespace mosaic::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Nanoseconds kRetry = std::chrono::milliseconds(100);  // where the machine has no room for a connection

Error cannot_listen(const ServerOptions& options, error_code error) {
  namespace errc = boost::system::errc;
  if (error == errc::address_in_use)
    return {ErrorCode::kInvalidInput, fmt::format("port {} of {} is in use: take another, or 0 for any that is free", options.port, options.address)};
  if (error == errc::permission_denied)
    return {ErrorCode::kInvalidInput, fmt::format("port {} is not for this user: take one from 1024 on, or 0 for any that is free", options.port)};
  if (error == errc::address_not_available) return {ErrorCode::kInvalidInput, fmt::format("{} is no address of this machine", options.address)};
  return {ErrorCode::kIo, fmt::format("cannot listen on port {} of {}: {}", options.port, options.address, error.message())};
}

}  // namespace

/// Everything that happens on the server's thread.
class Server::Loop {
 public:
  Loop(const ServerOptions& options, Service& service)
      : shared_{.options = options,
                .service = service,
                .metrics = options.metrics == nullptr ? own_metrics_ : *options.metrics,
                .bodies = Budget(static_cast<std::size_t>(options.most_bodies.value)),
                .context = std::make_shared<asio::io_context>(1)} {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() { shut_down(); }

  Result<void> listen();
  void start();
  void shut_down();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  Task<> accept();
  void welcome(tcp::socket socket);
  Task<> host(std::list<Connection>::iterator place, bool refused);
  void leave(std::list<Connection>::iterator place);
  Task<> end();
  Task<> wait_until_empty(Clock::time_point until);
  void stop_accepting();
  [[nodiscard]] bool full() const { return connections_.size() >= 2 * shared_.options.most_connections; }

  Metrics own_metrics_;
  Shared shared_;
  tcp::acceptor acceptor_{*shared_.context};
  asio::steady_timer room_{*shared_.context};   // until a connection goes
  asio::steady_timer empty_{*shared_.context};  // until the last one has gone
  std::list<Connection> connections_;
  std::uint16_t port_ = 0;
  std::once_flag shut_;
  std::thread thread_;
};

Result<void> Server::Loop::listen() {
  error_code error;
  const auto address = asio::ip::make_address(shared_.options.address, error);
  if (error) return invalid(fmt::format("'{}' is no IP address to listen on", shared_.options.address));
  const tcp::endpoint endpoint(address, shared_.options.port);
  try {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
  } catch (const boost::system::system_error& failed) {
    return std::unexpected(cannot_listen(shared_.options, failed.code()));
  }
  return {};
}

void Server::Loop::start() {
  asio::co_spawn(*shared_.context, accept(), asio::detached);
  thread_ = std::thread([this] { shared_.context->run(); });
}

void Server::Loop::shut_down() {
  std::call_once(shut_, [this] {
    if (!thread_.joinable()) return;
    asio::co_spawn(*shared_.context, end(), asio::detached);
    thread_.join();
  });
}

Task<> Server::Loop::accept() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    bool wait = error && error != asio::error::operation_aborted;  // the process has no room for another connection
    if (!error) welcome(std::move(socket));
    while (wait || (acceptor_.is_open() && full())) {
      wait = false;
      room_.expires_after(kRetry);
      co_await room_.async_wait(kAwait);
    }
  }
}

void Server::Loop::welcome(tcp::socket socket) {
  const bool refused = connections_.size() >= shared_.options.most_connections;
  const auto place = connections_.emplace(connections_.end(), shared_, std::move(socket));
  asio::co_spawn(*shared_.context, host(place, refused), asio::detached);
}

Task<> Server::Loop::host(std::list<Connection>::iterator place, bool refused) {
  const auto leave_place = [this, place](void*) { leave(place); };
  const std::unique_ptr<void, decltype(leave_place)> leaving(this, leave_place);  // also where memory runs out
  if (refused) {
    co_await place->refuse();
  } else {
    co_await place->serve();
  }
}

void Server::Loop::leave(std::list<Connection>::iterator place) {
  connections_.erase(place);
  room_.cancel();
  if (connections_.empty()) empty_.cancel();
}

Task<> Server::Loop::end() {
  shared_.ending = true;
  const auto last = Clock::now() + shared_.options.shutdown_patience;
  co_await wait_until_empty(std::min(last, Clock::now() + shared_.options.drain));
  stop_accepting();
  for (Connection& each : connections_) {
    if (each.idle()) each.close();
  }
  co_await wait_until_empty(last);
  for (Connection& each : connections_) each.give_up();
  co_await wait_until_empty(Clock::now() + kLinger);
  for (Connection& each : connections_) each.close();
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
  std::ignore = acceptor_.non_blocking(true, error);
  while (!error && !full()) {
    tcp::socket socket(*shared_.context);
    std::ignore = acceptor_.accept(socket, error);
    if (!error) welcome(std::move(socket));
  }
  std::ignore = acceptor_.close(error);
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
