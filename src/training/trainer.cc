#include "training/trainer.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <utility>

#include "mosaic/base/hash.h"
#include "training/batches.h"
#include "training/checkpoint.h"
#include "training/optimiser.h"
#include "training/torch_network.h"

namespace mosaic::training {
namespace {

using network::Network;

/// Rises over a tenth of the steps, then falls to zero.
double rate_at(double share) {
  constexpr double kRise = 0.1;
  if (share < kRise) return (share + 0.01) / (kRise + 0.01);
  return 0.5 * (1 + std::cos(std::numbers::pi * (share - kRise) / (1 - kRise)));
}

Result<void> check_images(const Network& network, const ImageSet& images) {
  const network::Extent& wanted = network.input();
  const network::Extent& there = images.extent;
  if (wanted != there)
    return fail(ErrorCode::kInvalidInput, fmt::format("{} takes images of {} x {} x {} values, those of the data have {} x {} x {}", network.name,
                                                      wanted.channels, wanted.height, wanted.width, there.channels, there.height, there.width));
  const network::Extent& out = network.output();
  if (out.height * out.width != 1)
    return fail(ErrorCode::kUnsupported, fmt::format("{} gives {} x {} x {} values, not classes", network.name, out.channels, out.height, out.width));
  const auto wrong = std::ranges::find_if(images.labels, [&](std::uint8_t label) { return label >= out.channels; });
  if (wrong != images.labels.end())
    return fail(ErrorCode::kInvalidInput,
                fmt::format("image {} is of class {}, {} has {} classes", wrong - images.labels.begin(), *wrong, network.name, out.channels));
  return {};
}

std::string fingerprint_of(const ImageSet& images) {
  return Hasher().add(std::as_bytes(std::span(images.pixels))).add(std::as_bytes(std::span(images.labels))).fingerprint();
}

/// Best classes, a batch at a time.
std::vector<std::size_t> classes_of(const TorchNetwork& network, const ImageSet& images, const Pixels& pixels) {
  constexpr std::size_t kBatch = 256;
  const at::NoGradGuard no_gradients;
  const network::Extent& extent = images.extent;
  std::vector<std::size_t> classes;
  for (std::size_t begin = 0; begin < images.size(); begin += kBatch) {
    const std::size_t count = std::min(kBatch, images.size() - begin);
    at::Tensor inputs = at::empty({static_cast<std::int64_t>(count), extent.channels, extent.height, extent.width});
    float* target = inputs.data_ptr<float>();
    for (std::size_t i = 0; i < count; ++i) {
      for (const float value : pixels.input(images, begin + i)) *target++ = value / pixels.magnitude();
    }
    const at::Tensor best = network.forward(inputs, false).argmax(1);
    for (std::size_t i = 0; i < count; ++i) classes.push_back(static_cast<std::size_t>(best.data_ptr<std::int64_t>()[i]));
  }
  return classes;
}

class Training {
 public:
  Training(TorchNetwork& network, std::string start, std::string task, const TrainingImages& images, const TrainOptions& options)
      : network_(network),
        images_(images),
        options_(options),
        batches_(images.train, images.pixels, options.schedule.batch, options.seed, {.mirror = options.mirrored}),
        optimiser_(network.parameters(), options.schedule) {
    const Schedule& plan = options.schedule;
    checkpoint_.network = std::move(start);
    checkpoint_.options =
        fmt::format("{}; {} epochs, batch {}, {} at {}, choices at {}, decay {}, seed {}, images {}, pixels {}{}", task, plan.epochs, plan.batch,
                    plan.optimiser == Optimiser::kSgd ? "sgd" : "adam", plan.rate, plan.choice_rate, plan.decay, options.seed,
                    fingerprint_of(images.train), images.pixels.fingerprint(), options.mirrored ? ", mirrored" : "");
    checkpoint_.losses.push_back(0);
  }

  Result<Trained> run() {
    at::set_num_threads(options_.threads);
    MOSAIC_RETURN_IF_ERROR(network_.prepare(0));
    MOSAIC_RETURN_IF_ERROR(network_.try_out());
    MOSAIC_RETURN_IF_ERROR(restore());
    MOSAIC_RETURN_IF_ERROR(train());
    MOSAIC_RETURN_IF_ERROR(network_.prepare(1));
    Trained result{.network = network_.trained(), .wishes = network_.wishes(), .losses = checkpoint_.losses};
    result.losses.pop_back();
    for (const network::Node& node : result.network.nodes) {
      if (!mapping::has_finite_weights(node.filters)) return diverged("weights");
    }
    const std::vector<std::size_t> classes = classes_of(network_, images_.held_out, images_.pixels);
    std::size_t right = 0;
    for (std::size_t i = 0; i < classes.size(); ++i) right += classes[i] == images_.held_out.labels[i] ? 1 : 0;
    result.held_out_percent = classes.empty() ? 0 : 100 * static_cast<double>(right) / static_cast<double>(classes.size());
    return result;
  }

