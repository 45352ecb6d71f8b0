#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mosaic::cli {

/// What training is told, by 'train' and by a search that trains.
struct TrainingOptions {
  std::string data;
  std::string preprocess = "raw";
  std::int64_t epochs = 10;  ///< of float training
  std::size_t batch = 64;
  double rate = 0.1;
  std::size_t hold_out = 5000;
  std::uint64_t seed = 1;
  int threads = 1;
  std::string checkpoint;
  bool resume = false;
  bool unmirrored = false;

  void declare(CLI::App& command);
};

/// Options of 'train', which two programs take: mosaic, to hand them on, and mosaic-training.
struct TrainCommand : TrainingOptions {
  std::string model;
  std::string output;
  bool json = false;

  CLI::App& declare_command(CLI::App& app);
};

}  // namespace mosaic::cli
