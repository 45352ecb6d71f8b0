#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/accelerators/diana.h"
#include "mosaic/base/error.h"
#include "mosaic/integers/calibrate.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/network/network.h"
#include "training/images.h"
#include "training/snap.h"

namespace mosaic::training {

/// Training with libtorch behind an interface without it: each call takes a network and gives one. What is trained and how steps are taken is in
/// torch_network.h and trainer.cc. One call at a time in a process: the number of libtorch's threads is the process's. With one thread the same
/// arguments give the same bits on the same machine.

/// What is trained on. Borrowed.
struct TrainingImages {
  const ImageSet& train;
  const ImageSet& held_out;  ///< not trained on: what is chosen by
  const Pixels& pixels;
};

enum class Optimiser : std::uint8_t {
  kSgd,   ///< with Nesterov's momentum of 0.9
  kAdam,  ///< with 0.9 and 0.999
};

struct Schedule {
  std::int64_t epochs = 8;
  std::size_t batch = 128;
  Optimiser optimiser = Optimiser::kSgd;
  double rate = 0.1;       ///< of learning, at its highest: it rises over a tenth of the steps, then falls as a cosine to zero
  double choice_rate = 0;  ///< of what chooses accelerators, by Adam, constant
  double decay = 0;        ///< of weights
};

struct TrainOptions {
  std::string name = "training";  ///< for progress and messages
  Schedule schedule;
  bool mirrored = true;  ///< training images are, every second time
  std::uint64_t seed = 1;
  int threads = 1;
  std::filesystem::path checkpoint;  ///< written after each epoch and where it is stopped; empty: none
  bool resume = false;               ///< goes on from the checkpoint, where there is one
  std::function<void(std::string_view, double)> progress = {};
  std::stop_token stop = {};
};

struct Trained {
  network::Network network;
  Wishes wishes;                ///< of a search: how much each channel wants to be digital
  std::vector<double> losses;   ///< mean of each epoch
  double held_out_percent = 0;  ///< right answers, in the arithmetic that was trained in
};

/// What a search of channels trades.
struct SearchSettings {
  diana::CostKind objective = diana::CostKind::kLatency;
  double lambda = 0.5;   ///< what the cost of All-8bit is worth in cross-entropy
  double coldest = 0.1;  ///< temperature of the softmax at the end; it falls from 1, by the same factor each step
};

/// Errors of all three: kInvalidInput: images of another extent or label than the network takes, a loss or weights that are not finite, with where it
/// happened; a checkpoint that is damaged or belongs to something else; kUnsupported: a node that cannot be trained; kIo; kCancelled, with the
/// checkpoint written.

/// Floats. `normalised`: from nothing, with batch normalisation behind convolutions, folded into what is given back.
[[nodiscard]] Result<Trained> train_float(const network::Network& network, bool normalised, const TrainingImages& images,
                                          const TrainOptions& options);

/// In the arithmetic of a mapping, with activations in these ranges: what integers::quantize makes of the result with the same ranges is what was
/// trained. `options.schedule.epochs` may be 0.
[[nodiscard]] Result<Trained> fine_tune(const network::Network& network, const mapping::Mapping& mapping, std::span<const integers::Range> ranges,
                                        const TrainingImages& images, const TrainOptions& options);

/// Weights and, for each channel, how much it wants to be digital, by ODiMO: both kinds of weights mixed by a softmax, cross-entropy plus lambda
/// times the cost of the expected channels. Source: Risso et al. (ODiMO, ISLPED 2023).
[[nodiscard]] Result<Trained> search_channels(const network::Network& network, const SearchSettings& settings,
                                              std::span<const integers::Range> ranges, const TrainingImages& images, const TrainOptions& options);

/// The best class of each image in the arithmetic that `fine_tune` trains in, by libtorch: what the simulator is compared with.
[[nodiscard]] Result<std::vector<std::size_t>> mapped_classes(const network::Network& network, const mapping::Mapping& mapping,
                                                              std::span<const integers::Range> ranges, const ImageSet& images, const Pixels& pixels);

}  // namespace mosaic::training
