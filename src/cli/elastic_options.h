#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "train_options.h"

namespace mosaic::cli {

/// Options of 'elastic train', 'elastic extract' and 'elastic search', which two programs take: mosaic, to hand them on, and mosaic-training.

struct ElasticTrainCommand : TrainingOptions {
  std::string design = "convolutions";
  std::size_t random = 1;
  std::string only;
  std::string output;
  bool json = false;

  CLI::App& declare_command(CLI::App& group);
};

/// What is done with a trained elastic network.
struct ElasticUse {
  std::string model;
  std::string data;  ///< empty: what it was trained on
  std::size_t recalibration = 2048;
  std::uint64_t seed = 1;
  std::string output;
  bool json = false;

  void declare(CLI::App& command);
};

struct ElasticExtractCommand : ElasticUse {
  std::vector<std::string> sub_networks;
  bool largest = false;
  bool smallest = false;
  std::size_t random = 0;

  CLI::App& declare_command(CLI::App& group);
};

struct ElasticSearchCommand : ElasticUse {
  std::size_t levels = 6;
  std::vector<int> threads{1, 2};
  std::size_t samples = 100;
  std::size_t population = 100;
  std::size_t generations = 500;
  std::size_t runs = 50;

  CLI::App& declare_command(CLI::App& group);
};

/// The group that holds them.
CLI::App& declare_elastic(CLI::App& app);

}  // namespace mosaic::cli
