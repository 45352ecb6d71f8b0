#include "mosaic/accelerators/rivals.h"

#include <algorithm>

namespace mosaic {

std::string_view name(MappingMethod method) {
  switch (method) {
    case MappingMethod::kHeuristic:
      return "heuristic";
    case MappingMethod::kMinCost:
      return "min-cost";
    case MappingMethod::kTrainingFree:
      return "training-free";
    case MappingMethod::kOdimo:
      return "odimo";
  }
  return "";
}

bool nearly_as_accurate(const RatedMapping& a, const RatedMapping& b, double points) {
  constexpr double kRounding = 1e-9;  // 63.9 is 0.5 less than 64.4
  if (a.held_out && b.held_out) return *a.held_out >= *b.held_out - points - kRounding;
  return a.accuracy >= b.accuracy - points - kRounding;
}

std::vector<std::optional<std::size_t>> manual_rivals(std::span<const RatedMapping> all, double points) {
  const auto is_manual = [](const RatedMapping& each) { return each.method == MappingMethod::kHeuristic; };
  std::vector<std::optional<std::size_t>> rivals;
  for (const RatedMapping& each : all) {
    const bool alike = std::ranges::any_of(all, [&](const RatedMapping& other) { return is_manual(other) && other.trained == each.trained; });
    std::optional<std::size_t>& rival = rivals.emplace_back();
    for (std::size_t m = 0; m < all.size(); ++m) {
      if (!is_manual(all[m]) || (alike && all[m].trained != each.trained) || !nearly_as_accurate(all[m], each, points)) continue;
      if (!rival || all[m].cost < all[*rival].cost) rival = m;
    }
  }
  return rivals;
}

}  // namespace mosaic
