#pragma once

#include <cstdint>
#include <optional>

#include "mosaic/base/random.h"
#include "mosaic/base/units.h"
#include "mosaic/manager/scenario.h"

namespace mosaic::manager {

/// The instants of an application's requests, one after the other, from when it arrives. Equal seeds give equal instants. Thread-compatible.
class Requests {
 public:
  Requests(const Arrivals& arrivals, Nanoseconds from, std::uint64_t seed) : arrivals_(&arrivals), from_(from), random_(seed) {}

  /// None: no more, or only clients' requests.
  [[nodiscard]] std::optional<Nanoseconds> next();

 private:
  const Arrivals* arrivals_;
  Nanoseconds from_;
  Random random_;
  std::size_t count_ = 0;
  Nanoseconds last_{};
};

}  // namespace mosaic::manager
