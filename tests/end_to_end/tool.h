#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/json.h"
#include "tests/support.h"

namespace mosaic::test {

/// What became of a process.
struct Outcome {
  int code = -1;  ///< exit code; 128 + signal where a signal ended it
  std::string out;
  std::string err;
};

/// How a process is started.
struct Setting {
  std::string program = MOSAIC_TOOL;
  std::filesystem::path folder;                    ///< to work in
  std::map<std::string, std::string> environment;  ///< on top of the test's own
  std::optional<std::size_t> largest_file;         ///< writes beyond so many bytes fail, as on a full disk
};

/// A process whose output is collected. Dies with the test, and after two minutes without a sign of life.
class Process {
 public:
  Process(std::vector<std::string> arguments, const Setting& setting) {
    arguments.insert(arguments.begin(), setting.program);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::array<std::array<int, 2>, 2> pipes{};
    for (auto& ends : pipes) {
      if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    }
    id_ = ::fork();
    if (id_ < 0) throw std::runtime_error("no process");
    if (id_ == 0) become(argv, setting, pipes[0][1], pipes[1][1]);
    for (std::size_t i = 0; i < 2; ++i) {
      ::close(pipes[i][1]);
      streams_[i].descriptor = pipes[i][0];
    }
  }

  ~Process() {
    if (id_ > 0) {
      ::kill(id_, SIGKILL);
      ::waitpid(id_, nullptr, 0);
    }
    for (const Stream& stream : streams_) {
      if (stream.descriptor >= 0) ::close(stream.descriptor);
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits until standard error holds `text`; false if the process ended without.
  bool wait_for_error(std::string_view text) {
    while (streams_[1].text.find(text) == std::string::npos) {
      if (!pump()) return false;
    }
    return true;
  }

  /// What it has said so far.
  [[nodiscard]] const std::string& error() const { return streams_[1].text; }

  void interrupt() const { send(SIGINT); }
  void send(int signal) const { ::kill(id_, signal); }

  Outcome wait() {
    while (pump()) {
    }
    int status = 0;
    ::waitpid(id_, &status, 0);
    id_ = -1;
    return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), .out = streams_[0].text, .err = streams_[1].text};
  }

 private:
  struct Stream {
    int descriptor = -1;
    std::string text;
  };

  [[noreturn]] static void become(const std::vector<char*>& argv, const Setting& setting, int out, int err) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGHUP, SIG_DFL);  // whatever started the tests
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    for (const auto& [name, value] : setting.environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (setting.largest_file) {
      const rlimit limit{.rlim_cur = *setting.largest_file, .rlim_max = *setting.largest_file};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      ::signal(SIGXFSZ, SIG_IGN);
    }
    if (::chdir(setting.folder.c_str()) == 0) ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  /// Reads what is there, waiting for it; false once both streams have ended.
  bool pump() {
    constexpr int kPatience = 120'000;  // milliseconds
    std::array<pollfd, 2> polled{};
    for (std::size_t i = 0; i < 2; ++i) polled[i] = {.fd = streams_[i].descriptor, .events = POLLIN, .revents = 0};
    if (polled[0].fd < 0 && polled[1].fd < 0) return false;
    if (::poll(polled.data(), polled.size(), kPatience) == 0) ::kill(id_, SIGKILL);
    for (std::size_t i = 0; i < 2; ++i) {
      if (polled[i].revents == 0) continue;
      std::array<char, 65536> buffer{};
      const ssize_t got = ::read(polled[i].fd, buffer.data(), buffer.size());
      if (got > 0) {
        streams_[i].text.append(buffer.data(), static_cast<std::size_t>(got));
      } else {
        ::close(std::exchange(streams_[i].descriptor, -1));
      }
    }
    return true;
  }

  pid_t id_ = -1;
  std::array<Stream, 2> streams_;
};

/// A folder to work in, with the tool at hand and a cache of its own that lies elsewhere.
class Desk {
 public:
  [[nodiscard]] Setting setting() const { return {.folder = work_.path(), .environment = {{"MOSAIC_CACHE", cache().string()}}, .largest_file = {}}; }

  /// Runs the tool: desk.run({"inspect", "net.onnx"}).
  [[nodiscard]] Outcome run(const std::vector<std::string>& arguments) const { return Process(arguments, setting()).wait(); }
  [[nodiscard]] Outcome run(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment) const {
    Setting with = setting();
    for (const auto& [name, value] : environment) with.environment[name] = value;
    return Process(arguments, with).wait();
  }

  /// Runs the tool and fails the test, showing what it said, where it does not succeed; gives standard output.
  [[nodiscard]] std::string output(const std::vector<std::string>& arguments) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << arguments.front() << ": " << outcome.err;
    return outcome.out;
  }
  [[nodiscard]] Json json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    return Json::parse(output(arguments));
  }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return work_ / name; }
  [[nodiscard]] std::filesystem::path cache() const { return cache_ / "cache"; }
  [[nodiscard]] std::string read(const std::string& name) const { return expect(read_file(work_ / name)); }
  void write(const std::string& name, std::string_view content) const { expect(write_file(work_ / name, content)); }
  void save(const std::string& name, const onnx::Model& model) const { expect(onnx::save_model(model, work_ / name)); }

  /// Everything in the folder, folders among it, sorted.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(work_.path()))
      names.push_back(entry.path().lexically_relative(work_.path()).string());
    std::ranges::sort(names);
    return names;
  }

 private:
  TemporaryFolder work_;
  TemporaryFolder cache_;
};

/// Steps as {"0-3", "big/4c"}, each after the one before.
inline Json plan_json(const std::vector<std::pair<std::string, std::string>>& steps) {
  Json plan{{"schema_version", 1}, {"steps", Json::array()}};
  for (const auto& [layers, configuration] : steps) plan["steps"].push_back({{"layers", layers}, {"configuration", configuration}});
  return plan;
}

/// Something the tool must refuse.
struct Refusal {
  std::vector<std::string> arguments;
  std::vector<std::string> said;  ///< parts of the message
  int code = 2;
};

/// Runs it and checks the exit code, the message, that nothing is printed as if it were a result and that no file appears or changes.
inline void expect_refusal(const Desk& desk, const Refusal& refusal, const std::map<std::string, std::string>& environment = {}) {
  std::string line;
  for (const std::string& argument : refusal.arguments) line += argument + ' ';
  SCOPED_TRACE(line);
  const auto before = desk.files();
  const Outcome outcome = desk.run(refusal.arguments, environment);
  EXPECT_EQ(outcome.code, refusal.code) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  for (const std::string& part : refusal.said) EXPECT_NE(outcome.err.find(part), std::string::npos) << "'" << part << "' is not in: " << outcome.err;
  EXPECT_EQ(desk.files(), before);
}

}  // namespace mosaic::test
