#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "mosaic/base/affinity.h"
#include "tests/end_to_end/tool.h"
#include "tests/fake_machine.h"
#include "tests/families.h"
#include "tests/http_client.h"

namespace mosaic::test {
namespace {

using testing::HasSubstr;

constexpr const char* kStreet = R"(schema_version: 1
name: street
duration: 2 s
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
  EXPECT_THAT(desk_.files(), testing::IsSupersetOf({"page/index.html", "page/applications.csv", "page/levels.json", "page/trace_mosaic.json"}));
  EXPECT_THAT(desk_.read("page/index.html"), HasSubstr("power of requests, modelled: 1 W for each core that works"));
  const Json trace = Json::parse(desk_.read("page/trace_mosaic.json"));
  std::map<std::pair<int, int>, double> ends;  // by application, and by core: requests follow each other
  std::size_t bars = 0;
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] != "X") continue;
    if (event["pid"] == 1) ++bars;
    const double start = event["ts"].get<double>();
    double& end = ends[{event["pid"].get<int>(), event["tid"].get<int>()}];
    EXPECT_GE(start, end);
    end = start + event["dur"].get<double>() - 0.001;  // rounded
  }
  std::size_t refused = 0;
  for (const Json& row : json["applications"]) refused += row["refused"].get<std::size_t>();
  EXPECT_EQ(bars, requests - refused);
}

TEST_F(Serve, KeepsProcessorsReadyToWakeWhereItIsAskedTo) {
  const FakeMachine machine;
  const auto serve = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"serve", "street.yaml", "--wake-latency", "70"});
    return desk_.run(more, {{"MOSAIC_SYSFS", machine.root().string()}});
  };
  EXPECT_THAT(serve({}).err, HasSubstr("dev/cpu_dma_latency: No such file"));
  machine.write("dev/cpu_dma_latency", "....");
  EXPECT_THAT(serve({"--simulate"}).err, HasSubstr("--wake-latency does not go with simulations"));
  EXPECT_THAT(serve({"--board", board()}).err, HasSubstr("--wake-latency does not go with simulations"));
  EXPECT_THAT(serve({"--duration", "100 ms"}).out, HasSubstr("idle processors were to wake within 70 us"));
  EXPECT_EQ(machine.read("dev/cpu_dma_latency"), std::string("F\0\0\0", 4));
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

TEST_F(Serve, ThePublishedControllerStartsANewProcessForItsChangeOfLevel) {
  // It begins at the second largest level and goes up once more than 70 requests were in time at an accuracy below the floor.
  desk_.write("alone.yaml",
              "schema_version: 1\nname: alone\nduration: 3 s\ncontrol_period: 20 ms\napplications:\n"
              "  - {name: camera, family: family.yaml, latency: 10 s, accuracy_percent: 80, queue: 1000, requests: {every: 10 ms}}\n");
  const Json json = desk_.json({"serve", "alone.yaml", "--policy", "published", "--policy", "published:relaunch"});
  ASSERT_EQ(json["applications"].size(), 2U);
  for (const Json& row : json["applications"]) {
    EXPECT_EQ(row["switches"], 1) << row;
    EXPECT_EQ(row["refused"], 0) << row;
    EXPECT_GT(row["accuracy_percent"].get<double>(), 70) << row;
  }
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
HttpReply get(std::uint16_t port, const std::string& path) {
  HttpClient client(port);
  client.get(path);
  return client.reply().value_or(HttpReply{});
}
HttpReply post(std::uint16_t port, const std::string& path, const std::string& body) {
  HttpClient client(port);
  client.post(path, body);
  return client.reply().value_or(HttpReply{});
}

/// A server for clients that is ready.
class Server {
 public:
  Server(const std::string& scenario, const Setting& setting, const std::vector<std::string>& more = {})
      : process_(command(scenario, more), setting) {
    EXPECT_TRUE(process_.wait_for_error("Ctrl-C ends"));
    const std::string said = process_.error();
    port_ = static_cast<std::uint16_t>(std::stoi(said.substr(said.find("127.0.0.1:") + 10)));
    while (get(port_, "/v2/health/ready").status != 200) {
    }
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Zeros for the network of `small_classifier(8, 16)`.
  [[nodiscard]] HttpReply infer(const std::string& application) const {
    std::string zeros = "0";
    for (int i = 1; i < 64; ++i) zeros += ",0";
    return post(port_, "/v2/models/" + application + "/infer",
                R"({"id": "7", "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1, 8, 8], "data": [)" + zeros + "]}]}");
  }

  Outcome terminate() {
    process_.send(SIGTERM);
    return process_.wait();
  }

 private:
  static std::vector<std::string> command(const std::string& scenario, const std::vector<std::string>& more) {
    std::vector<std::string> all{"serve", scenario, "--duration", "3600 s", "--http", "0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Process process_;
  std::uint16_t port_ = 0;
};

TEST_F(Serve, AnswersClientsUntilItIsTerminated) {
  Server server("street.yaml", desk_.setting());
  const std::uint16_t port = server.port();
  EXPECT_THAT(get(port, "/v2/models/camera").body, HasSubstr("[1,1,8,8]"));
  const HttpReply answer = server.infer("camera");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("\"variant\":\""));
  EXPECT_EQ(post(port, "/v2/models/camera/infer", "{").status, 400);
  EXPECT_EQ(post(port, "/v2/models/nothing/infer", "{}").status, 404);
  EXPECT_THAT(post(port, "/v1/events", R"({"application": "camera", "latency": "7 ms"})").body, HasSubstr("camera: latency 7 ms"));
  EXPECT_THAT(post(port, "/v1/events", R"({"leaves": "nobody"})").body, HasSubstr("there is no application 'nobody'"));
  EXPECT_THAT(get(port, "/v1/status").body, HasSubstr("\"camera\""));
  EXPECT_THAT(get(port, "/metrics").body, HasSubstr("mosaic_request_seconds{application=\"camera\",quantile=\"0.95\"}"));
  const Outcome second = desk_.run({"serve", "street.yaml", "--http", std::to_string(port)});
  EXPECT_EQ(second.code, 2);
  EXPECT_THAT(second.err, HasSubstr(std::to_string(port)));
  const Outcome outcome = server.terminate();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("camera: latency 7 ms"));
}

