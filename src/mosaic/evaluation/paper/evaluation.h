#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/board/board.h"
#include "mosaic/evaluation/paper/results.h"

namespace mosaic::evaluation {

struct PaperOptions {
  std::uint64_t seed = 1;
  std::size_t random_plans = 1000;
  std::size_t repeats = 10;      ///< runs of each plan
  bool fitted = false;           ///< whether the board's truth was fitted to the paper, see PaperResults
  std::filesystem::path folder;  ///< finished networks are kept here and not evaluated again; empty: nothing is kept
  std::stop_token stop;
  std::function<void(std::string_view what, double share)> progress;  ///< share of everything, 0 to 1
};

/// Time that planning one network takes on this machine, best of many runs (figures 16 and 17).
struct PlanningTimes {
  std::string key;
  bool energy = false;  ///< for eq. 7's devices, else for eq. 6's
  std::size_t layers = 0;
  std::size_t configurations = 0;
  Microseconds algorithm1{};
  Microseconds chain{};
  bool same_cost = false;  ///< to the last bit
};

/// The whole exact front of time and energy of one network with all of eq. 7's devices, and what finding it took on this machine.
struct FrontTime {
  std::string key;
  std::size_t layers = 0;
  std::size_t configurations = 0;
  std::size_t points = 0;
  bool complete = false;  ///< proved
  Milliseconds time{};
};

/// Of all that the results of any network depend on: the board as its file writes it, so with the limits, missing operators and voltages that the
/// board's own fingerprint leaves out; the options; the version of what makes results of them.
[[nodiscard]] Fingerprint results_key(const Board& board, const PaperOptions& options);

/// The evaluation of the MOSAIC paper (Han et al., PACT 2019, section VI and figures 3 to 15) on a simulated board with devices big, little, gpu and
/// npu. What a seed and a board file give is the same on every run. Results of networks kept by an earlier run are used again if nothing that they
/// depend on has changed: the whole board file, the options, the network, this program's way of making them. Errors: kCancelled; kIo; kInvalidInput
/// for a board without one of the devices, or without power (nothing is written then); those of the board.
[[nodiscard]] Result<PaperResults> evaluate_paper(const Board& plain, const PaperOptions& options);

/// Figures 16 and 17: all ten networks with eq. 6's and eq. 7's devices, in one run. Wall-clock figures of this machine.
[[nodiscard]] Result<std::vector<PlanningTimes>> time_planning(const Board& board);

/// The fronts of all ten networks, by the equations' costs. Wall-clock figures of this machine.
[[nodiscard]] Result<std::vector<FrontTime>> time_fronts(const Board& board);

}  // namespace mosaic::evaluation
