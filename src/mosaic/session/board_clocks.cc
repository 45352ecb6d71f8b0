#include "mosaic/session/board_clocks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace mosaic {
namespace {

std::string names_of(const std::vector<ClockDomain>& domains) {
  std::vector<std::string> names;
  for (const ClockDomain& each : domains) names.push_back(each.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

class BoardClocks final : public ClockSetter {
 public:
  BoardClocks(Sysfs sysfs, std::filesystem::path state, ClockControl::Remark remark)
      : sysfs_(std::move(sysfs)), state_(std::move(state)), remark_(std::move(remark)) {}

  Result<void> check(const Board& board, DeviceId id) const override {
    const Device& device = board.device(id);
    const std::vector<ClockDomain> domains = discover_clocks(sysfs_);
    MOSAIC_TRY(const std::vector<std::size_t> indices, clock_domains_of(device, domains));
    for (const std::size_t index : indices) {
      const ClockDomain& domain = domains[index];
      if (!domain.writable) {
        return fail(ErrorCode::kDevice,
                    fmt::format("device '{}': the clock {} cannot be set: run as root, or give your group the right with the udev "
                                "rule of docs/energy.md",
                                device.name, sysfs_.path(domain.folder / domain.read_only).string()));
      }
      for (const OperatingPoint& point : device.points) {
        if (!point.clock) continue;
        if (auto clock = domain.find(*point.clock); !clock) return within(fmt::format("device '{}'", device.name), clock.error());
      }
    }
    return {};
  }

  Result<void> acquire(const Board& board, ConfigurationId configuration, const std::stop_token& stop) override {
    MOSAIC_TRY(const auto control, open());
    const Device& device = board.device_of(configuration);
    MOSAIC_TRY(const std::vector<std::size_t> indices, clock_domains_of(device, control->domains()));
    for (std::size_t i = 0; i < indices.size(); ++i) {
      auto acquired = control->acquire(control->domains()[indices[i]].name, board.point_of(configuration).clock, stop);
      if (acquired) continue;
      while (i-- > 0) control->release(control->domains()[indices[i]].name);
      return within(fmt::format("device '{}'", device.name), acquired.error());
    }
    return {};
  }

  void release(const Board& board, ConfigurationId configuration) override {
    const auto control = open();
    if (!control) return;
    const auto indices = clock_domains_of(board.device_of(configuration), (*control)->domains());
    if (!indices) return;
    for (const std::size_t index : *indices) (*control)->release((*control)->domains()[index].name);
  }

  void restore() override {
    const std::scoped_lock lock(mutex_);
    control_.reset();
  }

 private:
  Result<std::shared_ptr<ClockControl>> open() {
    const std::scoped_lock lock(mutex_);
    if (control_ == nullptr) {
      MOSAIC_TRY(control_, ClockControl::open(sysfs_, state_, remark_));
    }
    return control_;
  }

  const Sysfs sysfs_;
  const std::filesystem::path state_;
  const ClockControl::Remark remark_;
  std::mutex mutex_;
  std::shared_ptr<ClockControl> control_;
};

}  // namespace

Result<std::vector<std::size_t>> clock_domains_of(const Device& device, const std::vector<ClockDomain>& domains) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("device '{}' names a clock, and {}: leave clocks out of its operating points", device.name, why));
  };
  if (domains.empty()) return refuse("this machine shows no clocks (neither cpufreq nor devfreq)");
  if (!device.clock_domain.empty()) {
    const auto found = std::ranges::find(domains, device.clock_domain, &ClockDomain::name);
    if (found == domains.end()) return refuse(fmt::format("this machine has no clock domain '{}', but {}", device.clock_domain, names_of(domains)));
    return std::vector{static_cast<std::size_t>(found - domains.begin())};
  }
  std::vector<std::size_t> indices = domains_of(domains, device.cores);
  if (indices.empty()) return refuse(fmt::format("no clock domain is known to be its own; give it 'clock_domain', one of {}; or", names_of(domains)));
  return indices;
}

std::shared_ptr<ClockSetter> make_clock_setter(Sysfs sysfs, std::filesystem::path state, ClockControl::Remark remark) {
  return std::make_shared<BoardClocks>(std::move(sysfs), std::move(state), std::move(remark));
}

}  // namespace mosaic
