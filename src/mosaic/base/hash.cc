#include "mosaic/base/hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "mosaic/base/check.h"

namespace mosaic {

struct Hasher::State {
  XXH3_state_t* xxh = XXH3_createState();
};

Hasher::Hasher() : state_(new State) {
  MOSAIC_CHECK(state_->xxh != nullptr);
  XXH3_128bits_reset(state_->xxh);
}

Hasher::~Hasher() {
  XXH3_freeState(state_->xxh);
  delete state_;
}

Hasher& Hasher::add(std::span<const std::byte> bytes) {
  add_integer(static_cast<std::int64_t>(bytes.size()));
  XXH3_128bits_update(state_->xxh, bytes.data(), bytes.size());
  return *this;
}

Hasher& Hasher::add(std::string_view text) { return add(std::as_bytes(std::span(text))); }

Hasher& Hasher::add_integer(std::int64_t value) {
  XXH3_128bits_update(state_->xxh, &value, sizeof value);
  return *this;
}

Fingerprint Hasher::fingerprint() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace mosaic
