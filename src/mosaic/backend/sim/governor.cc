#include "mosaic/backend/sim/governor.h"

#include <algorithm>
#include <map>

namespace mosaic::sim {
namespace {

/// A governed device's clock between two looks of the governor.
struct State {
  std::vector<double> hertz = {};  // of the clocks it chooses from
  std::size_t clock = 0;
  Microseconds busy{};  // since the last look
};

/// The clock for the next period, from the load of the last.
std::size_t next_clock(const Governor& governor, const std::vector<double>& hertz, double load) {
  if (load > governor.up_threshold) return hertz.size() - 1;
  const double wanted = hertz.front() + load * (hertz.back() - hertz.front());
  const auto found = std::ranges::lower_bound(hertz, wanted);
  return std::min(static_cast<std::size_t>(found - hertz.begin()), hertz.size() - 1);
}

class GovernedRun {
 public:
  GovernedRun(const Governor& governor, std::span<const GovernedSlice> slices) : governor_(governor) {
    for (const GovernedSlice& slice : slices) {
      if (!slice.hertz.empty()) states_.emplace(slice.device, State{.hertz = slice.hertz});
    }
  }

  Spent execute(const GovernedSlice& slice) {
    pass(slice.before, nullptr);
    const auto governed = states_.find(slice.device);
    if (slice.hertz.empty()) {
      pass(slice.at.front().time, governed == states_.end() ? nullptr : &governed->second);
      return slice.at.front();
    }
    State& state = governed->second;
    Spent spent;
    double left = 1;
    while (left > 0) {
      const Spent& whole = slice.at[state.clock];
      const Microseconds to_end = whole.time * left;
      if (to_end.count() <= 0) break;
      const Microseconds step = std::min(to_end, until_look_);
      const double share = step / whole.time;
      spent.time += step;
      spent.energy += Joules{whole.energy.value * share};
      left = step == to_end ? 0 : left - share;
      pass(step, &state);
    }
    return spent;
  }

 private:
  /// Lets time go by, with one device busy or none, and the governor look whenever a period is over.
  void pass(Microseconds time, State* busy) {
    while (time.count() > 0) {
      const Microseconds step = std::min(time, until_look_);
      if (busy != nullptr) busy->busy += step;
      time -= step;
      until_look_ -= step;
      if (until_look_.count() <= 0) look();
    }
  }

  void look() {
    for (auto& [device, state] : states_) {
      state.clock = next_clock(governor_, state.hertz, state.busy / governor_.period);
      state.busy = Microseconds(0);
    }
    until_look_ = governor_.period;
  }

  const Governor& governor_;
  std::map<std::size_t, State> states_;  // by device, of those that have a governed slice
  Microseconds until_look_ = governor_.period;
};

}  // namespace

std::vector<Spent> govern(const Governor& governor, std::span<const GovernedSlice> slices) {
  GovernedRun run(governor, slices);
  std::vector<Spent> spent;
  for (const GovernedSlice& slice : slices) spent.push_back(run.execute(slice));
  return spent;
}

}  // namespace mosaic::sim
