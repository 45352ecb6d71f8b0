#include "mosaic/power/wake_latency.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

namespace mosaic {
namespace {

constexpr const char* kFile = "dev/cpu_dma_latency";

}  // namespace

Result<WakeLatency> WakeLatency::hold(std::chrono::microseconds most, const Sysfs& sysfs) {
  if (most.count() < 0 || most.count() > std::numeric_limits<std::int32_t>::max())
    return fail(ErrorCode::kInvalidInput, fmt::format("processors cannot be asked to wake within {} us: 0 to 2,147,483,647 us", most.count()));
  const auto value = static_cast<std::int32_t>(most.count());
  const std::filesystem::path path = sysfs.path(kFile);
  const auto refuse = [&](int error) {
    const bool forbidden = error == EACCES || error == EPERM;
    return fail(ErrorCode::kDevice,
                fmt::format("cannot bound how long processors take to wake: {}: {}{}", path.string(), std::strerror(error),
                            forbidden ? " (run as root, or give your group the right with the udev rule of docs/energy.md)" : ""));
  };
  WakeLatency held(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (held.file_ < 0) return refuse(errno);
  if (::write(held.file_, &value, sizeof value) != sizeof value) return refuse(errno);
  return held;
}

WakeLatency::WakeLatency(WakeLatency&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

WakeLatency::~WakeLatency() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace mosaic
