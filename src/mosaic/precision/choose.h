#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mosaic/cost/time_and_energy.h"
#include "mosaic/precision/forms.h"

namespace mosaic::precision {

/// What the layers of a network take and spoil in each form.
struct FormTable {
  struct Entry {
    double microseconds = 0;
    double noise = 0;  ///< of the outputs, by their signal, when this layer alone is not in float; 0 in float
  };
  std::vector<std::array<std::optional<Entry>, kForms.size()>> layers;  ///< [layer][form]; none: it has no such form
  std::vector<double> conversion;  ///< microseconds, where one side of a cut is in float and the other not; [cut], the ends included and 0
};

/// A form for each layer, and what the table says of it: times and conversions added up, and noise added up, as that of independent sources adds.
struct Assignment {
  std::vector<Form> forms;
  double microseconds = 0;
  double noise = 0;

  friend bool operator==(const Assignment&, const Assignment&) = default;
};

/// Requires: the table has these forms.
[[nodiscard]] Assignment assess(const FormTable& table, std::vector<Form> forms);

/// The table as costs of chains: forms are configurations, float and int8 are places, conversions are hops between them, and noise stands where
/// chains have energy. Times are in units of a 20,000th of the float network's, noise in units of a millionth of the largest noise of a layer,
/// rounded up, so that little noise is never none.
[[nodiscard]] TimeAndEnergy chain_costs(const FormTable& table);

/// All assignments that no other one beats in both time and noise, in the units of `chain_costs`: the planner's exact front. Ascending time,
/// descending noise; the last one is without noise. Requires: every layer has the float form; at least one layer.
[[nodiscard]] std::vector<Assignment> precision_front(const FormTable& table);

/// At most `count` assignments worth trying, the least noisy first: one half those that save evenly spread shares of the most that any saves, with as
/// little noise as that allows; the others between these, the fastest of evenly spread decibels of noise. Only such as promise to be at least
/// `least_speedup` times as fast as float. Requires: a front.
[[nodiscard]] std::vector<Assignment> candidates(const std::vector<Assignment>& front, double float_microseconds, double least_speedup,
                                                 std::size_t count);

/// What a change between float and int8 takes, from whole networks with alternating forms: `extra` microseconds over the sum of their layers, with
/// `changes` of them, where `kib` KiB lay at the cuts: the line extra = fixed * changes + by_kib * kib of least squares, with neither below 0.
struct Alternation {
  double changes = 0;
  double kib = 0;
  double extra = 0;
};
struct ConversionCost {
  double fixed = 0;   ///< microseconds
  double by_kib = 0;  ///< microseconds
};
[[nodiscard]] ConversionCost fit_conversions(std::span<const Alternation> alternations);

}  // namespace mosaic::precision
