#pragma once

#include <cstddef>
#include <map>
#include <span>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/evaluation/rk3399pro/estimator.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"

namespace mosaic::tables {

/// What something took. Energy is the whole board's, power times time.
struct Spent {
  Milliseconds time{};
  Joules energy{};

  Spent& operator+=(const Spent& other);
  friend Spent operator+(Spent a, const Spent& b) { return a += b; }
};
[[nodiscard]] Spent spend(Milliseconds time, Watts power);

/// What a run of a network is made of.
struct Parts {
  Spent input;
  std::map<char, Spent> layers;  ///< by device
  Spent transfers;               ///< hand-overs between devices; entering and leaving an accelerator
  Spent hops;                    ///< a millisecond for each change of device: what a constant for each is multiplied with
  Spent output;

  /// As a whole network is measured: input, layers, transfers.
  [[nodiscard]] Spent total() const;
};

/// Time of handing over what crosses `hop.cut`. Where the table has none for this pair, the mean of the pair's other cuts, else of all pairs that are
/// known at this cut, else of all; 0 in a table without any, and within a device. A device with its own memory (N) is reached through its host: what
/// it takes to get in and out is its own, so between it and a cluster of cores nothing is added, between it and the GPU the GPU's way to the host.
[[nodiscard]] Milliseconds transfer_time(const Network& network, const Hop& hop, char host = 'B');

/// Power of a sample; where it was not measured, the layer's power there, else the mean power of the device's other layers at that point.
[[nodiscard]] std::optional<Watts> power_of(const Network& network, const Samples& samples, Metric metric, std::size_t layer, const Point& point);

/// Adds up what a run takes, layer by layer: loading the input on the first layer's device, the layers, hand-overs where the device changes. Entering
/// a device that has fill rows costs those of the first layer there; leaving it what its run-and-fetch row of the last layer takes beyond the layer.
/// A hand-over draws the mean power of the layers before and after it. Errors: kUnsupported, naming the layer and the point that `samples` know
/// nothing of. Requires: a point for each layer.
[[nodiscard]] Result<Parts> break_down(const Network& network, const Samples& samples, std::span<const Point> points);

}  // namespace mosaic::tables
