#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/http/metrics.h"
#include "mosaic/http/service.h"

namespace mosaic::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6; "0.0.0.0" for all of the machine's
  std::uint16_t port = 8000;          ///< 0: any that is free
  std::string version;                ///< of the program, for clients that ask

  std::size_t most_connections = 256;  ///< clients beyond are answered 503 and sent away; of these, as many at a time; others wait to be accepted
  Bytes most_header{16 << 10};         ///< of a request
  Bytes most_body{64 << 20};           ///< of a request
  Bytes most_bodies{256 << 20};        ///< of all requests that are being read or answered; what does not fit is answered 503

  Nanoseconds header_patience = std::chrono::seconds(30);  ///< for a request to begin and its header to be there
  Nanoseconds body_patience = std::chrono::seconds(30);    ///< for the whole body
  Nanoseconds answer_patience = std::chrono::minutes(2);   ///< for the service: then 504
  Nanoseconds write_patience = std::chrono::seconds(30);   ///< for the client to take a whole answer

  Nanoseconds drain = std::chrono::milliseconds(500);        ///< at the end: how long open connections may still be told that it is the end
  Nanoseconds shutdown_patience = std::chrono::seconds(10);  ///< at the end: how long requests in progress may take, the drain included

  Metrics* metrics = nullptr;  ///< where to count requests by status, connections and bytes; must outlive the server
};

/// Answers HTTP/1.1 on one thread of its own, on which the service is called. A request that was read gets one answer, whatever happens. Thread-safe.
class Server {
 public:
  /// Listens when it returns. `service` must outlive the server. Errors: kInvalidInput: an address that is none or not of this machine, a port that
  /// is taken or not allowed; kIo.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Service& service);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  ///< shuts down

  [[nodiscard]] std::uint16_t port() const;

  /// Answers what is in progress, and all that comes meanwhile with 503; what the service has not answered after `shutdown_patience` is answered 503,
  /// too. Then closes all connections. Blocks for at most `shutdown_patience` and a second. May be called again.
  void shut_down();

 private:
  class Loop;
  explicit Server(std::unique_ptr<Loop> loop);

  std::unique_ptr<Loop> loop_;
};

}  // namespace mosaic::http
