#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace mosaic {

/// How the channels of a mapping were chosen.
enum class MappingMethod : std::uint8_t {
  kHeuristic,     ///< by hand
  kMinCost,       ///< the cheapest, whatever becomes of accuracy
  kTrainingFree,  ///< by sensitivities
  kOdimo,         ///< by training
};
[[nodiscard]] std::string_view name(MappingMethod method);  ///< "heuristic", "min-cost", "training-free", "odimo"

/// What a mapping is held against others by.
struct RatedMapping {
  MappingMethod method = MappingMethod::kTrainingFree;
  bool trained = false;  ///< weights were trained for this mapping
  double cost = 0;
  double accuracy = 0;                  ///< per cent of the test images
  std::optional<double> held_out = {};  ///< per cent of images that are neither trained nor tested on: what one may choose by
};

/// Points that a manual rival may be less accurate by.
inline constexpr double kRivalPoints = 0.5;

/// Whether `a` is at most so many points less accurate than `b`, on held-out images where both have that figure and on test images else.
[[nodiscard]] bool nearly_as_accurate(const RatedMapping& a, const RatedMapping& b, double points = kRivalPoints);

/// For each mapping the place of its manual rival: the cheapest heuristic that is nearly as accurate, the first of equals; none where each is less
/// accurate. Trained mappings are held against trained heuristics and others against others, where there are such. What a search has gained over
/// doing without. Pure.
[[nodiscard]] std::vector<std::optional<std::size_t>> manual_rivals(std::span<const RatedMapping> all, double points = kRivalPoints);

}  // namespace mosaic
