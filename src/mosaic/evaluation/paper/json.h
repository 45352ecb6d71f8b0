#pragma once

// Results of the paper's evaluation as JSON. Not installed: it shows a library.

#include <string>

#include "mosaic/base/error.h"
#include "mosaic/base/json.h"
#include "mosaic/evaluation/paper/results.h"

namespace mosaic::evaluation {

[[nodiscard]] Json to_json(const NetworkResult& network);
[[nodiscard]] Json to_json(const PaperResults& results);

/// Errors: kInvalidInput, with the key.
[[nodiscard]] Result<NetworkResult> network_from_json(const Json& json, const std::string& where);

}  // namespace mosaic::evaluation
