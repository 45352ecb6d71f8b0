#pragma once

#include <map>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/manager/machine.h"

namespace mosaic {

/// Cores and devices that failed: they are left alone for a second, and each time they fail again for twice as long, up to a minute.
/// Thread-compatible.
class RestingUnits {
 public:
  /// They failed. False where they rest already.
  bool rest(manager::Units units, Nanoseconds now);

  /// Those that are to be tried again from now on.
  [[nodiscard]] std::vector<manager::Units> rested(Nanoseconds now);

 private:
  struct Rest {
    Nanoseconds until{};
    Nanoseconds next{1'000'000'000};  ///< how long it takes the next time
    bool resting = false;
  };
  std::map<manager::Units, Rest> rests_;
};

}  // namespace mosaic
