#include "mosaic/mapping/gradients.h"

#include <iterator>
#include <utility>

#include "mosaic/mapping/image_runs.h"

namespace mosaic::mapping {

struct Gradients::State {
  ImageRuns runs;
};

Result<Gradients> Gradients::create(const network::Network& network, Labels labels) {
  onnx::Builder net(network.name, 1);
  MOSAIC_TRY(const LossGradients loss, add_loss_gradients(net, network, labels));
  net.output(loss.values.out.back(), onnx::shape_of(network.output()));
  for (const std::size_t layer : network::convolutions(network)) net.output(loss.gradients[layer], onnx::shape_of(network.nodes[layer].extent));
  const auto classes = labels == Labels::kGiven ? std::optional(network.output().channels) : std::nullopt;
  MOSAIC_TRY(ImageRuns runs, ImageRuns::open(net.build(), network.input(), classes));
  return Gradients(std::make_unique<State>(std::move(runs)));
}

Gradients::Gradients(std::unique_ptr<State> state) : state_(std::move(state)) {}
Gradients::Gradients(Gradients&&) noexcept = default;
Gradients& Gradients::operator=(Gradients&&) noexcept = default;
Gradients::~Gradients() = default;

Result<Gradients::Sample> Gradients::at(const Tensor& image, std::optional<std::size_t> label) {
  MOSAIC_TRY(std::vector<Tensor> outputs, state_->runs.run(image, label));
  Sample sample{.logits = std::move(outputs.front()), .layers = {}};
  sample.layers.assign(std::make_move_iterator(outputs.begin() + 1), std::make_move_iterator(outputs.end()));
  return sample;
}

}  // namespace mosaic::mapping
