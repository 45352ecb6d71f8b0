#include "mosaic/session/clock_changes.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "mosaic/session/board_clocks.h"

namespace mosaic {
namespace {

/// A clock of the machine as the board uses it.
struct Use {
  std::vector<std::string> devices;
  std::vector<std::optional<Hertz>> clocks;  // each once
};

/// By index of the domain. Errors: those of `clock_domains_of`.
Result<std::map<std::size_t, Use>> find_uses(const Board& board, const std::vector<ClockDomain>& domains) {
  std::map<std::size_t, Use> uses;
  for (const Device& device : board.devices) {
    if (!names_clocks(device)) continue;
    MOSAIC_TRY(const std::vector<std::size_t> indices, clock_domains_of(device, domains));
    for (const std::size_t index : indices) {
      Use& use = uses[index];
      use.devices.push_back(device.name);
      for (const OperatingPoint& point : device.points) {
        if (std::ranges::find(use.clocks, point.clock) == use.clocks.end()) use.clocks.push_back(point.clock);
      }
    }
  }
  std::erase_if(uses, [](const auto& each) { return each.second.clocks.size() < 2; });
  return uses;
}

/// Microseconds.
Result<double> time_to_set(ClockControl& control, const std::string& domain, std::optional<Hertz> clock, const std::stop_token& stop) {
  const auto begin = std::chrono::steady_clock::now();
  MOSAIC_RETURN_IF_ERROR(control.acquire(domain, clock, stop));
  const Microseconds took = std::chrono::steady_clock::now() - begin;
  control.release(domain);
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while timing changes of clocks");
  return took.count();
}

/// There and back again, between each two clocks.
Result<ClockChangeSamples> measure_domain(ClockControl& control, const std::string& domain, const Use& use, const ClockChangeOptions& options) {
  ClockChangeSamples samples{.domain = domain, .devices = use.devices, .changes = {}};
  for (std::size_t a = 0; a < use.clocks.size(); ++a) {
    for (std::size_t b = a + 1; b < use.clocks.size(); ++b) {
      ClockChangeSamples::Change there{.from = use.clocks[a], .to = use.clocks[b], .microseconds = {}};
      ClockChangeSamples::Change back{.from = use.clocks[b], .to = use.clocks[a], .microseconds = {}};
      MOSAIC_RETURN_IF_ERROR(time_to_set(control, domain, use.clocks[a], options.stop));
      for (std::size_t i = 0; i < options.repetitions; ++i) {
        MOSAIC_TRY(const double forth, time_to_set(control, domain, use.clocks[b], options.stop));
        MOSAIC_TRY(const double home, time_to_set(control, domain, use.clocks[a], options.stop));
        there.microseconds.push_back(forth);
        back.microseconds.push_back(home);
      }
      samples.changes.push_back(std::move(there));
      samples.changes.push_back(std::move(back));
    }
  }
  return samples;
}

}  // namespace

Result<std::vector<ClockChangeSamples>> measure_clock_changes(const Board& board, const Sysfs& sysfs, const std::filesystem::path& state,
                                                              const ClockChangeOptions& options) {
  std::vector<ClockChangeSamples> samples;
  if (board.simulated() || std::ranges::none_of(board.devices, names_clocks)) return samples;
  MOSAIC_TRY(const auto control, ClockControl::open(sysfs, state, options.remark));
  MOSAIC_TRY(const auto uses, find_uses(board, control->domains()));
  for (const auto& [index, use] : uses) {
    if (options.progress) options.progress(static_cast<double>(samples.size()) / static_cast<double>(uses.size()));
    auto measured = measure_domain(*control, control->domains()[index].name, use, options);
    if (!measured) return std::unexpected(measured.error());
    samples.push_back(*std::move(measured));
  }
  MOSAIC_RETURN_IF_ERROR(ClockControl::rest_all());
  return samples;
}

}  // namespace mosaic
