#pragma once

#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/evaluation/rk3399pro/board_plans.h"
#include "mosaic/evaluation/rk3399pro/clock_errors.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"
#include "mosaic/evaluation/rk3399pro/whole_networks.h"

namespace mosaic::tables {

struct EvaluationOptions {
  std::vector<std::string> networks;  ///< names of profiles or of whole networks; empty: all there are
  CalibrationOptions calibration;
};

/// How well whole networks are predicted.
struct WholeResult {
  std::string network;
  std::string profile;  ///< name and set
  std::size_t runs = 0;
  std::size_t orders = 0;
  std::size_t unfinished = 0;
  std::vector<std::string> untold;  ///< why single runs were left out
  std::vector<Predictor> predictors;
  Calibration time;  ///< of the first draw
  Calibration energy;
};

/// What measured tables say of estimators, calibration and plans.
struct Evaluation {
  std::vector<ClockErrors> clocks;
  std::vector<WholeResult> wholes;
  std::vector<Predictor> means;  ///< over the networks that have each
  std::vector<NetworkPlans> plans;
  std::vector<std::string> notes;  ///< what was left out, and why
};

/// Judges the paper's estimators against measured clocks, all predictors against whole networks, and plans by replaying them. A calibration on other
/// networks takes all of the tables, whichever are asked for. Deterministic.
/// Errors: kInvalidInput: a network that is not there, with those that are; those of `clocks_of`, `predict` and `plan_board`.
[[nodiscard]] Result<Evaluation> evaluate(const Tables& tables, const Board& board, const EvaluationOptions& options = {});

}  // namespace mosaic::tables
