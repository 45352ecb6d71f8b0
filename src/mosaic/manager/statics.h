#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/manager/policy.h"

namespace mosaic::manager {

/// The placement on which a level takes least, of those that may be used; none where there is none.
[[nodiscard]] std::optional<std::size_t> fastest_placement(const Situation& situation, const Application& application, std::size_t level);

/// By domain: the level that operations need, the lowest where none does.
[[nodiscard]] std::vector<std::size_t> clocks_of(const Machine& machine, const std::vector<std::optional<Operation>>& operations);

/// What Linux does with clocks.
enum class Governor : std::uint8_t {
  kPerformance,  ///< the highest
  kPowersave,    ///< the lowest
  kOndemand,     ///< the highest where the units were busy for 80 % of the last period, else in proportion
  kSchedutil,    ///< 1.25 times in proportion to how busy they were. Source: kernel/sched/cpufreq_schedutil.c
};
[[nodiscard]] std::string_view name(Governor governor);

/// One network for each application, on the device where it is fastest, at the clock that a governor sets.
class StaticPolicy final : public Policy {
 public:
  /// Which level, of how many.
  enum class Size : std::uint8_t { kSmallest, kLargest };

  StaticPolicy(Size size, Governor governor) : size_(size), governor_(governor) {}
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] Assignment step(const Situation& situation) override;

 private:
  /// How busy the units were since the last period.
  void measure(const Situation& situation);

  /// The placement on the same units whose clock the governor would set.
  [[nodiscard]] std::size_t governed(const Situation& situation, const Application& application, const Operation& fastest) const;

  Size size_;
  Governor governor_;
  std::vector<double> busy_;  ///< by unit: share of the last period, had it run at the highest clock
  Nanoseconds last_{};
};

}  // namespace mosaic::manager
