#pragma once

// What others measured on a board, as tables: the truth behind `Replay`, and what estimators are given a part of.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "mosaic/base/units.h"

namespace mosaic::tables {

/// A device at a clock, as the tables name it: a letter, and indices of operating points, lowest first.
struct Point {
  char device = 'B';
  int clock = 0;
  std::optional<int> host;  ///< of the clock of the cluster that drives the device; none for a device that drives itself

  friend auto operator<=>(const Point&, const Point&) = default;
};

/// "B7"; "G4+6" for a device at point 4 whose host is at point 6.
[[nodiscard]] std::string name(const Point& point);

/// What a row of a table of layers measures.
enum class Metric : std::uint8_t {
  kInput,   ///< loading the network's input
  kTask,    ///< the layer
  kOutput,  ///< handing the network's output over
  kFill,    ///< entering an accelerator: converting and copying its input
  kFetch,   ///< running the layer on an accelerator and fetching its output
};

/// A time, and the power of the whole board over it where that was measured.
struct Sample {
  Milliseconds time{};
  std::optional<Watts> power;
};

/// A hand-over before layer `cut`.
struct Hop {
  std::size_t cut = 0;
  char from = 'B';
  char to = 'B';

  friend auto operator<=>(const Hop&, const Hop&) = default;
};

/// One network as one profile measured it. Immutable once read.
struct Network {
  std::string name;
  std::string set;  ///< folder of the tables below the one that was read; empty for that itself
  std::size_t layers = 0;
  std::map<std::pair<Metric, std::size_t>, std::map<Point, Sample>> samples;  ///< by metric and layer
  std::map<Hop, Milliseconds> transfers;

  [[nodiscard]] std::optional<Sample> find(Metric metric, std::size_t layer, const Point& point) const;

  /// Every point at which a layer was measured, in order.
  [[nodiscard]] std::set<Point> points() const;
};

/// The point that someone means who leaves a clock out, or names one the device does not have: the same point if it is among the `known`; else the
/// only one with the same clock (where no host is given) or the same host; else `point`.
[[nodiscard]] Point match(const std::set<Point>& known, const Point& point);

/// A whole network, run with a device and a clock for every layer, and what it really took. Input and layers; the output is not in it.
struct MeasuredRun {
  std::string order;  ///< the device of each layer
  std::vector<Point> points;
  Milliseconds time{};
  Joules energy{};
  std::optional<Milliseconds> published_time;  ///< what those who measured it had predicted
  std::optional<Joules> published_energy;
};

/// Runs of one network.
struct MeasuredRuns {
  std::string network;
  std::string set;
  std::vector<MeasuredRun> runs;
  std::size_t unfinished = 0;  ///< rows without a measured time or energy, left out
};

/// Time that a device's clock takes to change, by letter and points.
using Switching = std::map<std::tuple<char, int, int>, Milliseconds>;

/// All tables of a folder.
struct Tables {
  std::vector<Network> networks;
  std::vector<MeasuredRuns> runs;
  Switching switching;
  std::vector<std::string> ignored;  ///< files in no known form
};

/// The profile that runs belong to: of the same name in the same set, else of the same name anywhere, else the only one whose name begins with the
/// runs' name in lower or upper case. Null where there is none.
[[nodiscard]] const Network* profile_of(const Tables& tables, const MeasuredRuns& runs);

}  // namespace mosaic::tables
