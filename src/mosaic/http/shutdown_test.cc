// What happens to requests when a server goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mosaic/http/server.h"
#include "tests/doubling_service.h"
#include "tests/http_client.h"
#include "tests/support.h"

namespace mosaic::http {
namespace {

using test::expect;
using test::HttpClient;
using testing::HasSubstr;

constexpr const char* kTarget = "/v2/models/twice/infer";
constexpr const char* kBody = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]})";

class ShutdownTest : public testing::Test {
 protected:
  ShutdownTest() { options_.port = 0; }
  void start() { server_ = expect(Server::start(options_, service_)); }

  test::DoublingService service_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

/// Asks until the server says that it is shutting down: it may begin to between a request and its answer.
void wait_for_shutdown(HttpClient& client) {
  for (bool begun = false; !begun;) {
    client.get("/v2/health/ready");
    const auto reply = client.reply();
    begun = !reply || reply->status == 503 || reply->headers.contains("connection");
  }
}

TEST_F(ShutdownTest, WhatIsInProgressIsAnsweredAndWhatComesIsRefused) {
  options_.drain = options_.shutdown_patience = std::chrono::hours(1);
  service_.keep();
  start();
  HttpClient busy(server_->port());
  HttpClient idle(server_->port());
  busy.post(kTarget, kBody);
  idle.get("/v2");
  EXPECT_EQ(idle.reply()->status, 200);
  service_.wait_for_kept(1);
  std::jthread shutdown([&] { server_->shut_down(); });
  wait_for_shutdown(idle);
  EXPECT_TRUE(idle.ended());
  HttpClient late(server_->port());
  late.post(kTarget, kBody);
  const auto refused = late.reply();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->headers.at("retry-after"), "1");
  EXPECT_THAT(refused->body, HasSubstr("shutting down"));
  late.finish();
  idle.finish();
  EXPECT_EQ(service_.answer_kept(), 1U);
  const auto reply = busy.reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->headers.at("connection"), "close");
  busy.finish();
  shutdown.join();
  EXPECT_FALSE(HttpClient(server_->port()).connected());
}

TEST_F(ShutdownTest, UnderLoadEveryRequestThatWasSentGetsAnAnswer) {
  constexpr int kClients = 8;
  options_.drain = options_.shutdown_patience = std::chrono::minutes(5);
  start();
  std::atomic<int> unanswered = 0;
  std::latch warm(kClients);
  std::vector<std::jthread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&] {
      HttpClient client(server_->port());
      bool counted = false;
      for (bool goes_on = true; goes_on;) {
        client.post(kTarget, kBody);
        const auto reply = client.reply();
        if (!reply) ++unanswered;
        goes_on = reply && !reply->headers.contains("connection");  // the last answer says "close", and is one nevertheless
        EXPECT_TRUE(reply && (reply->status == 200 || (!goes_on && reply->status == 503)));
        if (!std::exchange(counted, true)) warm.count_down();
      }
    });
  }
  warm.wait();
  server_->shut_down();
  clients.clear();
  EXPECT_EQ(unanswered, 0);
}

TEST_F(ShutdownTest, PipelinedRequestsAreAllAnswered) {
  options_.drain = options_.shutdown_patience = std::chrono::hours(1);
  service_.keep();
  start();
  HttpClient client(server_->port());
  const std::string request =
      "POST " + std::string(kTarget) + " HTTP/1.1\r\nContent-Length: " + std::to_string(std::string(kBody).size()) + "\r\n\r\n" + kBody;
  client.send(request + request + request);
  service_.wait_for_kept(1);
  HttpClient probe(server_->port());
  std::jthread shutdown([&] { server_->shut_down(); });
  wait_for_shutdown(probe);
  probe.finish();
  service_.answer_kept();
  EXPECT_EQ(client.reply()->status, 200);
  EXPECT_EQ(client.reply()->status, 503);
  EXPECT_EQ(client.reply()->status, 503);
  EXPECT_TRUE(client.ended());
  client.finish();
}

TEST_F(ShutdownTest, DoesNotWaitForAServiceForEver) {
  options_.drain = options_.shutdown_patience = std::chrono::milliseconds(10);
  service_.keep();
  start();
  HttpClient client(server_->port());
  client.post(kTarget, kBody);
  service_.wait_for_kept(1);
  std::jthread reader([&] {
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_THAT(reply->body, HasSubstr("shut down before"));
    client.finish();
  });
  server_->shut_down();
  reader.join();
  server_.reset();
  EXPECT_EQ(service_.answer_kept(), 1U);  // nobody is there any more
}

TEST_F(ShutdownTest, IdleAndHalfwayClientsAreCutOff) {
  options_.drain = options_.shutdown_patience = std::chrono::milliseconds(10);
  start();
  HttpClient idle(server_->port());
  HttpClient half(server_->port());
  half.send("POST /v1/events HTTP/1.1\r\nContent-Length: 10\r\n\r\n{");
  HttpClient served(server_->port());
  served.get("/v2");
  EXPECT_EQ(served.reply()->status, 200);
  server_->shut_down();
  EXPECT_TRUE(idle.ended());
  EXPECT_TRUE(half.ended());
  EXPECT_TRUE(served.ended());
}

TEST_F(ShutdownTest, ThePortIsFreeForTheNextServer) {
  options_.drain = std::chrono::milliseconds(1);
  start();
  for (int round = 0; round < 5; ++round) {
    HttpClient client(server_->port());
    client.get("/v2");
    EXPECT_EQ(client.reply()->status, 200);
    options_.port = server_->port();
    server_.reset();  // the server closes first: its end of the connection lingers in the system
    start();
  }
}

TEST_F(ShutdownTest, MayBeAskedForByAnyThreadAgainAndAgain) {
  start();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) threads.emplace_back([&] { server_->shut_down(); });
  }
  server_->shut_down();
}

}  // namespace
}  // namespace mosaic::http
