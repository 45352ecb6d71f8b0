#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "command.h"
#include "examples.h"
#include "mosaic/accelerators/diana.h"
#include "mosaic/base/error.h"
#include "mosaic/session/search.h"
#include "train_options.h"

namespace mosaic::cli {

/// Options of 'search', which two programs take: mosaic, and mosaic-training where the method is the gradient.
struct SearchCommand : ModelOptions {
  std::string accelerators = "diana";
  std::string method = "sensitivity";
  std::string objective = "latency";
  ExampleOptions images;
  ExampleOptions test;  // no paths: half of the images
  std::size_t calibration = 256;
  bool uncorrected = false;
  bool uncompensated = false;
  bool cost_only = false;
  std::string output;
  SearchOptions search;
  // Of the gradient alone.
  TrainingOptions training;
  std::vector<double> lambdas{0.003, 0.006, 0.012, 0.025, 0.05, 0.07, 0.1, 0.15, 0.3};
  std::int64_t search_epochs = 1;
  std::int64_t tune_epochs = 1;
  double tune_rate = 1e-3;

  CLI::App& declare_command(CLI::App& app);
  [[nodiscard]] diana::CostKind kind() const;

  /// Whether options were given that this kind of search has no use for; both programs ask before they begin. Errors: kInvalidInput, with the option.
  [[nodiscard]] Result<void> refuse_unused() const;
  /// Likewise of float training, for a search that starts from a trained network.
  [[nodiscard]] Result<void> refuse_float_training() const;

 private:
  void declare_images(CLI::App& command);
  void declare_gradient(CLI::App& command);
  [[nodiscard]] Result<void> refuse(std::span<const char* const> options, const std::string& search_name, const std::string& use) const;

  const CLI::App* command_ = nullptr;  ///< knows what was given
};

}  // namespace mosaic::cli
