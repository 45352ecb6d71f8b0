#include "training/training_loop.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <numbers>
#include <span>
#include <utility>

#include "mosaic/base/hash.h"

namespace mosaic::training {
namespace {

/// Rises over a tenth of the steps, then falls to zero.
double rate_at(double share) {
  constexpr double kRise = 0.1;
  if (share < kRise) return (share + 0.01) / (kRise + 0.01);
  return 0.5 * (1 + std::cos(std::numbers::pi * (share - kRise) / (1 - kRise)));
}

std::string fingerprint_of(const ImageSet& images) {
  return Hasher().add(std::as_bytes(std::span(images.pixels))).add(std::as_bytes(std::span(images.labels))).fingerprint();
}

}  // namespace

TrainingLoop::TrainingLoop(Trainee& trainee, std::string start, const std::string& task, const TrainingImages& images, const TrainOptions& options)
    : trainee_(trainee),
      images_(images),
      options_(options),
      batches_(images.train, images.pixels, options.schedule.batch, options.seed, {.mirror = options.mirrored}),
      optimiser_(trainee.parameters(), options.schedule) {
  const Schedule& plan = options.schedule;
  checkpoint_.network = std::move(start);
  checkpoint_.options = fmt::format("{}; {} epochs, batch {}, {} at {}, choices at {}, decay {}, seed {}, images {}, pixels {}{}", task, plan.epochs,
                                    plan.batch, plan.optimiser == Optimiser::kSgd ? "sgd" : "adam", plan.rate, plan.choice_rate, plan.decay,
                                    options.seed, fingerprint_of(images.train), images.pixels.fingerprint(), options.mirrored ? ", mirrored" : "");
  checkpoint_.losses.push_back(0);
}

Result<void> TrainingLoop::run() {
  at::set_num_threads(options_.threads);
  MOSAIC_RETURN_IF_ERROR(restore());
  const network::Extent& extent = images_.train.extent;
  const auto batch = static_cast<std::int64_t>(batches_.batch());
  at::Tensor inputs = at::empty({batch, extent.channels, extent.height, extent.width});
  at::Tensor labels = at::empty({batch}, at::kLong);
  const std::span<float> pixels(inputs.data_ptr<float>(), static_cast<std::size_t>(inputs.numel()));
  const std::span<std::int64_t> classes(labels.data_ptr<std::int64_t>(), batches_.batch());
  const auto steps = static_cast<std::int64_t>(batches_.count());
  for (; checkpoint_.epoch < options_.schedule.epochs; ++checkpoint_.epoch) {
    for (; checkpoint_.step < steps; ++checkpoint_.step) {
      if (options_.stop.stop_requested()) return stopped();
      if (options_.progress)
        options_.progress(fmt::format("{}: epoch {} of {}", options_.name, checkpoint_.epoch + 1, options_.schedule.epochs), step().share);
      batches_.fill(static_cast<std::size_t>(checkpoint_.epoch), static_cast<std::size_t>(checkpoint_.step), pixels, classes);
      MOSAIC_RETURN_IF_ERROR(take_step(inputs, labels));
    }
    checkpoint_.step = 0;
    checkpoint_.losses.back() /= static_cast<double>(steps);
    checkpoint_.losses.push_back(0);
    Checkpoint done = snapshot();
    ++done.epoch;
    MOSAIC_RETURN_IF_ERROR(save(done));
  }
  return {};
}

Result<void> TrainingLoop::take_step(const at::Tensor& inputs, const at::Tensor& labels) {
  const auto loss = trainee_.add_gradients(inputs, labels, step());
  if (!loss) return diverged("weights");
  if (!std::isfinite(*loss)) return diverged("the loss");
  optimiser_.step(rate_at(step().share));
  checkpoint_.losses.back() += *loss;
  return {};
}

Step TrainingLoop::step() const {
  const auto steps = static_cast<double>(batches_.count());
  const double epochs = static_cast<double>(checkpoint_.epoch) + static_cast<double>(checkpoint_.step) / steps;
  return {.number = static_cast<std::uint64_t>(checkpoint_.epoch) * batches_.count() + static_cast<std::uint64_t>(checkpoint_.step),
          .share = epochs / static_cast<double>(options_.schedule.epochs)};
}

std::unexpected<Error> TrainingLoop::diverged(std::string_view what) const {
  return fail(ErrorCode::kInvalidInput,
              fmt::format("{}: {} became no number in epoch {}, step {} of {}, at a learning rate of {}: give a lower one (--rate, --tune-rate)",
                          options_.name, what, checkpoint_.epoch + 1, checkpoint_.step + 1, batches_.count(),
                          options_.schedule.rate * rate_at(step().share)));
}

std::unexpected<Error> TrainingLoop::stopped() {
  if (auto saved = save(snapshot()); !saved) return std::unexpected(saved.error());
  return fail(ErrorCode::kCancelled,
              fmt::format("stopped in epoch {} of {} of {}{}", checkpoint_.epoch + 1, options_.schedule.epochs, options_.name,
                          options_.checkpoint.empty() ? "; there is no --checkpoint to go on from"
                                                      : fmt::format("; --resume goes on from {}", options_.checkpoint.string())));
}

/// All tensors that change, in order.
std::vector<Parameter> TrainingLoop::state() const {
  std::vector<Parameter> all = trainee_.parameters();
  all.insert(all.end(), trainee_.buffers().begin(), trainee_.buffers().end());
  const std::vector<Parameter>& moments = optimiser_.moments();
  all.insert(all.end(), moments.begin(), moments.end());
  return all;
}

Checkpoint TrainingLoop::snapshot() const {
  Checkpoint result = checkpoint_;
  for (const Parameter& each : state()) result.tensors.push_back({.name = each.name, .values = values_of(each.value)});
  result.tensors.push_back({.name = "steps", .values = {static_cast<float>(optimiser_.steps())}});
  return result;
}

Result<void> TrainingLoop::save(const Checkpoint& checkpoint) const {
  return options_.checkpoint.empty() ? Result<void>() : write_checkpoint(checkpoint, options_.checkpoint);
}

Result<void> TrainingLoop::restore() {
  std::error_code error;
  if (!options_.resume || options_.checkpoint.empty() || !std::filesystem::exists(options_.checkpoint, error)) return {};
  MOSAIC_TRY(Checkpoint found, read_checkpoint(options_.checkpoint));
  const std::string file = options_.checkpoint.string();
  const std::string out = "give what it was made with, another --checkpoint, or leave --resume out to start anew";
  if (found.network != checkpoint_.network) return fail(ErrorCode::kInvalidInput, fmt::format("{} belongs to another network: {}", file, out));
  if (found.options != checkpoint_.options)
    return fail(ErrorCode::kInvalidInput, fmt::format("{} was made with '{}', now it is '{}': {}", file, found.options, checkpoint_.options, out));
  const std::vector<Parameter> all = state();
  bool fits = found.tensors.size() == all.size() + 1 && found.epoch >= 0 && found.epoch <= options_.schedule.epochs && found.step >= 0 &&
              std::cmp_less(found.step, batches_.count()) && std::cmp_equal(found.losses.size(), found.epoch + 1) &&
              found.tensors.back().values.size() == 1;
  for (std::size_t i = 0; fits && i < all.size(); ++i)
    fits = found.tensors[i].name == all[i].name && std::cmp_equal(found.tensors[i].values.size(), all[i].value.numel());
  if (!fits) return fail(ErrorCode::kInvalidInput, fmt::format("{} does not hold what is trained: {}", file, out));
  const at::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < all.size(); ++i) {
    at::Tensor target = all[i].value;
    target.copy_(tensor_of(found.tensors[i].values, target.sizes()));
  }
  optimiser_.set_steps(static_cast<std::int64_t>(found.tensors.back().values[0]));
  found.tensors.clear();
  checkpoint_ = std::move(found);
  return {};
}

}  // namespace mosaic::training
