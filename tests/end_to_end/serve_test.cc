#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <string>

#include "tests/end_to_end/tool.h"
#include "tests/families.h"

namespace mosaic::test {
namespace {

using testing::HasSubstr;

constexpr const char* kStreet = R"(schema_version: 1
name: street
duration: 800 ms
control_period: 20 ms
applications:
  - {name: camera, family: family.yaml, latency: 20 ms, priority: 2, requests: {every: 10 ms}}
  - {name: voice, family: family.yaml, latency: 50 ms, priority: 1, from_start: false, requests: {poisson_per_second: 50}}
  - {name: page, family: family.yaml, requests: {every: 25 ms}}
events:
  - {at: 100 ms, arrives: voice}
  - {at: 200 ms, application: camera, latency: 5 ms, accuracy_percent: 75}
  - {at: 300 ms, load: [cpu0], share: 1}
  - {at: 400 ms, memory_limit: 1 GiB}
  - {at: 500 ms, application: page, priority: 9}
  - {at: 600 ms, load: [cpu0], share: 0}
  - {at: 700 ms, leaves: voice}
)";

class Serve : public testing::Test {
 protected:
  Serve() {
    desk_.save("small.onnx", small_classifier(6, 4));
    desk_.save("large.onnx", small_classifier(8, 16));
    desk_.write("family.yaml",
                "schema_version: 1\nname: toys\nvariants:\n"
                "  - {name: small, model: small.onnx, accuracy_percent: 70, accuracy_from: made up}\n"
                "  - {name: large, model: large.onnx, accuracy_percent: 80, accuracy_from: made up}\n");
    desk_.write("street.yaml", kStreet);
  }

  [[nodiscard]] static std::string board() { return std::string(MOSAIC_SOURCE_FOLDER) + "/boards/hikey970.yaml"; }
  [[nodiscard]] std::string street(const std::string& what, const std::string& by) const {
    std::string text = kStreet;
    return text.replace(text.find(what), what.size(), by);
  }

  Desk desk_;
};

TEST_F(Serve, OnThisMachineEveryRequestIsAccountedForAndEveryEventAnswered) {
  const Json json = desk_.json({"serve", "street.yaml", "-o", "page"});
  EXPECT_FALSE(json["simulated"].get<bool>());
  std::size_t requests = 0;
  for (const Json& row : json["applications"]) requests += row["requests"].get<std::size_t>();
  EXPECT_GT(requests, 80U);  // 80 of the camera alone
  for (const std::string event : {"start", "voice arrives", "camera: latency 5 ms accuracy 75 %", "load of 100 % on cpu0", "memory at most",
                                  "page: priority 9", "load of 0 % on cpu0", "voice leaves"}) {
    EXPECT_TRUE(std::ranges::any_of(json["decisions"]["mosaic"], [&](const Json& row) {
      return row["reason"].get<std::string>().starts_with(event);
    })) << event;
  }
  EXPECT_THAT(desk_.files(), testing::IsSupersetOf({"page/index.html", "page/applications.csv", "page/levels.json"}));
  EXPECT_THAT(desk_.read("page/index.html"), HasSubstr("1 W for each core that works"));
}

TEST_F(Serve, OnASimulatedBoardAllPoliciesRepeatExactly) {
  std::vector<std::string> arguments{"serve", "street.yaml", "--board", board(), "--duration", "5 s"};
  desk_.write("street.yaml", street("load: [cpu0], share: 1", "clock_cap: gpu, clock: 300 MHz"));
  for (const char* const policy : {"mosaic", "mosaic:level", "mosaic:hardware", "published", "published:relaunch", "largest:schedutil", "smallest"})
    arguments.insert(arguments.end(), {"--policy", policy});
  const Json json = desk_.json(arguments);
  EXPECT_TRUE(json["simulated"].get<bool>());
  EXPECT_EQ(json["energy"], "simulated");
  EXPECT_EQ(json["applications"].size(), 7U * 3);
  EXPECT_EQ(desk_.json(arguments), json);
  EXPECT_THAT(desk_.output(arguments), HasSubstr("times simulated, energy simulated"));
}

TEST_F(Serve, ASimulatedBoardThrottlesWhileItIsHot) {
  const std::string leaves = "  - {at: 10 s, leaves: camera}\n  - {at: 10 s, leaves: page}\n";
  const std::string thermal = "thermal: {ambient: 25, limit: 27, margin: 0.5, kelvin_per_watt: 1000, joules_per_kelvin: 0.001}\n";
  const std::vector<std::string> arguments{"serve", "street.yaml", "--board", board(), "--duration", "20 s", "--policy", "largest"};
  desk_.write("street.yaml", kStreet + leaves);
  const Json cool = desk_.json(arguments);
  desk_.write("street.yaml", thermal + kStreet + leaves);
  const Json hot = desk_.json(arguments);
  const auto times = [&](const std::string& what) {
    return std::ranges::count_if(hot["decisions"]["largest:performance"],
                                 [&](const Json& row) { return row["reason"].get<std::string>().contains(what); });
  };
  EXPECT_GT(times("degrees: clocks go down"), 0);
  EXPECT_GT(times("degrees: clocks may go up"), 0);  // nobody is there any more
  EXPECT_GT(hot["applications"][0]["p95_ms"].get<double>(), cool["applications"][0]["p95_ms"].get<double>());
}

/// What a server answers to a request on a connection of its own.
std::string ask(int port, const std::string& request) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(static_cast<std::uint16_t>(port)), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  std::string answer;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(socket, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = ::recv(socket, buffer.data(), buffer.size(), 0)) > 0;) answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(socket);
  return answer;
}

