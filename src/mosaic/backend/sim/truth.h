#pragma once

// The truth about a simulated board. Tests use it as an oracle; nothing that estimates or plans may. Not installed.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/board/board.h"
#include "mosaic/graph/graph.h"

namespace mosaic::sim {

/// How fast a device is with one kind of operator.
struct Speed {
  double gmacs = 1;   ///< giga multiply-accumulates a second, one core at the highest clock
  double gbytes = 4;  ///< gigabytes a second of weights and activations
};

/// What a simulated device really does.
struct DeviceTruth {
  std::map<std::string, Speed> speeds;  ///< by the main operator of a layer; "default" for all others
  double parallel_share = 0.95;         ///< Amdahl: share of the work that more cores speed up
  double memory_bound_share = 0;        ///< share of the time that a lower clock does not lengthen
  double layer_us = 1;                  ///< launching a layer
  double enter_us = 5;                  ///< beginning a slice ...
  double enter_gbytes = 10;             ///< ... and taking in its tensors
  double fusion_share = 0;              ///< share of a layer's memory traffic that is spared where the layer before is in the same slice
  Bytes cache{};                        ///< slices whose weights exceed it pay for them at `miss_share` more
  double miss_share = 0;
  double slow_down = 1;                      ///< every time is multiplied by this
  std::vector<std::string> lacks;            ///< operators it refuses, whatever the board file admits
  std::optional<Bytes> memory;               ///< a slice that needs more fails to compile
  std::optional<std::int64_t> fail_at_call;  ///< the k-th run on the device fails, counted from 1
};

struct LinkTruth {
  double us = 10;
  double gbytes = 5;
};

/// The `simulation` part of a board file.
struct Truth {
  std::uint64_t seed = 1;
  double noise_percent = 1;                                        ///< deviation of a single time
  std::vector<DeviceTruth> devices;                                ///< as Board::devices
  std::map<std::pair<std::size_t, std::size_t>, LinkTruth> links;  ///< by device; caller = number of devices
  LinkTruth default_link;

  /// Errors: kInvalidInput, with the key.
  [[nodiscard]] static Result<Truth> parse(const Board& board);

  /// Time of a slice without noise.
  [[nodiscard]] Microseconds slice_time(const Graph& graph, const Board& board, std::span<const LayerId> layers, ConfigurationId configuration) const;

  /// Time to bring bytes from one device (or the caller) to another, without noise; zero within one device.
  [[nodiscard]] Microseconds link_time(std::size_t from, std::size_t to, Bytes bytes) const;
};

}  // namespace mosaic::sim
