#pragma once

#include <memory>

#include "mosaic/backend/backend.h"
#include "mosaic/runtime/clock_setter.h"

namespace mosaic {

/// A backend whose steps run at the clocks that their operating points name, whatever the inner backend does to run them. Setting a clock, and
/// waiting until no other step needs it otherwise, is part of the step's transfer, as `StepTimes` has it. Clocks are put back when the last of its
/// executables goes, that is, with the last executor.
[[nodiscard]] std::shared_ptr<Backend> make_clocked_backend(std::shared_ptr<Backend> inner, std::shared_ptr<ClockSetter> clocks);

}  // namespace mosaic
