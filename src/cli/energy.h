#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "mosaic/base/json.h"
#include "mosaic/power/meters.h"
#include "mosaic/power/run_energy.h"
#include "mosaic/session/energy.h"

namespace mosaic::cli {

/// Declares --meter.
void declare_meter(CLI::App& app, std::string& meter);

/// Energy of a run that nothing measured: a simulated board's, or computed from the powers in a real one's file.
struct ComputedEnergy {
  Joules of_run;
  bool simulated = false;
};

/// The energy of a run, every key with its unit; where nothing was measured, what was computed instead, or why there is nothing.
[[nodiscard]] Json energy_json(const std::optional<RunEnergy>& energy, const EnergyProbe& probe,
                               const std::optional<ComputedEnergy>& computed = std::nullopt);

/// The same in a line.
[[nodiscard]] std::string energy_text(const std::optional<RunEnergy>& energy, const EnergyProbe& probe,
                                      const std::optional<ComputedEnergy>& computed = std::nullopt);

/// "812 mJ +- 2.1 %".
[[nodiscard]] std::string energy_with_error(const Energy& energy);

/// "1 mW", "61 uJ".
[[nodiscard]] std::string resolution_text(const MeterInfo& meter);

}  // namespace mosaic::cli
