#include "program.h"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "mosaic/base/memory.h"
#include "mosaic/base/text.h"
#include "mosaic/power/clock_control.h"
#include "output.h"

namespace mosaic::cli {
namespace {

constexpr int kInterrupted = 130;

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kCheckFailed:
      return 1;
    case ErrorCode::kInvalidInput:
    case ErrorCode::kUnsupported:
      return 2;
    case ErrorCode::kEngine:
    case ErrorCode::kIo:
    case ErrorCode::kDevice:
    case ErrorCode::kDeadline:
    case ErrorCode::kBusy:
      return 3;
    case ErrorCode::kCancelled:
      return kInterrupted;
  }
  return 3;
}

/// Turns Ctrl-C, and the end of the terminal, into a request to stop, a second one into the end, with the machine's clocks as they were. Must be made
/// before any other thread, so that all of them leave the signals to it.
class SignalWatcher {
 public:
  SignalWatcher() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    struct sigaction hangup{};
    const bool ignored = ::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler == SIG_IGN;  // by nohup
    if (!ignored) sigaddset(&signals_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::thread([this] {
      for (int count = 0;; ++count) {
        int signal = 0;
        if (sigwait(&signals_, &signal) != 0) return;
        if (count > 0) {
          ClockControl::restore_all();
          ::_exit(kInterrupted);
        }
        source_.request_stop();
      }
    }).detach();
  }

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  sigset_t signals_{};
  std::stop_source source_;
};

Result<const CLI::App*> find_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (each->get_name() == name) return each;
    names.push_back(each->get_name());
  }
  const std::string_view meant = closest(name, names);
  return fail(ErrorCode::kInvalidInput, fmt::format("there is no command '{}'{}; 'mosaic help' lists them", name,
                                                    meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant)));
}

void add_help(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("help", "Show this help, or a command's");
  auto about = std::make_shared<std::string>();
  command.add_option("command", *about, "Command to show the help of")->type_name("COMMAND");
  command.callback([&app, &context, about] {
    context.action = [&app, about]() -> Result<void> {
      const CLI::App* shown = &app;
      if (!about->empty()) {
        MOSAIC_TRY(shown, find_command(app, *about));
      }
      // Not App::help(): that shows the command that was parsed, which is this one.
      const std::string name = shown == &app ? app.get_name() : app.get_name() + " " + shown->get_name();
      print(shown->get_formatter()->make_help(shown, name, CLI::AppFormatMode::Normal));
      return {};
    };
  });
}

int run(int argc, char** argv, const Program& program) {
  keep_freed_memory();
  static const SignalWatcher signals;  // lives as long as its thread
  Context context{.stop = signals.token(), .arguments = {argv, argv + argc}, .action = {}};

  CLI::App app(program.description);
  app.name("mosaic");
  app.set_help_flag("-h,--help", "Show this help and exit");
  app.set_version_flag("--version", std::string("mosaic ") + MOSAIC_VERSION);
  app.require_subcommand(0, 1);
  app.footer(program.footer);
  program.add_commands(app, context);
  add_help(app, context);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError& error) {
    if (const auto command = find_command(app, argv[1]); argv[1][0] != '-' && !command) {
      note(command.error().message);
    } else {
      app.exit(error);
    }
    return 2;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    app.exit(error);
    return 2;
  }
  if (!context.action) {
    print(app.help());
    return 0;
  }
  const Result<void> done = context.action();
  if (done) return context.stop.stop_requested() && !context.ends_when_stopped ? kInterrupted : 0;
  note(done.error().message);
  return exit_code(done.error().code);
}

/// What was printed and could not be written is no success.
int flush_output(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  note("cannot write to standard output");
  return code == 0 ? 3 : code;
}

}  // namespace

int run_program(int argc, char** argv, const Program& program) {
  try {
    return flush_output(run(argc, argv, program));
  } catch (const std::bad_alloc&) {
    note("out of memory");
  } catch (const std::exception& error) {
    note(std::string("unexpected: ") + error.what());
  }
  return 3;
}

}  // namespace mosaic::cli
