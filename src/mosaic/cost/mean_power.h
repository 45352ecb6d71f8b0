#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/board/board.h"
#include "mosaic/cost/chain_costs.h"
#include "mosaic/profile/profile.h"

namespace mosaic {

/// What configurations draw while they work, one number each. It is what a board's meter can tell: slices are over long before it has a figure of
/// them.
struct MeanPowers {
  std::vector<std::optional<Watts>> of;  ///< by configuration; none: unknown
  std::string source;                    ///< "modelled: time x power, power measured by hwmon:ina3221/VDD_IN"
};

/// The powers that a meter showed while the profile was taken; of configurations that it has none of, those in the board file. Nothing where neither
/// has any.
[[nodiscard]] std::optional<MeanPowers> mean_powers(const Profile& profile, const Board& board);

/// Energies, in picojoules, of what takes these times: each slice draws its configuration's power; a hop, and the change of a clock, the largest of
/// those that it may be for. Nothing if a configuration that can run a layer has no power. Requires: a power for each configuration.
[[nodiscard]] std::optional<ChainCosts> energy_at(const ChainCosts& times, const std::vector<std::optional<Watts>>& powers);

}  // namespace mosaic
