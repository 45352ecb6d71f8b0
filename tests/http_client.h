#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace mosaic::test {

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// A plain socket to a server on this machine: sends any bytes, reads replies one by one. Blocks. Thread-compatible.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient() { ::close(socket_); }

  [[nodiscard]] bool connected() const { return connected_; }

  /// Whether all could be handed to the system.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  bool get(const std::string& target) { return send("GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n"); }

  bool post(const std::string& target, std::string_view body, const std::string& headers = "") {
    return send("POST " + target + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
                std::string(body));
  }

  /// Says that nothing more will be sent.
  void finish() { ::shutdown(socket_, SHUT_WR); }

  /// Makes the end of the connection sudden: what was not read is thrown away, and the server is told so.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(socket_, -1));
  }

  /// The next reply, or nothing where the connection ends before its end. `without_body`: to a HEAD.
  std::optional<HttpReply> reply(bool without_body = false) {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return std::nullopt;
    }
    HttpReply reply{.status = std::stoi(buffer_.substr(9, 3)), .headers = headers_of(buffer_.substr(0, end + 2)), .body = ""};
    buffer_.erase(0, end + 4);
    const std::size_t size = reply.headers.contains("content-length") && !without_body ? std::stoul(reply.headers["content-length"]) : 0;
    while (buffer_.size() < size) {
      if (!receive()) return std::nullopt;
    }
    reply.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return reply;
  }

  /// Reads until the server has closed the connection; whether nothing came any more.
  bool ended() {
    const std::size_t before = buffer_.size();
    while (receive()) {
    }
    return buffer_.size() == before;
  }

 private:
  static std::map<std::string, std::string> headers_of(const std::string& head) {
    std::map<std::string, std::string> headers;
    for (std::size_t line = head.find("\r\n") + 2; line < head.size(); line = head.find("\r\n", line) + 2) {
      const std::size_t colon = head.find(": ", line);
      std::string name = head.substr(line, colon - line);
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      headers[name] = head.substr(colon + 2, head.find("\r\n", line) - colon - 2);
    }
    return headers;
  }

  bool receive() {
    char chunk[4096];
    const ssize_t received = ::recv(socket_, chunk, sizeof chunk, 0);
    if (received > 0) buffer_.append(chunk, static_cast<std::size_t>(received));
    return received > 0;
  }

  int socket_;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace mosaic::test
