#include "mosaic/session/energy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mosaic/power/clock_control.h"
#include "mosaic/power/meters.h"
#include "mosaic/runtime/quiet.h"

namespace mosaic {
namespace {

/// Why "auto" found nothing: the first meter that could not be read, if there is one.
std::string why_nothing_was_found(const Sysfs& sysfs) {
  const std::vector<FoundMeter> meters = find_meters(sysfs);
  if (meters.empty()) return "this machine has no meter";
  const auto broken = std::ranges::find_if(meters, [](const FoundMeter& each) { return each.problem.has_value(); });
  if (broken != meters.end()) return fmt::format("meter {}: {}", broken->info.name, *broken->problem);
  return fmt::format("the meters here feed parts of the board, and none was named, such as --meter {}", meters.front().info.name);
}

}  // namespace

Result<EnergyProbe> EnergyProbe::open(const std::string& meter, const Board& board, const std::stop_token& stop, const Sysfs& sysfs,
                                      std::shared_ptr<Timekeeper> time) {
  EnergyProbe probe;
  probe.automatic_ = meter == "auto";
  probe.options_.stop = stop;
  probe.time_ = time;
  if (meter == "none") {
    probe.why_none_ = "no meter was wanted";
  } else if (board.simulated()) {
    if (!probe.automatic_)
      return fail(ErrorCode::kInvalidInput, fmt::format("board '{}' is simulated: meter '{}' of this machine says nothing of it", board.name, meter));
    probe.why_none_ = "the board is simulated: no meter of this machine says anything of it";
  } else {
    auto opened = open_meter(meter, sysfs, std::move(time));
    if (!opened) {
      if (!probe.automatic_) return std::unexpected(opened.error());
      probe.why_none_ = opened.error().message;
      return probe;
    }
    probe.meter_ = *std::move(opened);
    if (probe.meter_ == nullptr) probe.why_none_ = why_nothing_was_found(sysfs);
  }
  return probe;
}

Result<std::optional<RunEnergy>> EnergyProbe::measure(const std::function<Result<void>()>& run) {
  if (!has_meter()) return std::nullopt;
  bool ran_well = true;
  const auto watched = [&]() -> Result<void> {
    auto ran = run();
    ran_well = ran.has_value();
    return ran;
  };
  const auto give_up = [&](Error error) -> Result<std::optional<RunEnergy>> {
    if (!automatic_ || !ran_well || error.code == ErrorCode::kCancelled) return std::unexpected(std::move(error));
    meter_ = nullptr;
    why_none_ = std::move(error.message);
    return std::nullopt;
  };
  if (!idle_) {
    // At rest the machine's clocks are the system's, not those of the plan that ran last.
    if (const auto rested = ClockControl::rest_all(); !rested) return give_up(rested.error());
    wait_until_quiet();
    auto idle = measure_idle(*meter_, idle_window(meter_->info(), options_), *time_, options_.stop);
    if (!idle) return give_up(idle.error());
    idle_ = *std::move(idle);
  }
  auto energy = measure_runs(*meter_, *idle_, watched, *time_, options_);
  if (!energy) return give_up(energy.error());
  return std::optional(*std::move(energy));
}

std::optional<Joules> modelled_energy(const RunReport& report, const Plan& plan, const Board& board) {
  Joules energy;
  for (const StepTimes& step : report.steps) {
    const auto configuration = board.find_configuration(plan.steps[step.step.index()].configuration);
    const auto& power = configuration ? board.point_of(*configuration).power : std::nullopt;
    if (!power) return std::nullopt;
    energy += *power * (step.transfer() + step.execute());
  }
  return energy;
}

}  // namespace mosaic
