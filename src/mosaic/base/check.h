#pragma once

namespace mosaic::internal {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

/// Aborts with file, line and condition. For bugs of our own only, never in answer to input.
#define MOSAIC_CHECK(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::mosaic::internal::check_failed(#condition, __FILE__, __LINE__))
