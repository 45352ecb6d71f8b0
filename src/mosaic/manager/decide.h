#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/manager/application.h"
#include "mosaic/manager/machine.h"

namespace mosaic::manager {

/// What to have more of once targets are kept.
enum class Prefer : std::uint8_t { kAccuracy, kEnergy };

struct Rules {
  double reach = 0.97;        ///< a prediction may take this share of a latency target
  double keep = 1;            ///< ... and this one where the application runs so already, so that it does not go to and fro
  double utilisation = 0.85;  ///< share of time that a unit may be busy
  Prefer prefer = Prefer::kAccuracy;
  std::optional<Bytes> memory;       ///< for all applications together
  std::size_t most_nodes = 100'000;  ///< of the search, which then gives the best it has seen
};

/// One way to serve an application, with what it costs now.
struct Option {
  Operation operation;
  Nanoseconds latency{};  ///< units are held so long
  Joules energy;
  double accuracy_percent = 0;
  Bytes memory;
  Nanoseconds delay{};  ///< before that, while nothing is held
};

/// An application and all its ways.
struct Demand {
  int priority = 0;
  Targets targets;
  Nanoseconds period{};
  std::vector<Option> options;
  std::optional<std::size_t> current;  ///< option that it runs by
};

/// How good a set of choices is, the smaller the better, in this order. Sums over applications.
struct Cost {
  std::uint64_t missed = 0;   ///< targets not kept; one of a higher priority weighs more than all of lower ones
  std::uint64_t excess = 0;   ///< by how much: latency in thousandths of its target, to the tenth; accuracy in thousandths of a per cent
  std::uint64_t first = 0;    ///< accuracy given away (thousandths of a per cent), or power (microwatts): as preferred
  std::uint64_t second = 0;   ///< the other one
  std::uint64_t changed = 0;  ///< applications that would run otherwise than now

  friend auto operator<=>(const Cost&, const Cost&) = default;
  constexpr Cost& operator+=(const Cost& other) {
    missed += other.missed, excess += other.excess, first += other.first, second += other.second, changed += other.changed;
    return *this;
  }
  friend constexpr Cost operator+(Cost a, const Cost& b) { return a += b; }
};

/// For one application: an option, or none: its requests are refused.
using Choice = std::optional<std::size_t>;

struct Decision {
  std::vector<Choice> choices;  ///< by application
  Cost cost;
  bool proved = true;     ///< nothing better keeps the rules
  std::size_t nodes = 0;  ///< of the search
};

/// The best choice of an option for every application: first resources and clock, and with each the best level. Several may share units: a unit is
/// held by one request at a time, so that a request may wait for one of each application that shares its units. Hard rules: clocks agree, no unit is
/// busier than allowed, memory. Exact, by branch and bound over applications by priority, with options in the order of their own cost and the sum of
/// the best remaining ones as bound; of what costs the same, what shares no units if that is found first. At most 32 applications; beyond eight
/// different priorities the lowest ones count as one. Pure.
[[nodiscard]] Decision decide(const Machine& machine, std::span<const Demand> demands, const Rules& rules);

/// The cost of given choices; none where they break a hard rule. Requires: as many as demands; valid indices.
[[nodiscard]] std::optional<Cost> judge(const Machine& machine, std::span<const Demand> demands, const Rules& rules, std::span<const Choice> choices);

/// Which of its targets an option keeps by itself.
struct Kept {
  bool latency = true;
  bool accuracy = true;
  bool budget = true;  ///< energy, power and the rate of requests

  [[nodiscard]] bool all() const { return latency && accuracy && budget; }
};
[[nodiscard]] Kept kept(const Demand& demand, std::size_t option, const Rules& rules);

}  // namespace mosaic::manager
