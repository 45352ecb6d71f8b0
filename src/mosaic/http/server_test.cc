#include "mosaic/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "mosaic/http/budget.h"
#include "tests/doubling_service.h"
#include "tests/http_client.h"
#include "tests/prometheus_text.h"
#include "tests/support.h"

namespace mosaic::http {
namespace {

using test::error_of;
using test::expect;
using test::HttpClient;
using test::HttpReply;
using testing::HasSubstr;

constexpr const char* kInfer = "/v2/models/twice/infer";

std::string body_with(int value) { return R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[)" + std::to_string(value) + ",0]}]}"; }

std::string infer_with(int value) {
  const std::string body = body_with(value);
  return "POST " + std::string(kInfer) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options_.port = 0;
    options_.metrics = &service_.counts;
    options_.drain = std::chrono::milliseconds(1);
  }

  void start() { server_ = expect(Server::start(options_, service_)); }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  double connections() { return service_.counts.gauge("mosaic_http_connections", "Open connections.").value(); }
  void wait_for_connections(double count) {
    while (connections() != count) std::this_thread::yield();
  }
  std::uint64_t answered(const char* status) {
    return service_.counts.counter("mosaic_http_requests_total", "Requests by the status they were answered with.", {{"code", status}}).value();
  }
  void expect_alive() {
    HttpClient client(port());
    client.post(kInfer, body_with(21));
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200) << reply->body;
    EXPECT_THAT(reply->body, HasSubstr("[42,0]"));
  }

  test::DoublingService service_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersOneRequestAfterTheOtherOnAConnection) {
  start();
  HttpClient client(port());
  for (int i = 1; i <= 3; ++i) {
    client.post(kInfer, body_with(i));
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->headers.at("content-type"), "application/json");
    EXPECT_THAT(reply->body, HasSubstr("\"data\":[" + std::to_string(2 * i) + ",0]"));
  }
  client.get("/metrics");
  const std::string metrics = client.reply()->body;
  EXPECT_EQ(test::check_prometheus_text(metrics), "");
  EXPECT_THAT(metrics, HasSubstr("mosaic_http_requests_total{code=\"200\"} 3\n"));
  EXPECT_THAT(metrics, HasSubstr("mosaic_http_connections 1\n"));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInTheirOrder) {
  start();
  HttpClient client(port());
  client.send(infer_with(1) + infer_with(2) + "GET /nowhere HTTP/1.1\r\n\r\n" + infer_with(3));
  EXPECT_THAT(client.reply()->body, HasSubstr("[2,0]"));
  EXPECT_THAT(client.reply()->body, HasSubstr("[4,0]"));
  EXPECT_EQ(client.reply()->status, 404);
  EXPECT_THAT(client.reply()->body, HasSubstr("[6,0]"));
}

TEST_F(ServerTest, ReadsBodiesInChunksAndBytesInDrips) {
  start();
  HttpClient client(port());
  const std::string body = body_with(4);
  std::string chunked = "POST " + std::string(kInfer) + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char c : body) chunked += "1\r\n" + std::string(1, c) + "\r\n";
  chunked += "0\r\n\r\n";
  client.send(chunked);
  EXPECT_THAT(client.reply()->body, HasSubstr("[8,0]"));
  for (const char c : infer_with(5)) client.send({&c, 1});
  EXPECT_THAT(client.reply()->body, HasSubstr("[10,0]"));
}

TEST_F(ServerTest, SendsBinaryData) {
  start();
  HttpClient client(port());
  client.post(kInfer, R"({"parameters":{"binary_data_output":true},)" + body_with(1).substr(1));
  const auto reply = client.reply();
  ASSERT_TRUE(reply);
  const std::size_t json = std::stoul(reply->headers.at("inference-header-content-length"));
  EXPECT_EQ(reply->body.substr(json), std::string("\0\0\0\x40\0\0\0\0", 8));  // 2.0 and 0.0
}

