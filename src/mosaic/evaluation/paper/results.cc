#include "mosaic/evaluation/paper/results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace mosaic::evaluation {

const VersionResult* NetworkResult::find(const std::vector<VersionResult>& among, std::string_view version) const {
  const auto found = std::ranges::find(among, version, &VersionResult::version);
  return found == among.end() ? nullptr : &*found;
}

std::string format_plan(const std::vector<SliceName>& plan, bool with_clocks) {
  std::vector<std::string> slices;
  for (const SliceName& slice : plan) {
    const std::string clock = with_clocks && slice.mhz > 0 ? fmt::format("^{}", slice.mhz) : "";
    slices.push_back(fmt::format("{}_{}{}", slice.device, slice.first_layer, clock));
  }
  return fmt::format("{}", fmt::join(slices, ", "));
}

}  // namespace mosaic::evaluation
