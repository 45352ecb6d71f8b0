#pragma once

#include <filesystem>

#include "mosaic/base/error.h"
#include "mosaic/plan/validate.h"
#include "mosaic/session/workspace.h"

namespace mosaic {

/// Writes each step of a plan as an ONNX model of its own, slice_0.onnx, slice_1.onnx, ..., and manifest.json, which says in which order to run them,
/// where, and which tensors each takes and gives. Nothing in there needs mosaic. The folder appears whole or not at all; one that exists must be
/// empty. Errors: kInvalidInput for a folder that is not empty; kIo.
[[nodiscard]] Result<void> export_plan(const Workspace& workspace, const ValidPlan& plan, const std::filesystem::path& folder);

}  // namespace mosaic