TEST_F(Serve, ANewProcessThatFailsIsTheRequestsError) {
  Server server("street.yaml", desk_.setting(), {"--policy", "published:relaunch"});
  std::filesystem::remove(desk_ / "large.onnx");
  HttpReply answer = server.infer("camera");
  EXPECT_EQ(answer.status, 200);
  while (answer.status == 200) answer = server.infer("camera");  // until the controller goes up: after 70 requests below the floor of accuracy
  EXPECT_THAT(answer.body, HasSubstr("the new process"));
  EXPECT_EQ(server.terminate().code, 0);
}

class ServeFaults : public Serve {
 protected:
  [[nodiscard]] Setting setting() const {
    Setting with = desk_.setting();
    with.environment["MOSAIC_SYSFS"] = machine_.root().string();
    with.environment["MOSAIC_STATE"] = (machine_.root() / "state").string();
    return with;
  }

  FakeMachine machine_;
};

TEST_F(ServeFaults, AMeterMeasuresTheMachineAndMayVanish) {
  machine_.add_zone("intel-rapl:0", "package-0", 1'000'000);
  Server measured("street.yaml", setting());
  machine_.count("intel-rapl:0", 3'500'000);
  Outcome outcome = measured.terminate();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("machine with mosaic: 2.5 J (measured by powercap"));

  Server robbed("street.yaml", setting());
  machine_.remove("sys/class/powercap");
  EXPECT_EQ(robbed.infer("camera").status, 200);
  outcome = robbed.terminate();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::AllOf(HasSubstr("1 W for each core that works; meter powercap"), HasSubstr("failed: ")));
}

TEST_F(ServeFaults, WhereAClockCannotBeSetAnyMoreOthersAnswer) {
  const std::vector<int> cores = thread_cores();
  if (cores.size() < 2) GTEST_SKIP() << "needs two cores";
  machine_.add_policy(0, {cores[0]});
  desk_.write(
      "board.yaml",
      fmt::format("schema_version: 1\nname: clocked\ndevices:\n"
                  "  - {{name: fast, kind: cpu, cores: [{}], operating_points: [{{cores: 1, clock: 600 MHz}}, {{cores: 1, clock: 1.2 GHz}}]}}\n"
                  "  - {{name: spare, kind: cpu, cores: [{}]}}\n",
                  cores[0], cores[1]));
  desk_.write("street.yaml", "schema_version: 1\nname: street\nboard: board.yaml\napplications:\n  - {name: camera, family: family.yaml}\n");
  Server server("street.yaml", setting());
  const std::string spare = fmt::format("[\"cpu{}\"]", cores[1]);
  EXPECT_EQ(post(server.port(), "/v1/events", R"({"offline": )" + spare + "}").status, 200);
  EXPECT_THAT(server.infer("camera").body, HasSubstr("fast"));
  machine_.remove(FakeMachine::policy(0));
  EXPECT_EQ(server.infer("camera").status, 429);  // nothing is left to run it on
  EXPECT_EQ(post(server.port(), "/v1/events", R"({"online": )" + spare + "}").status, 200);
  for (int i = 0; i < 10; ++i) {
    const HttpReply answer = server.infer("camera");
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr("spare"));
  }
  const Outcome outcome = server.terminate();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("failed: "));
}

