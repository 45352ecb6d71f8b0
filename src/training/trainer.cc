#include "training/trainer.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "mosaic/base/hash.h"
#include "training/torch_network.h"
#include "training/training_loop.h"

namespace mosaic::training {
namespace {

using network::Network;

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

/// Best classes, a batch at a time.
std::vector<std::size_t> classes_of(const TorchNetwork& network, const ImageSet& images, const Pixels& pixels) {
  constexpr std::size_t kBatch = 256;
  const at::NoGradGuard no_gradients;
  std::vector<std::size_t> classes;
  for (std::size_t begin = 0; begin < images.size(); begin += kBatch) {
    const at::Tensor best = network.forward(inputs_of(images, pixels, begin, kBatch), false).argmax(1);
    for (std::int64_t i = 0; i < best.numel(); ++i) classes.push_back(static_cast<std::size_t>(best.data_ptr<std::int64_t>()[i]));
  }
  return classes;
}

/// A network whose loss is cross-entropy and its penalty.
class Classifier final : public Trainee {
 public:
  explicit Classifier(TorchNetwork& network) : network_(network) {}

  const std::vector<Parameter>& parameters() const override { return network_.parameters(); }
  const std::vector<Parameter>& buffers() const override { return network_.buffers(); }

  Result<double> add_gradients(const at::Tensor& images, const at::Tensor& labels, const Step& step) override {
    MOSAIC_RETURN_IF_ERROR(network_.prepare(step.share));
    const at::Tensor entropy = at::cross_entropy_loss(network_.forward(images, true), labels);
    const at::Tensor penalty = network_.penalty();
    (penalty.defined() ? entropy + penalty : entropy).backward();
    return entropy.item<double>();
  }

 private:
  TorchNetwork& network_;
};

Result<Trained> train(TorchNetwork& network, std::string start, const std::string& task, const TrainingImages& images, const TrainOptions& options) {
  at::set_num_threads(options.threads);
  MOSAIC_RETURN_IF_ERROR(network.prepare(0));
  MOSAIC_RETURN_IF_ERROR(network.try_out());
  Classifier classifier(network);
  TrainingLoop loop(classifier, std::move(start), task, images, options);
  MOSAIC_RETURN_IF_ERROR(loop.run());
  MOSAIC_RETURN_IF_ERROR(network.prepare(1));
  Trained result{.network = network.trained(), .wishes = network.wishes(), .losses = loop.losses()};
  for (const network::Node& node : result.network.nodes) {
    if (!mapping::has_finite_weights(node.filters)) return loop.diverged("weights");
  }
  const std::vector<std::size_t> classes = classes_of(network, images.held_out, images.pixels);
  std::size_t right = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) right += classes[i] == images.held_out.labels[i] ? 1 : 0;
  result.held_out_percent = classes.empty() ? 0 : 100 * static_cast<double>(right) / static_cast<double>(classes.size());
  return result;
}

Result<Trained> run(std::unique_ptr<TorchNetwork> torch, const Network& network, const std::string& task, const TrainingImages& images,
                    const TrainOptions& options) {
  MOSAIC_RETURN_IF_ERROR(check_images(network, images.train));
  MOSAIC_RETURN_IF_ERROR(check_images(network, images.held_out));
  try {
    return train(*torch, network::fingerprint(network), task, images, options);
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
