#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace mosaic {

/// 128 bits as 32 hexadecimal digits: equal for equal content, on every machine.
using Fingerprint = std::string;

/// Accumulates the fingerprint of a sequence of values (XXH3, 128 bits). Every variable-length part is preceded by its length, so that
/// two different sequences do not run together. Not cryptographic. Thread-compatible.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  Hasher& add(std::string_view text);
  Hasher& add(std::span<const std::byte> bytes);

  template <class T>
    requires std::is_integral_v<T> || std::is_enum_v<T>
  Hasher& add(T value) {
    return add_integer(static_cast<std::int64_t>(value));
  }

  template <class T>
  Hasher& add_all(std::span<const T> values) {
    add(values.size());
    for (const T& value : values) add(value);
    return *this;
  }

  [[nodiscard]] Fingerprint fingerprint() const;

 private:
  Hasher& add_integer(std::int64_t value);

  struct State;
  State* state_;
};

}  // namespace mosaic
