#pragma once

// Epochs of steps along gradients. Shows libtorch; not installed.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "training/batches.h"
#include "training/checkpoint.h"
#include "training/optimiser.h"
#include "training/torch_network.h"
#include "training/trainer.h"

namespace mosaic::training {

/// Where in a training a batch is seen.
struct Step {
  std::uint64_t number = 0;  ///< from 0
  double share = 0;          ///< of the whole training, done before
};

/// Something with parameters that are trained.
class Trainee {
 public:
  Trainee() = default;
  virtual ~Trainee() = default;
  Trainee(const Trainee&) = delete;
  Trainee& operator=(const Trainee&) = delete;

  /// What is trained, then what is kept besides: always the same tensors, whose memory is shared.
  [[nodiscard]] virtual const std::vector<Parameter>& parameters() const = 0;
  [[nodiscard]] virtual const std::vector<Parameter>& buffers() const = 0;

  /// Adds the gradients of a batch's loss to the parameters' and gives the loss to report. Images [N, C, H, W] are divided by the pixels' magnitude.
  /// What it does depends on state, batch and step alone. Errors: kInvalidInput: weights that are no numbers.
  [[nodiscard]] virtual Result<double> add_gradients(const at::Tensor& images, const at::Tensor& labels, const Step& step) = 0;
};

/// Trains by the options' schedule, with checkpoints. Borrows all. Thread-compatible.
class TrainingLoop {
 public:
  /// A checkpoint serves what has the same `start` (what is trained) and `task` (to which end).
  TrainingLoop(Trainee& trainee, std::string start, const std::string& task, const TrainingImages& images, const TrainOptions& options);

  /// Errors: as the functions of trainer.h.
  [[nodiscard]] Result<void> run();

  /// Mean of each epoch. Requires: run.
  [[nodiscard]] std::vector<double> losses() const { return {checkpoint_.losses.begin(), checkpoint_.losses.end() - 1}; }

  /// Says that `what` is no number any more, and where.
  [[nodiscard]] std::unexpected<Error> diverged(std::string_view what) const;

 private:
  [[nodiscard]] Result<void> take_step(const at::Tensor& inputs, const at::Tensor& labels);
  [[nodiscard]] Step step() const;
  [[nodiscard]] std::unexpected<Error> stopped();
  [[nodiscard]] std::vector<Parameter> state() const;
  [[nodiscard]] Checkpoint snapshot() const;
  [[nodiscard]] Result<void> save(const Checkpoint& checkpoint) const;
  [[nodiscard]] Result<void> restore();

  Trainee& trainee_;
  const TrainingImages& images_;
  const TrainOptions& options_;
  Batches batches_;
  SteppingOptimiser optimiser_;
  Checkpoint checkpoint_;  ///< without tensors
};

}  // namespace mosaic::training
