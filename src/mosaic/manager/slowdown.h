#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "mosaic/base/units.h"

namespace mosaic::manager {

/// How many times longer requests take than they do alone, and what the system takes before they begin, learnt from those that ran: what others on
/// the machine, heat and wrong tables come to. A high quantile of recent ratios, so that a target holds for nearly all requests; where the last few
/// all lie clearly on one side of it, the older ones are forgotten: load that comes or goes is believed after a handful of requests, but not for a
/// single slice of a scheduler's time, in which short requests come in dozens. Thread-compatible.
class Slowdown {
 public:
  struct Options {
    std::size_t window = 40;                 ///< ratios that count, or
    Nanoseconds window_time{2'000'000'000};  ///< all of so long, where these are more,
    std::size_t most_kept = 2'000;           ///< but no more
    std::size_t few = 4;                     ///< that agree for a change to be believed, or
    Nanoseconds few_time{40'000'000};        ///< all of so long, where these are more
    double quantile = 0.96;                  ///< of the window: 95 % on time, changes of load included, take some more
    double change = 1.25;                    ///< between what was and what the few say
    double most = 50;                        ///< a single ratio counts as no more
  };

  explicit Slowdown(const Options& options) : options_(options) {}
  Slowdown() : Slowdown(Options{}) {}

  /// A request that took `measured`, until `now`, `delay` before it not counted, and would have taken `alone`. Requires: alone > 0; `now` does not go
  /// back.
  void observe(Nanoseconds alone, Nanoseconds measured, Nanoseconds now, Nanoseconds delay = {});

  /// 1 before anything was observed.
  [[nodiscard]] double factor() const;
  /// Of the median request; that of the guess before anything was observed.
  [[nodiscard]] double typical() const;
  /// What is to be added to `factor` times the last request's time alone for the quantile of delay and time together; 0 before anything was observed.
  [[nodiscard]] Nanoseconds delay() const;
  /// How far nearly all requests may lie above the median one, as a share of it; none while too few were seen to tell.
  [[nodiscard]] std::optional<double> spread() const;

  [[nodiscard]] std::size_t observed() const { return ratios_.size(); }

  /// Forgets all but starts from a guess, say from what else runs there; the first observation replaces it.
  void expect(double factor);

 private:
  struct Ratio {
    double value;
    Nanoseconds at;
    Nanoseconds delay;
  };
  [[nodiscard]] std::vector<double> values(std::size_t last) const;

  Options options_;
  std::deque<Ratio> ratios_;
  Nanoseconds alone_{};                       ///< of the last request
  double guess_ = 1;                          ///< where there are none
  mutable std::optional<double> factor_;      ///< of the ratios, once it was asked for
  mutable std::optional<Nanoseconds> delay_;  ///< likewise
};

}  // namespace mosaic::manager
