#pragma once

// Seeded draws for the truth about simulated boards and for its noise. Not installed.

#include <cstdint>

#include "mosaic/base/hash.h"
#include "mosaic/base/random.h"

namespace mosaic::sim {

/// One draw of a standard normal for whatever the arguments name: the same for the same names, and independent of all other draws.
template <class... Parts>
double draw(std::uint64_t seed, const Parts&... parts) {
  Hasher hasher;
  hasher.add(static_cast<std::int64_t>(seed));
  (hasher.add(parts), ...);
  std::uint64_t state = 0;
  for (const char c : hasher.fingerprint()) state = state * 1'099'511'628'211U + static_cast<unsigned char>(c);
  return Random(state).normal();
}

}  // namespace mosaic::sim
