#pragma once

// The truth about a simulated board. Tests use it as an oracle; nothing that estimates or plans may. Not installed.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/board/board.h"
#include "mosaic/graph/graph.h"

namespace mosaic::sim {

/// How fast a device is with one kind of operator, and what it draws.
struct Speed {
  double gmacs = 1;          ///< giga multiply-accumulates a second, one core at the highest clock
  double gbytes = 4;         ///< gigabytes a second of activations ...
  double weight_gbytes = 4;  ///< ... and of weights
  Watts power;               ///< dynamic, all cores at the highest clock
};

/// What no estimator knows of: how far the truth deviates from equations 3 and 5 and from a straight line by size. Shares (0.03: 3 %). Deviations
/// from the equations vanish where the equations hold by construction: those of times at the lowest and highest clock, those of power at the highest.
struct Deviations {
  double clock_mean = 0;   ///< of times between the extreme clocks, at its largest; negative: faster than eq. 3 says
  double clock_point = 0;  ///< deviation of what all layers at one clock share
  double clock_layer = 0;  ///< deviation of a single layer at one clock
  double power_mean = 0;   ///< of power, at the lowest clock
  double power_layer = 0;  ///< deviation of a single layer at one clock
  double hand_over = 0;    ///< deviation of single tensors
};

/// What a simulated device really does.
struct DeviceTruth {
  std::map<std::string, Speed> speeds;  ///< by operator; "PointwiseConv", "DepthwiseConv" and (beyond 3 x 3) "WideDepthwiseConv" apart if they stand
                                        ///< there; "default" for others
  double parallel_share = 0.95;         ///< Amdahl: share of the work that more cores speed up
  double memory_bound_share = 0;        ///< share of the time that a lower clock does not lengthen
  double layer_us = 1;                  ///< launching one operator with what is fused with it
  double enter_us = 5;                  ///< beginning a slice ...
  double enter_gbytes = 10;             ///< ... and taking in its tensors
  double leave_us = 0;                  ///< ending a slice ...
  double leave_gbytes = 0;              ///< ... and handing out its tensors; 0: takes no time
  Watts hand_over_power;                ///< dynamic, while tensors are taken in or handed out
  double fusion_share = 0;              ///< share of a layer's memory traffic that is spared where the layer before is in the same slice
  Bytes cache{};                        ///< slices whose weights exceed it pay for them at `miss_share` more
  double miss_share = 0;
  double slow_down = 1;  ///< every time is multiplied by this
  Watts static_power;    ///< at the highest voltage, while it works; falls with the voltage squared
  Deviations deviations;
  std::vector<std::string> lacks;            ///< operators it refuses, whatever the board file admits
  std::optional<Bytes> memory;               ///< a slice that needs more fails to compile
  std::optional<std::int64_t> fail_at_call;  ///< the k-th run on the device fails, counted from 1

  /// Of an operator, or the default.
  [[nodiscard]] const Speed& speed(const std::string& op) const;
};

struct LinkTruth {
  double us = 10;
  double gbytes = 5;
};

/// The system's governor, which sets the clock at operating points that leave it to the system: Linux's on-demand one. Every period each device's
/// load is its busy share of the last period; above the threshold it goes to the highest clock, else to the lowest one that is at least lowest + load
/// (highest - lowest). A run starts at the lowest clock, after a pause. Source: drivers/cpufreq/cpufreq_ondemand.c of Linux, od_update().
struct Governor {
  Microseconds period{20'000};
  double up_threshold = 0.8;
};

/// Time and the energy drawn in it, by the device that works.
struct Spent {
  Microseconds time{};
  Joules energy;
};

/// The `simulation` part of a board file.
struct Truth {
  std::uint64_t seed = 1;
  double noise_percent = 1;                                        ///< deviation of a single time
  double power_noise_percent = 0;                                  ///< deviation of a single power
  double richness = 1;                                             ///< multiplies all deviations: 0 makes a board that the equations describe
  std::optional<Governor> governor;                                ///< none: where nobody sets a clock, it is the highest
  std::vector<DeviceTruth> devices;                                ///< as Board::devices
  std::map<std::pair<std::size_t, std::size_t>, LinkTruth> links;  ///< by device; caller = number of devices
  LinkTruth default_link;

  /// Errors: kInvalidInput, with the key.
  [[nodiscard]] static Result<Truth> parse(const Board& board);

  /// Time and energy of a slice without noise. A clock that is left to the system is the highest.
  [[nodiscard]] Spent slice(const Graph& graph, const Board& board, std::span<const LayerId> layers, ConfigurationId configuration) const;
  [[nodiscard]] Microseconds slice_time(const Graph& graph, const Board& board, std::span<const LayerId> layers,
                                        ConfigurationId configuration) const {
    return slice(graph, board, layers, configuration).time;
  }

  /// Time to bring bytes from one device (or the caller) to another, without noise; zero within one device.
  [[nodiscard]] Microseconds link_time(std::size_t from, std::size_t to, Bytes bytes) const;

  /// What a device draws at a configuration while it is ready to work and does not.
  [[nodiscard]] Watts static_power(const Board& board, ConfigurationId configuration) const;
};

}  // namespace mosaic::sim
