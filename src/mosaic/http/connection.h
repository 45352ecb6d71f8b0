#pragma once

// One client of the server. Not installed: it shows Boost.

// Handlers run on one thread and come to it through a mutex. Fences besides are something that the thread sanitiser does not know.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>

#include "mosaic/http/api.h"
#include "mosaic/http/budget.h"
#include "mosaic/http/metrics.h"
#include "mosaic/http/server.h"

namespace mosaic::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

template <class T = void>
using Task = asio::awaitable<T>;

/// Waiting gives the error, and what else there is, as values.
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// For a client to take its last answer.
inline constexpr Nanoseconds kLinger = std::chrono::seconds(1);

/// What connections have in common.
struct Shared {
  const ServerOptions options;
  Service& service;
  Metrics& metrics;
  Budget bodies;
  std::shared_ptr<asio::io_context> context;  ///< also kept by requests that the service still has
  bool ending = false;
};

/// A client. All calls are made on the loop's thread; what they start ends before this may go.
class Connection {
 public:
  Connection(Shared& shared, tcp::socket socket);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Answers its requests.
  Task<> serve();
  /// Sends it away.
  Task<> refuse();

  /// Whether it has not begun another request.
  [[nodiscard]] bool idle() const;
  /// Answers what the service has not.
  void give_up();
  void close() { stream_.close(); }

 private:
  struct Manner;
  struct Awaited;
  class Delivery;

  Task<bool> exchange();
  Task<error_code> read();
  Task<Response> respond();
  Task<bool> write(Response response, Manner manner);
  Task<> part();

  Shared& shared_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::optional<Budget::Share> share_;  // what the request's body has of it
  std::shared_ptr<Awaited> awaited_;    // while the service has the request
  bool idle_ = true;                    // no header is there, no answer is owed
};

}  // namespace mosaic::http