std::string post(int port, const std::string& path, const std::string& body) {
  return ask(port,
             "POST " + path + " HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}
std::string get(int port, const std::string& path) { return ask(port, "GET " + path + " HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"); }

TEST_F(Serve, AnswersClientsUntilItIsTerminated) {
  Process server({"serve", "street.yaml", "--duration", "3600 s", "--http", "0"}, desk_.setting());
  ASSERT_TRUE(server.wait_for_error("Ctrl-C ends"));
  const std::string said = server.error();
  const int port = std::stoi(said.substr(said.find("127.0.0.1:") + 10));
  while (get(port, "/v2/health/ready").find("200 OK") == std::string::npos) {
  }
  EXPECT_THAT(get(port, "/v2/models/camera"), HasSubstr("[1,1,8,8]"));
  std::string zeros = "0";
  for (int i = 1; i < 64; ++i) zeros += ",0";
  const std::string answer = post(port, "/v2/models/camera/infer",
                                  R"({"id": "7", "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1, 8, 8], "data": [)" + zeros + "]}]}");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("\"variant\":\""));
  EXPECT_THAT(post(port, "/v2/models/camera/infer", "{"), HasSubstr("400"));
  EXPECT_THAT(post(port, "/v2/models/nothing/infer", "{}"), HasSubstr("404"));
  EXPECT_THAT(post(port, "/v1/events", R"({"application": "camera", "latency": "7 ms"})"), HasSubstr("camera: latency 7 ms"));
  EXPECT_THAT(post(port, "/v1/events", R"({"leaves": "nobody"})"), HasSubstr("there is no application 'nobody'"));
  EXPECT_THAT(get(port, "/v1/status"), HasSubstr("\"camera\""));
  EXPECT_THAT(get(port, "/metrics"), HasSubstr("mosaic_request_seconds{application=\"camera\",quantile=\"0.95\"}"));
  const Outcome second = desk_.run({"serve", "street.yaml", "--http", std::to_string(port)});
  EXPECT_EQ(second.code, 2);
  EXPECT_THAT(second.err, HasSubstr(std::to_string(port)));
  server.send(SIGTERM);
  const Outcome outcome = server.wait();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("camera: latency 7 ms"));
}

TEST_F(Serve, RefusesWhatCannotBeServed) {
  const std::vector<std::string> run{"serve", "bad.yaml"};
  const auto refused = [&](const std::string& scenario, const std::string& said, const std::vector<std::string>& more = {}) {
    desk_.write("bad.yaml", scenario);
    std::vector<std::string> arguments = run;
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_refusal(desk_, {.arguments = arguments, .said = {said}});
  };
  refused(street("family: family.yaml, latency: 20 ms", "family: nowhere.yaml, latency: 20 ms"), "nowhere.yaml");
  refused(street("duration: 800 ms\n", ""), "has no duration");
  refused(street("load: [cpu0], share: 1", "offline: [cpu999]"), "there is no core or device 'cpu999'");
  refused(kStreet, "there is no policy 'biggest'", {"--policy", "biggest"});
  refused(kStreet, "did you mean 'mosaic:level'", {"--policy", "mosaic:levels"});
  refused(kStreet, "one policy", {"--http", "0", "--policy", "mosaic", "--policy", "largest"});
  refused(kStreet, "say --simulate", {"--policy", "published:relaunch"});
  refused(street("duration: 800 ms", "duration: 800 ms\nthermal: {limit: 80}"), "'thermal', which is for simulations");
  refused(kStreet, "is simulated", {"--http", "0", "--board", board()});
  refused(kStreet, "no-such-board", {"--board", "no-such-board"});
  desk_.write("family.yaml", "schema_version: 1\nname: toys\nvariants:\n  - {name: small, model: small.onnx, accuracy_from: made up}\n");
  refused(kStreet, "key 'accuracy_percent' is missing");
}

}  // namespace
}  // namespace mosaic::test
