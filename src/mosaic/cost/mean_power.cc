#include "mosaic/cost/mean_power.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/check.h"

namespace mosaic {
namespace {

/// Picoseconds times watts are picojoules.
std::int64_t drawn(std::int64_t picoseconds, double watts) { return std::llround(static_cast<double>(picoseconds) * watts); }

}  // namespace

std::optional<MeanPowers> mean_powers(const Profile& profile, const Board& board) {
  MeanPowers powers;
  bool measured = false;
  bool stated = false;
  for (const Configuration& each : board.configurations) {
    const auto sample = std::ranges::find(profile.powers, each.name, &ConfigurationPower::configuration);
    const std::optional<Watts>& written = board.device(each.device).points[each.point].power;
    const bool known = sample != profile.powers.end();
    powers.of.push_back(known ? std::optional(sample->power) : written);
    measured = measured || known;
    stated = stated || (!known && written);
  }
  if (!measured && !stated) return std::nullopt;
  powers.source = "modelled: time x power, ";
  if (measured) powers.source += fmt::format("power measured by {}", profile.powers.front().meter);
  if (stated) powers.source += measured ? ", or else from the board file" : "power from the board file";
  return powers;
}

std::optional<ChainCosts> energy_at(const ChainCosts& times, const std::vector<std::optional<Watts>>& powers) {
  MOSAIC_CHECK(powers.size() == times.configurations);
  ChainCosts energy = times;
  std::vector<double> at_place(times.places);  // the largest power of its configurations
  double most = 0;
  for (std::size_t c = 0; c < times.configurations; ++c) {
    const auto* const first = &times.runs[times.cell(c, 0)];
    const bool used = std::any_of(first, first + times.layers, [](std::uint8_t runs) { return runs != 0; });
    if (used && !powers[c]) return std::nullopt;
    const double watts = powers[c].value_or(Watts{}).value;
    for (std::size_t k = 0; k < times.layers; ++k) energy.execute[times.cell(c, k)] = drawn(times.execute[times.cell(c, k)], watts);
    for (std::size_t cut = 0; cut <= times.layers; ++cut) {
      energy.enter[times.border(c, cut)] = drawn(times.enter[times.border(c, cut)], watts);
      energy.leave[times.border(c, cut)] = drawn(times.leave[times.border(c, cut)], watts);
    }
    at_place[times.place[c]] = std::max(at_place[times.place[c]], watts);
    most = std::max(most, watts);
  }
  for (std::size_t cut = 0; cut <= times.layers; ++cut) {
    for (std::size_t from = 0; from < times.places; ++from) {
      for (std::size_t to = 0; to < times.places; ++to) {
        const std::size_t hop = times.hop(cut, from, to);
        energy.transfer[hop] = drawn(times.transfer[hop], std::max(at_place[from], at_place[to]));
      }
    }
  }
  if (energy.clocks) {
    for (std::vector<std::int64_t>& domain : energy.clocks->change) {
      for (std::int64_t& change : domain) change = drawn(change, most);
    }
  }
  return energy;
}

}  // namespace mosaic
