#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "mosaic/manager/policy.h"
#include "mosaic/manager/slowdown.h"

namespace mosaic::manager {

/// The run-time manager: predicts what every application would take on every placement, from the table made ahead times a slowdown, and takes the
/// best choice for all of them together (`decide`). The slowdown is what an even scheduler makes of the load of others, times what is learnt from
/// requests on those units and, where the load of others is known, on all that are alike, so that what a host does now and then to any core moves
/// nothing from one to the next, unless the median request differs there for long; where none ran, times what is learnt elsewhere, for heat and wrong
/// tables meet all. It changes at once for what an event brings, where the load of others changed or most requests are late; where only a prediction
/// misses a target, once it has missed it by enough, summed over periods in a row (a cumulative sum, Page 1954): by little for long or by much for a
/// moment; where targets are kept, only for a gain that many periods promise, few where the load of others became less shortly before, and after a
/// gain that was lost again, twice as many each time. Source of the three layers and the order of knobs: Xun et al., "Dynamic DNNs meet runtime
/// resource management" (arXiv 2401.08965). Thread-compatible.
class Manager final : public Policy {
 public:
  struct Options {
    Rules rules;
    std::size_t patience = 3;             ///< periods that a gain must last where the load of others became less shortly before
    std::size_t calm_patience = 20;       ///< ... where nothing is known to have changed
    std::size_t most_patience = 96;       ///< ... where gains kept being taken back
    double enough = 0.5;                  ///< a prediction must miss a target by so much, as a share, summed over periods
    double most_reluctance = 4;           ///< ... where such changes follow each other: twice as much each time
    double least_gain = 0.02;             ///< of power, as a share; of accuracy, in points
    Nanoseconds easing{2'000'000'000};    ///< the load of others became less so shortly ago
    Nanoseconds trusted{30'000'000'000};  ///< how long what was learnt on units holds when nothing runs there
    Nanoseconds together{2'000'000'000};  ///< what was learnt so much earlier than the newest on units that are alike does not count any more
    Nanoseconds regret{5'000'000'000};    ///< a gain that is lost so soon was none
    Nanoseconds apart{5'000'000'000};     ///< units that differ from those alike for so long speak for themselves
    /// Which operations there are to choose from; none: all. For what single knobs are worth.
    std::function<bool(const Situation&, const Application&, const Operation&)> allowed = {};
    std::function<double(Units, const std::vector<double>& others)> truth = {};  ///< of an oracle: the slowdown, which then is not learnt
  };

  explicit Manager(Options options) : options_(std::move(options)), reluctance_(options_.enough), patience_(options_.calm_patience) {}

  [[nodiscard]] std::string name() const override { return options_.truth ? "oracle" : "mosaic"; }
  [[nodiscard]] Assignment step(const Situation& situation) override;

  /// Of the last call: whether its choice was proved the best one, and the search's nodes.
  [[nodiscard]] bool proved() const { return proved_; }

 private:
  /// About a set of units.
  struct Learnt {
    Slowdown slowdown;      ///< beyond what the load of others explains
    double contention = 1;  ///< what that load explained when the last request ended
    Nanoseconds last{};
    std::optional<Nanoseconds> apart;  ///< since when requests take clearly more or less here than on units that are alike
    Nanoseconds compared{};            ///< with them, last
  };

  void learn(const Situation& situation);
  /// When the load of others last changed on one of them.
  [[nodiscard]] Nanoseconds load_since(Units units) const;
  struct Expected {
    double slowdown = 1;  ///< times as long as in the table
    Nanoseconds delay{};  ///< before it begins
  };
  /// Of a request on these units now.
  [[nodiscard]] Expected expected(const Situation& situation, Units units) const;
  /// About these units and those that are alike and loaded alike.
  [[nodiscard]] std::vector<const Learnt*> known_of(const Situation& situation, Units units, double contention) const;
  /// Leaves those where requests ended last.
  void keep_newest(std::vector<const Learnt*>& all) const;
  void tell_apart(const Situation& situation);
  /// Was seen to be for so long that it is these units and no accident.
  [[nodiscard]] bool is_apart(const Learnt& learnt) const;
  /// The mean over these units and those that are alike, without those that are apart, of where requests ended last; none where nothing is known.
  [[nodiscard]] std::optional<Expected> learnt_on(const Situation& situation, Units units, double contention) const;
  /// How much nearer than promised a latency target may lie, as a share: little where times hardly vary; 1 where nothing is known.
  [[nodiscard]] double caution(Nanoseconds now) const;
  /// The factor beyond a contention.
  [[nodiscard]] static double learnt_of(const Learnt& learnt, double contention);
  [[nodiscard]] std::vector<Demand> demands(const Situation& situation) const;
  [[nodiscard]] static bool most_are_late(const Situation& situation);
  /// What is expected to be missed that would not be with the best choice; units that are too busy miss for all who share them.
  struct Missed {
    std::set<std::size_t> applications;
    double by = 0;  ///< the most: how late, as a share of the target, or how much too busy, as a share of what is allowed
  };
  [[nodiscard]] Missed needlessly_missed(const Situation& situation, std::span<const Demand> demands, std::span<const Choice> stay,
                                         std::span<const Choice> best) const;
  [[nodiscard]] bool is_better(const Cost& stay, const Cost& best) const;
  /// `stay`: none where units would be too busy.
  [[nodiscard]] bool should_change(const Situation& situation, const std::optional<Cost>& stay, const Cost& best, const Missed& missed);
  /// Within the time of regret.
  [[nodiscard]] bool is_recent(const Situation& situation, const std::optional<Nanoseconds>& instant) const;
  void remember_change(const Situation& situation, bool forced);
  [[nodiscard]] std::string explain(const Situation& situation, std::span<const Demand> demands, const Decision& decision,
                                    const std::string& cause) const;

  Options options_;
  std::map<Units, Learnt> learnt_;
  std::vector<std::optional<Operation>> operations_;
  std::vector<double> others_;           ///< at the last call
  std::vector<Nanoseconds> load_since_;  ///< by unit: when that last changed much
  bool load_changed_ = false;            ///< since the call before the last one
  std::optional<Nanoseconds> eased_;     ///< when it last became less on some unit
  std::size_t promised_ = 0;             ///< periods in a row in which something better was seen
  Missed missed_;                        ///< at the last call
  double evidence_ = 0;                  ///< by how much applications would be late, summed over periods in a row
  double reluctance_;                    ///< so much of it a change takes shortly after another one
  std::optional<Nanoseconds> forced_;    ///< when targets that would be missed last changed something
  std::size_t patience_;                 ///< periods that a gain must last where nothing is known to have changed
  std::optional<Nanoseconds> gained_;    ///< when the last gain was taken
  bool proved_ = true;
};

}  // namespace mosaic::manager
