#pragma once

#include <filesystem>
#include <string>

#include "mosaic/base/error.h"

namespace mosaic::evaluate {

/// The board file of the simulated HiKey 970 and how its parameters came about.
struct MadeBoard {
  std::string yaml;   ///< boards/hikey970.yaml
  std::string table;  ///< free parameters against targets, in Markdown: docs/hikey970.md
};

/// Fits the truth of the simulated HiKey 970 to what is published, as docs/hikey970.md says; deterministic. It sees the seven large networks, their
/// published latencies on the GPU and mean reductions, and the Kirin 970's rows of `ncnn` but those of networks that are predicted. It runs no
/// estimator and no planner. `ncnn`: profiles/ncnn/latency_ms.csv. Errors: kInvalidInput: a file that cannot be read, a row that is missing.
[[nodiscard]] Result<MadeBoard> make_hikey970(const std::filesystem::path& ncnn);

}  // namespace mosaic::evaluate