/// A run of the tool on a terminal of its own.
class TerminalRun {
 public:
  TerminalRun(std::vector<std::string> arguments, const Setting& setting, winsize size) {
    arguments.insert(arguments.begin(), setting.program);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (::openpty(&ours_, &theirs_, nullptr, nullptr, &size) != 0) throw std::runtime_error("no terminal");
    ::tcgetattr(theirs_, &before_);
    id_ = ::fork();
    if (id_ < 0) throw std::runtime_error("no process");
    if (id_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::login_tty(theirs_);
    for (const auto& [name, value] : setting.environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::setenv("TERM", "xterm", 1);
    if (::chdir(setting.folder.c_str()) == 0) ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ~TerminalRun() {
    if (id_ > 0) {
      ::kill(id_, SIGKILL);
      ::waitpid(id_, nullptr, 0);
    }
    ::close(ours_);
    ::close(theirs_);
  }
  TerminalRun(const TerminalRun&) = delete;
  TerminalRun& operator=(const TerminalRun&) = delete;

  /// Reads until `text` is shown; false where nothing comes any more.
  bool wait_for(std::string_view text) {
    while (!shown_.contains(text)) {
      if (!read(kPatience)) return false;
    }
    return true;
  }
  void press(char key) const { EXPECT_EQ(::write(ours_, &key, 1), 1); }

  /// The exit code; reads all that is shown until then.
  int wait() {
    int status = 0;
    while (::waitpid(id_, &status, WNOHANG) == 0) read(kLookAgain);  // the terminal itself does not end: we hold it
    id_ = -1;
    while (read(0)) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] const std::string& shown() const { return shown_; }

  /// Whether the modes of the terminal are what they were.
  [[nodiscard]] bool as_before() const {
    termios now{};
    ::tcgetattr(theirs_, &now);
    return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag && now.c_oflag == before_.c_oflag;
  }

 private:
  static constexpr int kPatience = 120'000;  // milliseconds
  static constexpr int kLookAgain = 10;

  bool read(int patience) {
    pollfd polled{.fd = ours_, .events = POLLIN, .revents = 0};
    if (::poll(&polled, 1, patience) <= 0) return false;
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(ours_, buffer.data(), buffer.size());
    if (got > 0) shown_.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  int ours_ = -1;
  int theirs_ = -1;
  pid_t id_ = -1;
  termios before_{};
  std::string shown_;
};

TEST_F(Serve, LiveShowsItselfAsWideAsTheTerminalUntilCtrlC) {
  desk_.write("street.yaml", street("  - {at: 100 ms, arrives: voice}", "  - {at: 1 ms, arrives: voice}"));
  TerminalRun run({"serve", "street.yaml", "--live", "--duration", "3600 s"}, desk_.setting(),
                  {.ws_row = 10, .ws_col = 60, .ws_xpixel = 0, .ws_ypixel = 0});
  EXPECT_TRUE(run.wait_for("load of others: "));
  EXPECT_TRUE(run.wait_for("\x1b["));
  EXPECT_TRUE(run.wait_for("A\r"));  // drawn a second time, over the first one
  run.press('\x03');
  EXPECT_EQ(run.wait(), 130);
  EXPECT_TRUE(run.as_before());
  const std::string& shown = run.shown();
  const std::size_t first = shown.rfind('\r', shown.find("application  level")) + 1;
  std::size_t lines = 0;
  for (std::size_t begin = first; shown.compare(begin, 3, "\x1b[J") != 0; ++lines) {
    const std::size_t end = shown.find("\x1b[K", begin);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - begin, 60U);
    begin = shown.find('\n', end) + 1;
  }
  EXPECT_LE(lines, 9U);
  EXPECT_THAT(shown, testing::Not(HasSubstr("\x1b[?")));  // no mode was changed that would have to be restored
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
  refused(street("duration: 2 s\n", ""), "has no duration");
  refused(street("load: [cpu0], share: 1", "offline: [cpu999]"), "there is no core or device 'cpu999'");
  refused(kStreet, "there is no policy 'biggest'", {"--policy", "biggest"});
  refused(kStreet, "did you mean 'mosaic:level'", {"--policy", "mosaic:levels"});
  refused(kStreet, "one policy", {"--http", "0", "--policy", "mosaic", "--policy", "largest"});
  refused(kStreet, "say --simulate", {"--policy", "oracle"});
  refused(street("duration: 2 s", "duration: 2 s\nthermal: {limit: 80}"), "'thermal', which is for simulations");
  refused(kStreet, "is simulated", {"--http", "0", "--board", board()});
  refused(kStreet, "no-such-board", {"--board", "no-such-board"});
  refused(kStreet, "--live draws on a terminal, and standard output is none", {"--live"});
  refused(kStreet, "--live does not go with --json", {"--live", "--json"});
  refused(kStreet, "--live does not go with simulations", {"--live", "--simulate"});
  desk_.write("family.yaml", "schema_version: 1\nname: toys\nvariants:\n  - {name: small, model: small.onnx, accuracy_from: made up}\n");
  refused(kStreet, "key 'accuracy_percent' is missing");
}

}  // namespace
}  // namespace mosaic::test
