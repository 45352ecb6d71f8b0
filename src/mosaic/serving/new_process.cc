#include "mosaic/serving/new_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/plan/plan.h"

namespace mosaic {
namespace {

/// A file without a name, for a child's standard input.
class NamelessFile {
 public:
  explicit NamelessFile(const std::string& text) : descriptor_(::memfd_create("plan", MFD_CLOEXEC)) {
    if (descriptor_ >= 0 && ::pwrite(descriptor_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) close();
  }
  ~NamelessFile() { close(); }
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }  ///< below 0: it could not be made

 private:
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  int descriptor_;
};

int start(std::vector<std::string> arguments, int input, pid_t& process) {
  std::vector<char*> pointers;
  for (std::string& each : arguments) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // Ctrl-C is for this process
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);  // sockets of clients among them
  const int error = ::posix_spawn(&process, pointers.front(), &actions, &attributes, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

}  // namespace

Result<void> run_in_new_process(const std::filesystem::path& tool, const std::string& board, const FamilyLevels& levels,
                                const manager::Operation& operation) {
  const std::string& model = levels.family().variants[operation.level].model.string();
  const NamelessFile plan(format_plan(levels.plan(operation)));
  pid_t process = 0;
  std::vector<std::string> arguments{tool.string(), "run", model, "--plan", "/dev/stdin", "--repeat", "1", "--meter", "none", "--json"};
  if (!board.empty()) arguments.insert(arguments.end(), {"--board", board});
  const int error = plan.descriptor() < 0 ? ENOSPC : start(std::move(arguments), plan.descriptor(), process);
  if (error != 0) return fail(ErrorCode::kIo, fmt::format("a new process of {} cannot be started: {}", tool.string(), std::strerror(error)));
  int status = 0;
  pid_t ended = 0;
  do ended = ::waitpid(process, &status, 0);
  while (ended < 0 && errno == EINTR);
  if (ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(ErrorCode::kDevice, fmt::format("the new process of {} for {} failed", tool.string(), model));
  return {};
}

}  // namespace mosaic
