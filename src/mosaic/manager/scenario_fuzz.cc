#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mosaic/manager/scenario.h"

/// As a scenario and as a change from a client; what is read can be described.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto scenario = mosaic::manager::parse_scenario(text, "/nowhere")) {
    for (const auto& each : scenario->events) (void)mosaic::manager::describe(each.change);
  }
  if (const auto change = mosaic::manager::parse_change(text)) (void)mosaic::manager::describe(*change);
  return 0;
}
