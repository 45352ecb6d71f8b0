#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"
#include "mosaic/cost/time_and_energy.h"
#include "mosaic/evaluation/paper/alone.h"
#include "mosaic/evaluation/paper/board_runner.h"
#include "mosaic/evaluation/paper/results.h"
#include "mosaic/onnx/paper_networks.h"

namespace mosaic::evaluation {

/// A network of the paper at the paper's granularity, its memory spread over its layers.
struct Subject {
  onnx::PaperNetwork network;
  Graph graph;
};
[[nodiscard]] Result<Subject> make_subject(const onnx::PaperNetwork& network);

/// What the paper's method knows of a subject on a board: estimated costs of all devices at all clocks (eq. 7), which of them are eq. 6's.
struct Estimates {
  AloneProfile profile;
  TimeAndEnergy costs;                          ///< by equations 1 to 8; a configuration is one of `configurations`
  std::vector<ConfigurationId> configurations;  ///< on the board, of each of the costs' configurations
  std::vector<bool> highest;                    ///< whether it is a device at its highest clock: eq. 6

  /// The device's place among `configurations` at its highest clock. Requires: it is one of the board's.
  [[nodiscard]] std::size_t highest_of(const Board& board, DeviceId device) const;

  /// The chain with the board's configurations.
  [[nodiscard]] Chain on_board(const Chain& chain) const;

  /// What the equations say of a chain.
  [[nodiscard]] std::optional<TimeEnergy> estimate(const Chain& chain) const;
};

/// Tables of energies with all of eq. 7's devices, or of times with eq. 6's alone and nothing else in them: what figures 16 and 17 time.
[[nodiscard]] ChainCosts planning_costs(const Estimates& estimates, const Subject& subject, const Board& board, bool all_clocks);

/// Profiles the subject as the paper does and applies the equations. Errors: the board's.
[[nodiscard]] Result<Estimates> estimate(const Subject& subject, const Board& board, const Backends& backends);

struct PaperRunOptions {
  std::uint64_t seed = 1;
  std::size_t repeats = 10;         ///< runs of each plan
  std::size_t random_plans = 1000;  ///< of "exhaustive", for each objective
  std::stop_token stop;
  std::function<void(double share)> progress;  ///< of one network, 0 to 1
};

/// All versions of section VI for one network: planned from the estimates, then run on the board. A version that has no plan on this board is left
/// out, and so is a published plan that is infeasible here. Requires: check_paper_board. Errors: kCancelled; the board's.
[[nodiscard]] Result<NetworkResult> evaluate_network(const Subject& subject, const Board& board, const Backends& backends,
                                                     const PaperRunOptions& options);

}  // namespace mosaic::evaluation
