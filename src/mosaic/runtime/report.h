#pragma once

#include <optional>
#include <vector>

#include "mosaic/base/ids.h"
#include "mosaic/base/units.h"

namespace mosaic {

/// When a step of one run did what, counted from the start of the run, on the wall clock or, for a simulated board, on its virtual one.
struct StepTimes {
  StepId step;
  Nanoseconds ready{};  ///< the last of what it comes after had ended
  Nanoseconds start{};  ///< it began to execute; what lies between is the transfer: hand-over, waiting, copies
  Nanoseconds finish{};
  std::optional<Joules> energy = {};  ///< drawn by its device, where the backend knows it

  [[nodiscard]] Nanoseconds transfer() const { return start - ready; }
  [[nodiscard]] Nanoseconds execute() const { return finish - start; }
};

/// What one run took.
struct RunReport {
  Nanoseconds total{};
  std::vector<StepTimes> steps;  ///< by StepId
  bool simulated = false;
  std::optional<Joules> energy = {};  ///< drawn by the devices while they worked, where every backend knows it: on a simulated board
};

}  // namespace mosaic
