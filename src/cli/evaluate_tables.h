#pragma once

#include <string>

#include "mosaic/base/json.h"
#include "mosaic/evaluation/rk3399pro/evaluation.h"

namespace mosaic::cli {

/// An evaluation on measured tables, for people and for scripts.
[[nodiscard]] std::string describe(const tables::Evaluation& evaluation, const tables::EvaluationOptions& options);
[[nodiscard]] Json to_json(const tables::Evaluation& evaluation, const tables::EvaluationOptions& options);

}  // namespace mosaic::cli
