#include "mosaic/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

namespace mosaic {
namespace {

std::unexpected<Error> system_error(ErrorCode code, const std::filesystem::path& path, std::string_view action) {
  return fail(code, fmt::format("cannot {} {}: {}", action, path.string(), std::strerror(errno)));
}

/// A file descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return value_; }
  [[nodiscard]] bool valid() const { return value_ >= 0; }

 private:
  int value_;
};

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0 || errno == EINVAL;  // pipes and some special files cannot be synced
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return system_error(ErrorCode::kInvalidInput, path, "read");
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::kInvalidInput, fmt::format("cannot read {}: it is a folder", path.string()));
  std::string content;
  content.resize(S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) + 1 : 65536);
  std::size_t size = 0;
  while (true) {
    if (size == content.size()) content.resize(content.size() * 2);
    const ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(ErrorCode::kInvalidInput, path, "read");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

Result<void> write_file(const std::filesystem::path& path, std::string_view content) {
  std::error_code ignored;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  if (struct stat status{}; ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    const Descriptor device(::open(path.c_str(), O_WRONLY | O_CLOEXEC));  // /dev/stdout and the like cannot be replaced, only written to
    if (!device.valid() || !write_all(device.get(), content)) return system_error(ErrorCode::kIo, path, "write");
    return {};
  }
  std::string temporary = path.string() + ".XXXXXX";
  {
    const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!file.valid()) return system_error(ErrorCode::kIo, path, "write");
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(file.get(), 0666 & ~mask) != 0 || !write_all(file.get(), content)) {
      const auto error = system_error(ErrorCode::kIo, path, "write");
      ::unlink(temporary.c_str());
      return error;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const auto error = system_error(ErrorCode::kIo, path, "write");
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

Result<FileLock> FileLock::acquire(const std::filesystem::path& path, const std::stop_token& stop) {
  std::error_code ignored;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return system_error(ErrorCode::kIo, path, "lock");
  FileLock lock(descriptor);
  constexpr std::chrono::milliseconds kBetweenTries{50};  // a blocking call could not be stopped
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR && errno != EWOULDBLOCK) return system_error(ErrorCode::kIo, path, "lock");
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, fmt::format("stopped while another process held {}", path.string()));
    std::this_thread::sleep_for(kBetweenTries);
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

std::filesystem::path cache_folder() {
  if (std::string own = environment("MOSAIC_CACHE"); !own.empty()) return own;
  if (const std::string xdg = environment("XDG_CACHE_HOME"); !xdg.empty()) return std::filesystem::path(xdg) / "mosaic";
  const std::string home = environment("HOME");
  return std::filesystem::path(home.empty() ? "/tmp" : home) / ".cache" / "mosaic";
}

}  // namespace mosaic
