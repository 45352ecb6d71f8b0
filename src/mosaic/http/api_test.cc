#include "mosaic/http/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "tests/doubling_service.h"
#include "tests/support.h"

namespace mosaic::http {
namespace {

using testing::HasSubstr;

constexpr const char* kRequest = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]})";

class ApiTest : public testing::Test {
 protected:
  Response ask(Request request) {
    std::optional<Response> response;
    answer(service_, std::move(request), "0.1", [&](Response given) { response = std::move(given); });
    return response ? *std::move(response) : Response{.status = 0};
  }
  Response get(std::string target) { return ask({.method = "GET", .target = std::move(target)}); }
  Response post(std::string target, std::string body) { return ask({.method = "POST", .target = std::move(target), .body = std::move(body)}); }
  Response infer(std::string body = kRequest) { return post("/v2/models/twice/infer", std::move(body)); }

  static std::string header(const Response& response, std::string_view name) {
    const auto found = std::ranges::find(response.headers, name, &std::pair<std::string, std::string>::first);
    return found == response.headers.end() ? "" : found->second;
  }

  test::DoublingService service_;
};

TEST_F(ApiTest, EndpointsAnswer) {
  EXPECT_THAT(get("/v2").body, HasSubstr(R"("version":"0.1")"));
  EXPECT_EQ(get("/v2/health/live").status, 200);
  EXPECT_EQ(get("/v2/health/ready?verbose=1").status, 200);
  EXPECT_EQ(get("/v2/models").body, R"({"models":["twice"]})");
  EXPECT_THAT(get("/v2/models/twice").body, HasSubstr(R"("shape":[-1,2])"));
  EXPECT_EQ(get("/v2/models/twice/ready").body, R"({"name":"twice","ready":true})");
  EXPECT_EQ(get("/v2/models/tw%69ce/ready").status, 200);
  EXPECT_EQ(get("/v1/status").body, R"({"status":"fine"})");
  EXPECT_EQ(get("/metrics").content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(post("/v1/events", "{}").body, R"({"took":{}})");
  EXPECT_THAT(infer().body, HasSubstr(R"("data":[2,4])"));
  EXPECT_EQ(ask({.method = "HEAD", .target = "/v2/health/live"}).status, 200);
}

TEST_F(ApiTest, NotReadyIsUnavailable) {
  service_.set_ready(false);
  EXPECT_EQ(get("/v2/health/live").status, 200);
  EXPECT_EQ(get("/v2/health/ready").status, 503);
  EXPECT_EQ(get("/v2/models/twice/ready").status, 503);
}

TEST_F(ApiTest, PathsThatLeadNowhereAreNotFound) {
  for (const char* target :
       {"/", "/v3", "/v2/", "/v2/models/", "/v2/models/other", "/v2/models/twice/versions/1/infer", "/v2/models/twice/x", "/metrics/x"}) {
    EXPECT_EQ(get(target).status, 404) << target;
    EXPECT_THAT(get(target).body, HasSubstr(R"({"error":")"));
  }
  EXPECT_EQ(post("/v2/models/other/infer", kRequest).status, 404);
  for (const char* target : {"", "*", "v2", "/v2/%", "/v2/%4", "/v2/%zz", "http://host/v2"}) EXPECT_EQ(get(target).status, 400) << target;
}

TEST_F(ApiTest, OtherMethodsAreToldWhichIsAllowed) {
  for (const char* target : {"/v2/models/twice/infer", "/v1/events"}) {
    EXPECT_EQ(get(target).status, 405) << target;
    EXPECT_EQ(header(get(target), "Allow"), "POST");
  }
  for (const char* target : {"/v2", "/v2/models/twice", "/v2/models/twice/ready", "/metrics"}) {
    EXPECT_EQ(post(target, "").status, 405) << target;
    EXPECT_EQ(header(post(target, ""), "Allow"), "GET");
  }
}

TEST_F(ApiTest, ErrorsHaveTheirStatus) {
  for (const auto& [code, status] :
       {std::pair(ErrorCode::kInvalidInput, 400), std::pair(ErrorCode::kUnsupported, 400), std::pair(ErrorCode::kBusy, 429),
        std::pair(ErrorCode::kCancelled, 503), std::pair(ErrorCode::kDevice, 503), std::pair(ErrorCode::kDeadline, 504),
        std::pair(ErrorCode::kEngine, 500), std::pair(ErrorCode::kIo, 500), std::pair(ErrorCode::kCheckFailed, 500)}) {
    service_.refuse(Error{code, "why"});
    const Response response = infer();
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.body, R"({"error":"why"})");
    EXPECT_EQ(header(response, "Retry-After"), status == 429 || status == 503 ? "1" : "");
  }
  EXPECT_EQ(post("/v1/events", "").status, 400);
}

TEST_F(ApiTest, BadRequestsNeverReachTheService) {
  service_.refuse(Error{ErrorCode::kEngine, "reached"});
  EXPECT_EQ(infer("{").status, 400);
  EXPECT_EQ(infer(R"({"inputs":[]})").status, 400);
  for (const char* size : {"x", "-1", "1x", "99999999999999999999999", "1000"}) {
    EXPECT_EQ(ask({.method = "POST", .target = "/v2/models/twice/infer", .body = kRequest, .json_size = size}).status, 400) << size;
  }
  EXPECT_EQ(ask({.method = "POST", .target = "/v2/models/twice/infer", .body = kRequest, .content_coding = "gzip"}).status, 415);
  EXPECT_EQ(infer(std::string(kMostJson + 1, ' ')).status, 413);
  EXPECT_EQ(post("/v1/events", std::string(kMostJson + 1, ' ')).status, 413);
}

TEST_F(ApiTest, BinaryDataIsNotBoundByTheLimitOfJson) {
  const std::size_t rows = kMostJson / 8 + 1;
  const std::string json = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[)" + std::to_string(rows) +
                           R"(,2],"parameters":{"binary_data_size":)" + std::to_string(rows * 8) +
                           R"(}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]})";
  const Response response = ask(
      {.method = "POST", .target = "/v2/models/twice/infer", .body = json + std::string(rows * 8, '\0'), .json_size = std::to_string(json.size())});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/octet-stream");
  EXPECT_EQ(response.body.size(), std::stoul(header(response, "Inference-Header-Content-Length")) + rows * 8);
}

TEST_F(ApiTest, ShutdownRefusesInferencesAndReadinessAlone) {
  EXPECT_EQ(ask({.method = "POST", .target = "/v2/models/twice/infer", .body = kRequest, .shutting_down = true}).status, 503);
  EXPECT_EQ(ask({.method = "GET", .target = "/v2/health/ready", .shutting_down = true}).status, 503);
  EXPECT_EQ(ask({.method = "GET", .target = "/v2/models/twice/ready", .shutting_down = true}).status, 503);
  EXPECT_EQ(ask({.method = "GET", .target = "/v2/health/live", .shutting_down = true}).status, 200);
  EXPECT_EQ(ask({.method = "GET", .target = "/metrics", .shutting_down = true}).status, 200);
}

TEST_F(ApiTest, DeadlinesReachTheService) {
  infer(R"({"parameters":{"timeout":2000},"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]})");
  EXPECT_EQ(service_.latest_deadline(), Nanoseconds(std::chrono::milliseconds(2)));
}

}  // namespace
}  // namespace mosaic::http
