#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mosaic/base/check.h"
#include "mosaic/family/family.h"

/// What is read is written and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto family = mosaic::parse_family({reinterpret_cast<const char*>(data), size}, "/models");
  if (!family) return 0;
  const auto again = mosaic::parse_family(mosaic::format_family(*family, "/models"), "/models");
  MOSAIC_CHECK(again && *again == *family);
  return 0;
}
