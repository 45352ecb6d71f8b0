#pragma once

#include <memory>
#include <stop_token>

#include "mosaic/base/units.h"

namespace mosaic {

/// The time that meters go by. Tests bring their own, which passes when they say so. Thread-safe.
class Timekeeper {
 public:
  Timekeeper() = default;
  virtual ~Timekeeper() = default;
  Timekeeper(const Timekeeper&) = delete;
  Timekeeper& operator=(const Timekeeper&) = delete;

  /// Never goes back; from any moment on.
  [[nodiscard]] virtual Nanoseconds now() = 0;

  /// Since 1970, as the logs of other machines count.
  [[nodiscard]] virtual Nanoseconds unix_time() = 0;

  /// Blocks until `now` has reached `until` or a stop is requested.
  virtual void sleep_until(Nanoseconds until, const std::stop_token& stop) = 0;
};

/// The machine's clocks.
[[nodiscard]] std::shared_ptr<Timekeeper> real_time();

}  // namespace mosaic
