#include "mosaic/mapping/sensitivity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/mapping/image_runs.h"

namespace mosaic::mapping {
namespace {

using network::Network;
using network::Node;

Result<void> check(const Network& network, std::span<const LayerChange> changes) {
  const std::vector<std::size_t> nodes = network::convolutions(network);
  MOSAIC_CHECK(nodes.size() == changes.size());
  const auto finite = [](float value) { return std::isfinite(value); };
  for (std::size_t l = 0; l < nodes.size(); ++l) {
    if (!std::ranges::all_of(changes[l].weights, finite) || !std::ranges::all_of(changes[l].bias, finite)) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("convolution '{}' of network '{}' has weights that are not finite", network.nodes[nodes[l]].name, network.name));
    }
  }
  if (std::ranges::all_of(changes, [](const LayerChange& change) { return change.weights.empty(); }))
    return fail(ErrorCode::kUnsupported, fmt::format("network '{}' has no convolution of one group: there is nothing to be ternary", network.name));
  return {};
}

/// Adds, for each layer that may be ternary, the change of the loss by channel as an output, and says which layers these are.
std::vector<std::size_t> add_changes(onnx::Builder& net, const Network& network, const LossGradients& loss, std::span<const LayerChange> changes) {
  const std::vector<std::size_t> nodes = network::convolutions(network);
  net.constant("pixels", std::vector<std::int64_t>{2, 3});
  std::vector<std::size_t> measured;
  for (std::size_t l = 0; l < nodes.size(); ++l) {
    if (changes[l].weights.empty()) continue;
    const Node& node = network.nodes[nodes[l]];
    const std::string change = add_convolution(net, node, loss.values.out[node.inputs[0]], "change_of_" + std::to_string(l),
                                               {.weights = changes[l].weights, .bias = changes[l].bias});
    const std::string product = net.node("Mul", {loss.gradients[nodes[l]], change});
    net.output(net.node("ReduceSum", {product, "pixels"}, {{"keepdims", std::int64_t{0}}}), {1, node.filters.out});
    measured.push_back(l);
  }
  return measured;
}

}  // namespace

struct SensitivityMeter::State {
  ImageRuns runs;
  std::vector<std::size_t> measured;  // the layer of each output
  Sensitivities sums;
  std::size_t images = 0;
};

Result<SensitivityMeter> SensitivityMeter::create(const Network& network, Labels labels, std::span<const LayerChange> changes) {
  MOSAIC_RETURN_IF_ERROR(check(network, changes));
  onnx::Builder net(network.name, 1);
  MOSAIC_TRY(const LossGradients loss, add_loss_gradients(net, network, labels));
  std::vector<std::size_t> measured = add_changes(net, network, loss, changes);
  const auto classes = labels == Labels::kGiven ? std::optional(network.output().channels) : std::nullopt;
  MOSAIC_TRY(ImageRuns runs, ImageRuns::open(net.build(), network.input(), classes));
  auto state = std::make_unique<State>(State{.runs = std::move(runs), .measured = std::move(measured), .sums = {}, .images = 0});
  for (const std::size_t index : network::convolutions(network))
    state->sums.emplace_back(static_cast<std::size_t>(network.nodes[index].filters.out), 0.0);
  return SensitivityMeter(std::move(state));
}

SensitivityMeter::SensitivityMeter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SensitivityMeter::SensitivityMeter(SensitivityMeter&&) noexcept = default;
SensitivityMeter& SensitivityMeter::operator=(SensitivityMeter&&) noexcept = default;
SensitivityMeter::~SensitivityMeter() = default;

Result<void> SensitivityMeter::add(const Tensor& image, std::optional<std::size_t> label) {
  MOSAIC_TRY(const std::vector<Tensor> changes, state_->runs.run(image, label));
  for (const Tensor& change : changes) {
    if (!std::ranges::all_of(change.as<float>(), [](float value) { return std::isfinite(value); }))
      return fail(ErrorCode::kInvalidInput, "the network's gradients for this image are not finite");
  }
  for (std::size_t o = 0; o < changes.size(); ++o) {
    std::vector<double>& sums = state_->sums[state_->measured[o]];
    const std::span<const float> values = changes[o].as<float>();
    for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += static_cast<double>(values[c]) * static_cast<double>(values[c]);
  }
  ++state_->images;
  return {};
}

Sensitivities SensitivityMeter::sensitivities() const {
  MOSAIC_CHECK(state_->images > 0);
  Sensitivities means = state_->sums;
  for (std::vector<double>& layer : means) {
    for (double& value : layer) value /= static_cast<double>(state_->images);
  }
  return means;
}

std::size_t SensitivityMeter::images() const { return state_->images; }

}  // namespace mosaic::mapping
