#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"

namespace mosaic {

/// The kernel's files about the machine, below a root: "/" for the real ones, or a folder that stands for it in tests. Files are named from the root:
/// "sys/class/hwmon/hwmon0/name". Immutable, thread-safe.
class Sysfs {
 public:
  explicit Sysfs(std::filesystem::path root = "/") : root_(std::move(root)) {}

  /// The folder that the environment variable MOSAIC_SYSFS names, else "/".
  [[nodiscard]] static Sysfs from_environment();

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] std::filesystem::path path(const std::filesystem::path& file) const { return root_ / file; }

  /// A file's content without white space at its end; the first 4,096 bytes, which no attribute exceeds. Errors: kDevice.
  [[nodiscard]] Result<std::string> read(const std::filesystem::path& file) const;

  /// Errors: kDevice where the file cannot be read or holds no integer.
  [[nodiscard]] Result<std::int64_t> read_integer(const std::filesystem::path& file) const;

  /// Writes a value and a line's end, in one call, as attributes want it. Errors: kDevice, with the way out where a right is missing.
  [[nodiscard]] Result<void> write(const std::filesystem::path& file, std::string_view value) const;

  [[nodiscard]] bool exists(const std::filesystem::path& file) const;

  /// Whether this process has the right to; root has it even where the driver then refuses.
  [[nodiscard]] bool may_write(const std::filesystem::path& file) const;

  /// Names in a folder, "hwmon2" before "hwmon10"; none where there is no such folder.
  [[nodiscard]] std::vector<std::string> list(const std::filesystem::path& folder) const;

 private:
  std::filesystem::path root_;
};

/// Integers between white space, in their order; what is no integer is left out.
[[nodiscard]] std::vector<std::int64_t> parse_integers(std::string_view text);

/// Words between white space.
[[nodiscard]] std::vector<std::string> parse_words(std::string_view text);

}  // namespace mosaic
