#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "mosaic/base/error.h"

namespace mosaic {

/// The whole content of a regular file. Errors: kInvalidInput if it is missing, a folder or unreadable.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path);

/// Writes to a temporary file beside `path`, flushes it to the disk, then renames it: a reader sees the old content or the new, never half of it.
/// Creates missing parent folders. Errors: kIo (no permission, disk full); the old file is then untouched.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, std::string_view content);

/// An advisory lock on `path` between processes, held until destruction. Thread-compatible.
class FileLock {
 public:
  /// Waits until no other process holds it. Creates the file and its folders. Errors: kIo; kCancelled when stopped while waiting.
  [[nodiscard]] static Result<FileLock> acquire(const std::filesystem::path& path, const std::stop_token& stop = {});

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

/// Where files that can be made again are kept: MOSAIC_CACHE, else XDG_CACHE_HOME/mosaic, else HOME/.cache/mosaic.
[[nodiscard]] std::filesystem::path cache_folder();

/// An environment variable's value; empty where it is not set.
[[nodiscard]] std::string environment(const char* variable);

}  // namespace mosaic
