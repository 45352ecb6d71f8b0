#include "mosaic/serving/load_maker.h"

#include <array>
#include <charconv>
#include <chrono>
#include <string>

#include "mosaic/base/affinity.h"

namespace mosaic {
namespace {

constexpr std::chrono::milliseconds kTurn{10};

/// The processor of a unit named "cpu3"; -1 for another one.
int processor_of(const std::string& unit) {
  int processor = -1;
  if (unit.starts_with("cpu")) {
    const auto [end, error] = std::from_chars(unit.data() + 3, unit.data() + unit.size(), processor);
    if (error != std::errc{} || end != unit.data() + unit.size()) return -1;
  }
  return processor;
}

/// Multiplies and adds in the first-level cache.
void compute_until(std::chrono::steady_clock::time_point end) {
  std::array<float, 1024> values{};
  volatile float sink = 0;
  while (std::chrono::steady_clock::now() < end) {
    for (float& each : values) each = each * 0.999F + 1;
    sink = sink + values[0];
  }
}

}  // namespace

LoadMaker::~LoadMaker() = default;  // its threads are asked to stop and waited for

void LoadMaker::set(const manager::Machine& machine, const std::vector<double>& shares) {
  for (std::size_t unit = 0; unit < shares.size(); ++unit) {
    const int processor = processor_of(machine.units[unit]);
    if (processor < 0 || (shares[unit] <= 0 && !workers_.contains(processor))) continue;
    auto& worker = workers_[processor];
    if (!worker) {
      worker = std::make_unique<Worker>();
      worker->thread = std::jthread([processor, &share = worker->share](const std::stop_token& stop) {
        pin_thread(std::array{processor});
        while (!stop.stop_requested()) {
          const auto begin = std::chrono::steady_clock::now();
          compute_until(begin + std::chrono::duration_cast<std::chrono::nanoseconds>(kTurn * share.load()));
          std::this_thread::sleep_until(begin + kTurn);
        }
      });
    }
    worker->share = shares[unit];
  }
}

}  // namespace mosaic
