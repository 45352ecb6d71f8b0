#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/network/network.h"
#include "train_options.h"
#include "training/images.h"
#include "training/trainer.h"

namespace mosaic::training {

/// The same images are held out whatever the seed: seeds are compared on them.
inline constexpr std::uint64_t kHeldOutSeed = 0;

/// What every training starts from.
struct Start {
  Dataset data;  ///< `data.train` without what is held out
  ImageSet held_out;
  Pixels pixels;
  network::Network network;
  bool from_nothing = false;  ///< an architecture with random weights

  [[nodiscard]] TrainingImages images() const { return {.train = data.train, .held_out = held_out, .pixels = pixels}; }
};

/// `model`: the name of an architecture or an ONNX file. Errors: those of reading data and model; kInvalidInput: images that do not fit the model.
[[nodiscard]] Result<std::unique_ptr<Start>> make_start(const std::string& model, const cli::TrainingOptions& options);

/// Whether the inference engine is there and takes the network: it is first needed when hours of training are over. Errors: those of the engine.
[[nodiscard]] Result<void> try_engine(const Start& start);

/// How float training goes by these options.
[[nodiscard]] TrainOptions float_training(const std::string& name, const cli::TrainingOptions& options, const std::stop_token& stop);

}  // namespace mosaic::training
