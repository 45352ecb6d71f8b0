#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/cost/paper.h"
#include "mosaic/graph/graph.h"

namespace mosaic {

/// What MOSAIC's own profiler measures of a network on a board (Han et al., PACT 2019, section V.A), for comparison with `Profiler`, which measures
/// layers between their neighbours.
struct AloneProfile {
  std::vector<paper::DeviceProfile> devices;                 ///< as Board::devices
  std::vector<std::vector<ConfigurationId>> configurations;  ///< [device][clock], ascending clocks: what the profiles' clocks are on the board
  std::vector<paper::LayerSizes> sizes;                      ///< [layer]
};

/// Points of the communication micro-benchmark, for figure 7: what one cut costs, half of it for handing out, half for taking in.
struct CommunicationSample {
  Bytes bytes;
  Microseconds time{};
  Joules energy;
};

/// The micro-benchmark on one configuration: two small layers with tensors of 16 KiB to 4 MiB between them, run as one slice and as two; the
/// difference is what the cut costs, and half of it is given to each side. Means of `repeats` runs. Errors: the backend's; kDevice where it has no
/// meter.
[[nodiscard]] Result<std::vector<CommunicationSample>> measure_communication(const Board& board, Backend& backend, ConfigurationId configuration,
                                                                             std::size_t repeats);

/// Runs each layer alone on each device at its highest and lowest clock, `repeats` times; the micro-benchmark at every clock of what is not made of
/// cores; static power once for each clock. Operating points whose clock is left to the system are passed over where the device has others. Only the
/// mean of what the backend's runs report is used. Errors: kUnsupported for a layer that no device can run; kDevice where a backend has no meter; the
/// backend's own.
[[nodiscard]] Result<AloneProfile> profile_alone(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board,
                                                 const Backends& backends, std::size_t repeats = 20);

}  // namespace mosaic
