#include "mosaic/power/sysfs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "mosaic/base/file.h"

namespace mosaic {
namespace {

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

std::unexpected<Error> refuse(std::string_view action, const std::filesystem::path& path, int error) {
  const bool forbidden = error == EACCES || error == EPERM || error == EROFS;
  return fail(ErrorCode::kDevice, fmt::format("cannot {} {}: {}{}", action, path.string(), std::strerror(error),
                                              forbidden ? " (run as root, or give your group the right with the udev rule of docs/energy.md)" : ""));
}

std::optional<std::int64_t> parse_integer(std::string_view word) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size()) return std::nullopt;
  return value;
}

/// Digits at the end of a name as a number, so that hwmon10 comes behind hwmon2.
std::pair<std::string_view, std::int64_t> natural_key(std::string_view name) {
  const std::size_t stem = name.find_last_not_of("0123456789") + 1;  // npos + 1 is 0
  return {name.substr(0, stem), parse_integer(name.substr(stem)).value_or(-1)};
}

}  // namespace

Sysfs Sysfs::from_environment() {
  const std::string named = environment("MOSAIC_SYSFS");
  return Sysfs(named.empty() ? "/" : named);
}

Result<std::string> Sysfs::read(const std::filesystem::path& file) const {
  const Descriptor opened(::open(path(file).c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened.valid()) return refuse("read", path(file), errno);
  std::array<char, 4096> content{};
  ssize_t got = 0;
  do {
    got = ::read(opened.get(), content.data(), content.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) return refuse("read", path(file), errno);
  const std::string_view text(content.data(), static_cast<std::size_t>(got));
  return std::string(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
}

Result<std::int64_t> Sysfs::read_integer(const std::filesystem::path& file) const {
  MOSAIC_TRY(const std::string text, read(file));
  const auto value = parse_integer(text);
  if (!value) return fail(ErrorCode::kDevice, fmt::format("{} reads '{}', which is no integer", path(file).string(), text.substr(0, 40)));
  return *value;
}

Result<void> Sysfs::write(const std::filesystem::path& file, std::string_view value) const {
  const Descriptor opened(::open(path(file).c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!opened.valid()) return refuse("write", path(file), errno);
  const std::string line = std::string(value) + "\n";
  ssize_t written = 0;
  do {
    written = ::write(opened.get(), line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return refuse(fmt::format("write '{}' to", value), path(file), errno);
  if (static_cast<std::size_t>(written) != line.size()) return refuse(fmt::format("write '{}' to", value), path(file), EIO);
  return {};
}

bool Sysfs::exists(const std::filesystem::path& file) const { return ::access(path(file).c_str(), F_OK) == 0; }
bool Sysfs::may_write(const std::filesystem::path& file) const { return ::access(path(file).c_str(), W_OK) == 0; }

std::vector<std::string> Sysfs::list(const std::filesystem::path& folder) const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path(folder), error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  std::ranges::sort(names, [](const std::string& a, const std::string& b) { return natural_key(a) < natural_key(b); });
  return names;
}

std::vector<std::string> parse_words(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n";
  std::vector<std::string> words;
  for (std::size_t begin = text.find_first_not_of(kWhite); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kWhite, begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kWhite, end);
  }
  return words;
}

std::vector<std::int64_t> parse_integers(std::string_view text) {
  std::vector<std::int64_t> integers;
  for (const std::string& word : parse_words(text)) {
    if (const auto value = parse_integer(word)) integers.push_back(*value);
  }
  return integers;
}

}  // namespace mosaic