TEST_F(ServerTest, TellsClientsThatAskToGoOn) {
  start();
  HttpClient client(port());
  const std::string body = body_with(1);
  client.send("POST " + std::string(kInfer) + " HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(client.reply()->status, 100);
  client.send(body);
  EXPECT_EQ(client.reply()->status, 200);
}

TEST_F(ServerTest, ClosesWhereTheClientWantsIt) {
  start();
  HttpClient closing(port());
  closing.send("GET /v2 HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(closing.reply()->headers.at("connection"), "close");
  EXPECT_TRUE(closing.ended());
  HttpClient old(port());
  old.send("GET /v2 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.reply()->status, 200);
  EXPECT_TRUE(old.ended());
  HttpClient kept(port());
  kept.send("GET /v2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.reply()->headers.at("connection"), "keep-alive");
  kept.send("HEAD /v2 HTTP/1.1\r\n\r\n");
  EXPECT_NE(kept.reply(true)->headers.at("content-length"), "0");
  kept.get("/v2/health/live");
  EXPECT_EQ(kept.reply()->status, 200);
}

TEST_F(ServerTest, RefusesWhatIsTooLong) {
  options_.most_header = Bytes{1000};
  options_.most_body = Bytes{1000};
  start();
  HttpClient header(port());
  header.send("GET /v2 HTTP/1.1\r\nX: " + std::string(200'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(header.reply()->status, 431);
  EXPECT_TRUE(header.ended());
  HttpClient announced(port());
  announced.send("POST /v1/events HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n");
  EXPECT_EQ(announced.reply()->status, 413);
  EXPECT_TRUE(announced.ended());
  HttpClient chunked(port());
  chunked.send("POST /v1/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + std::string(1024, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.reply()->status, 413);
  EXPECT_TRUE(chunked.ended());
  expect_alive();
}

TEST_F(ServerTest, RefusesBodiesThatAllTogetherAreTooMuch) {
  const std::string large = R"({"padding":")" + std::string(6000, 'x') + "\"," + body_with(1).substr(1);
  options_.most_bodies = Bytes{10'000};
  service_.keep();
  start();
  HttpClient first(port());
  first.post(kInfer, large);
  service_.wait_for_kept(1);
  HttpClient second(port());
  second.post(kInfer, large);
  const auto refused = second.reply();
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->headers.at("retry-after"), "1");
  service_.answer_kept();
  EXPECT_EQ(first.reply()->status, 200);
  service_.keep(false);
  HttpClient third(port());
  third.post(kInfer, large);  // the first one's share is free again
  EXPECT_EQ(third.reply()->status, 200);
}

TEST_F(ServerTest, GarbageIsAnsweredOrCutOff) {
  start();
  HttpClient telnet(port());
  telnet.send("hello?\r\n\r\n");
  EXPECT_EQ(telnet.reply()->status, 400);
  EXPECT_TRUE(telnet.ended());
  std::mt19937 random(1);
  for (int i = 0; i < 100; ++i) {
    std::string bytes(random() % 3000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (i % 2 == 0) bytes = infer_with(i).substr(0, random() % 100) + bytes;  // as if it were one of us
    HttpClient client(port());
    client.send(bytes);
    client.finish();
    const auto reply = client.reply();
    EXPECT_TRUE(!reply || reply->status >= 400);
  }
  expect_alive();
  wait_for_connections(0);
}

TEST_F(ServerTest, SurvivesClientsThatGoInTheMiddle) {
  service_.keep();
  start();
  const std::string request = infer_with(1);
  for (std::size_t size = 1; size < request.size(); size += 7) {
    HttpClient client(port());
    client.send(std::string_view(request).substr(0, size));
    if (size % 2 == 0) client.reset();
  }
  for (int i = 0; i < 8; ++i) {
    HttpClient client(port());
    client.send(request);
    service_.wait_for_kept(static_cast<std::size_t>(i) + 1);
    if (i % 2 == 0) client.reset();
  }
  EXPECT_EQ(service_.answer_kept(), 8U);  // all have gone by now
  wait_for_connections(0);
  service_.keep(false);
  expect_alive();
}

TEST_F(ServerTest, SlowClientsAreLeft) {
  options_.header_patience = options_.body_patience = std::chrono::milliseconds(20);
  start();
  HttpClient silent(port());
  HttpClient half(port());
  HttpClient bodyless(port());
  half.send("GET /v2 HT");
  bodyless.send("POST /v1/events HTTP/1.1\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_TRUE(silent.ended());
  EXPECT_TRUE(half.ended());
  EXPECT_TRUE(bodyless.ended());
  wait_for_connections(0);
}

TEST_F(ServerTest, ClientsThatDoNotTakeTheirAnswerAreLeft) {
  options_.write_patience = std::chrono::milliseconds(50);
  start();
  const std::string json = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1000000,2],"parameters":{"binary_data_size":8000000}}],)"
                           R"("parameters":{"binary_data_output":true}})";
  HttpClient client(port(), 4096);
  client.post(kInfer, json + std::string(8'000'000, '\0'), "Inference-Header-Content-Length: " + std::to_string(json.size()) + "\r\n");
  while (answered("200") == 0) std::this_thread::yield();  // given up: 8 MB do not fit into the system's buffers
  wait_for_connections(0);
}

TEST_F(ServerTest, ConnectionsBeyondTheLimitAreSentAway) {
  options_.most_connections = 2;
  start();
  HttpClient first(port());
  auto second = std::make_unique<HttpClient>(port());
  wait_for_connections(2);
  HttpClient third(port());
  third.get("/v2");
  const auto reply = third.reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->headers.at("retry-after"), "1");
  EXPECT_TRUE(third.ended());
  first.get("/v2");
  EXPECT_EQ(first.reply()->status, 200);
  second.reset();
  third.finish();
  while (connections() > 1) std::this_thread::yield();
  expect_alive();
}

TEST_F(ServerTest, MoreConnectionsThanThereIsRoomForAreAllAnswered) {
  options_.most_connections = 3;
  start();
  std::vector<std::jthread> threads;
  std::atomic<int> served = 0;
  std::atomic<int> refused = 0;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        HttpClient client(port());
        client.post(kInfer, body_with(i));
        client.finish();
        const auto reply = client.reply();
        ASSERT_TRUE(reply);
        EXPECT_TRUE(reply->status == 200 || reply->status == 503);
        ++(reply->status == 200 ? served : refused);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(served + refused, 80);
  wait_for_connections(0);
  expect_alive();
}

TEST_F(ServerTest, RequestsThatTheServiceDropsOrForgetsAreAnswered) {
  options_.answer_patience = std::chrono::milliseconds(20);
  service_.keep();
  start();
  HttpClient forgotten(port());
  forgotten.post(kInfer, body_with(1));
  EXPECT_EQ(forgotten.reply()->status, 504);
  service_.answer_kept();  // too late, to nobody
  forgotten.post(kInfer, body_with(1));
  EXPECT_EQ(forgotten.reply()->status, 504);
  server_.reset();
  options_.answer_patience = std::chrono::hours(1);
  start();
  HttpClient dropped(port());
  dropped.post(kInfer, body_with(1));
  service_.wait_for_kept(2);
  service_.drop_kept();
  const auto reply = dropped.reply();
  EXPECT_EQ(reply->status, 500);
  EXPECT_THAT(reply->body, HasSubstr("dropped without an answer"));
}

TEST_F(ServerTest, PortsThatAreTakenAndAddressesThatAreNoneAreErrors) {
  start();
  ServerOptions same = options_;
  same.port = port();
  const auto second = Server::start(same, service_);
  EXPECT_EQ(second.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(second.error().message, HasSubstr("port " + std::to_string(port()) + " of 127.0.0.1 is in use"));
  EXPECT_THAT(error_of(Server::start({.address = "nowhere"}, service_)), HasSubstr("'nowhere' is no IP address"));
  EXPECT_THAT(error_of(Server::start({.address = "203.0.113.1", .port = 0}, service_)), HasSubstr("no address of this machine"));
}

TEST(Budget, SharesGiveBackWhatTheyTook) {
  Budget budget(10);
  Budget::Share first(budget);
  EXPECT_TRUE(first.grow_to(6));
  {
    Budget::Share second(budget);
    EXPECT_TRUE(second.grow_to(3));
    EXPECT_TRUE(second.grow_to(2));  // holds 3 all the same
    EXPECT_FALSE(second.grow_to(5));
    EXPECT_TRUE(second.grow_to(4));
    EXPECT_FALSE(first.grow_to(7));
  }
  EXPECT_TRUE(first.grow_to(10));
}

}  // namespace
}  // namespace mosaic::http