 private:
  Result<void> train() {
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
        if (options_.progress) options_.progress(describe(), share());
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

  Result<void> take_step(const at::Tensor& inputs, const at::Tensor& labels) {
    if (!network_.prepare(share())) return diverged("weights");
    const at::Tensor entropy = at::cross_entropy_loss(network_.forward(inputs, true), labels);
    const double value = entropy.item<double>();
    if (!std::isfinite(value)) return diverged("the loss");
    const at::Tensor penalty = network_.penalty();
    (penalty.defined() ? entropy + penalty : entropy).backward();
    optimiser_.step(rate_at(share()));
    checkpoint_.losses.back() += value;
    return {};
  }

  /// Of the whole training.
  double share() const {
    const auto steps = static_cast<double>(batches_.count());
    return (static_cast<double>(checkpoint_.epoch) + static_cast<double>(checkpoint_.step) / steps) / static_cast<double>(options_.schedule.epochs);
  }

  std::string describe() const { return fmt::format("{}: epoch {} of {}", options_.name, checkpoint_.epoch + 1, options_.schedule.epochs); }

  std::unexpected<Error> diverged(std::string_view what) const {
    return fail(
        ErrorCode::kInvalidInput,
        fmt::format("{}: {} became no number in epoch {}, step {} of {}, at a learning rate of {}: give a lower one (--rate, --tune-rate)",
                    options_.name, what, checkpoint_.epoch + 1, checkpoint_.step + 1, batches_.count(), options_.schedule.rate * rate_at(share())));
  }

  std::unexpected<Error> stopped() {
    if (auto saved = save(snapshot()); !saved) return std::unexpected(saved.error());
    return fail(ErrorCode::kCancelled,
                fmt::format("stopped in epoch {} of {} of {}{}", checkpoint_.epoch + 1, options_.schedule.epochs, options_.name,
                            options_.checkpoint.empty() ? "; there is no --checkpoint to go on from"
                                                        : fmt::format("; --resume goes on from {}", options_.checkpoint.string())));
  }

  /// All tensors that change, in order.
  std::vector<Parameter> state() const {
    std::vector<Parameter> all = network_.parameters();
    all.insert(all.end(), network_.buffers().begin(), network_.buffers().end());
    const std::vector<Parameter>& moments = optimiser_.moments();
    all.insert(all.end(), moments.begin(), moments.end());
    return all;
  }

  Checkpoint snapshot() const {
    Checkpoint result = checkpoint_;
    for (const Parameter& each : state()) result.tensors.push_back({.name = each.name, .values = values_of(each.value)});
    result.tensors.push_back({.name = "steps", .values = {static_cast<float>(optimiser_.steps())}});
    return result;
  }

  Result<void> save(const Checkpoint& checkpoint) const {
    return options_.checkpoint.empty() ? Result<void>() : write_checkpoint(checkpoint, options_.checkpoint);
  }

  Result<void> restore() {
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

  TorchNetwork& network_;
  const TrainingImages& images_;
  const TrainOptions& options_;
  Batches batches_;
  SteppingOptimiser optimiser_;
  Checkpoint checkpoint_;  ///< without tensors
};

Result<Trained> run(std::unique_ptr<TorchNetwork> torch, const Network& network, const std::string& task, const TrainingImages& images,
                    const TrainOptions& options) {
  MOSAIC_RETURN_IF_ERROR(check_images(network, images.train));
  MOSAIC_RETURN_IF_ERROR(check_images(network, images.held_out));
  try {
    return Training(*torch, network::fingerprint(network), task, images, options).run();
  } catch (const c10::Error& error) {
    return fail(ErrorCode::kEngine, fmt::format("libtorch, at {}: {}", options.name, error.what_without_backtrace()));
  }
}

std::string fingerprint_of(std::span<const integers::Range> ranges) {
  Hasher hasher;
  for (const integers::Range& each : ranges) hasher.add(fmt::format("{} {}", each.magnitude, each.negative));
  return hasher.fingerprint();
}

}  // namespace

Result<Trained> train_float(const Network& network, bool normalised, const TrainingImages& images, const TrainOptions& options) {
  return run(make_float_network(network, images.pixels.magnitude(), normalised), network, normalised ? "float with batch normalisation" : "float",
             images, options);
}

Result<Trained> fine_tune(const Network& network, const mapping::Mapping& mapping, std::span<const integers::Range> ranges,
                          const TrainingImages& images, const TrainOptions& options) {
  MOSAIC_TRY(auto torch, make_mapped_network(network, images.pixels.magnitude(), mapping, ranges));
  const std::string task = fmt::format("mapping {}, ranges {}", Hasher().add(mapping::format_mapping(mapping)).fingerprint(), fingerprint_of(ranges));
  return run(std::move(torch), network, task, images, options);
}

Result<Trained> search_channels(const Network& network, const SearchSettings& settings, std::span<const integers::Range> ranges,
                                const TrainingImages& images, const TrainOptions& options) {
  MOSAIC_TRY(auto torch, make_searched_network(network, images.pixels.magnitude(), settings, ranges));
  const std::string task =
      fmt::format("search by {}, lambda {}, temperature 1 to {}, ranges {}", settings.objective == diana::CostKind::kLatency ? "latency" : "energy",
                  settings.lambda, settings.coldest, fingerprint_of(ranges));
  return run(std::move(torch), network, task, images, options);
}

Result<std::vector<std::size_t>> mapped_classes(const Network& network, const mapping::Mapping& mapping, std::span<const integers::Range> ranges,
                                                const ImageSet& images, const Pixels& pixels) {
  MOSAIC_RETURN_IF_ERROR(check_images(network, images));
  MOSAIC_TRY(auto torch, make_mapped_network(network, pixels.magnitude(), mapping, ranges));
  MOSAIC_RETURN_IF_ERROR(torch->prepare(1));
  return classes_of(*torch, images, pixels);
}

}  // namespace mosaic::training
