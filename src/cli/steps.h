#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/json.h"
#include "mosaic/planner/planner.h"
#include "mosaic/profile/profile.h"
#include "mosaic/session/workspace.h"

namespace mosaic::cli {

/// Refuses a profile of a machine that was too noisy, with the way out. Errors: kDevice.
[[nodiscard]] Result<void> refuse_noise(const std::vector<std::string>& noisy, bool accepted);

/// The plan's slices with what was predicted for them, as a table.
[[nodiscard]] std::string describe_plan(const Plan& plan, const Graph& graph, const Board& board);

/// "times are simulated" where they are.
[[nodiscard]] std::string simulated_note(const Board& board);

}  // namespace mosaic::cli
