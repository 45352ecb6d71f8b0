#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/session/workspace.h"

namespace mosaic::cli {

/// One run's inputs, and what is known of them.
struct Case {
  std::string name;
  std::vector<Tensor> inputs;
  std::optional<std::int64_t> label;
};

/// Files for the model's one input, or "name=file" for each of several; random input where there are none. Errors: kInvalidInput.
[[nodiscard]] Result<std::vector<Case>> read_cases(const Workspace& workspace, const std::vector<std::string>& files,
                                                   const std::string& preprocess_name);

/// Right classes by name or in order, as `Truth` reads them. Errors: kInvalidInput: they do not fit.
[[nodiscard]] Result<void> add_truth(std::vector<Case>& cases, const std::string& file);

}  // namespace mosaic::cli
