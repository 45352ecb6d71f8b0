// A residual network of which depth, expansion and kernels are elastic: a stem of stride 2, stages of blocks, the mean over pixels, a linear layer. A
// block is a convolution of k x k pixels to the expanded channels and one of 3 x 3 back to the stage's, the first of a stage halving the image.

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "mosaic/base/random.h"
#include "mosaic/onnx/network.h"
#include "training/elastic_network.h"

namespace mosaic::training {
namespace {

using elastic::Space;
using elastic::Stage;
using elastic::SubNetwork;
using network::Activation;
using network::Kind;
using network::Node;

constexpr double kNormEpsilon = 1e-5;

/// Where a convolution's tensors are among the parameters: weights, then scale and shift of its normalisation, or a bias.
struct SharedConv {
  std::string name;
  std::size_t first = 0;
};

/// What of it a sub-network has.
struct ConvPart {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  bool relu = false;
};

struct SharedBlock {
  SharedConv expand;
  SharedConv project;
  std::optional<SharedConv> shortcut;
};

at::Tensor part_of_weights(const at::Tensor& weights, const ConvPart& part) {
  const std::int64_t rim = (weights.size(2) - part.kernel) / 2;
  return weights.slice(0, 0, part.out).slice(1, 0, part.in).slice(2, rim, rim + part.kernel).slice(3, rim, rim + part.kernel);
}

/// Computes what it is told, for a batch.
class Computing {
 public:
  using Value = at::Tensor;

  Computing(const std::vector<Parameter>& parameters, NormMode mode, NormStatistics* statistics)
      : parameters_(parameters), mode_(mode), statistics_(statistics) {}

  Value conv(const SharedConv& shared, const Value& x, const ConvPart& part) {
    const at::Tensor weights = part_of_weights(parameters_[shared.first].value, part);
    const at::Tensor scale = parameters_[shared.first + 1].value.slice(0, 0, part.out);
    const at::Tensor shift = parameters_[shared.first + 2].value.slice(0, 0, part.out);
    const at::Tensor y = normalised(at::conv2d(x, weights, {}, part.stride, part.kernel / 2), scale, shift);
    return part.relu ? at::relu(y) : y;
  }

  static Value sum(const std::string& /*name*/, const Value& a, const Value& b) { return at::relu(a + b); }

  Value classes(const SharedConv& shared, const Value& x) {
    return at::conv2d(x.mean({2, 3}, true), parameters_[shared.first].value, parameters_[shared.first + 1].value).flatten(1);
  }

 private:
  at::Tensor normalised(const at::Tensor& y, const at::Tensor& scale, const at::Tensor& shift) {
    const at::Tensor none;
    if (mode_ == NormMode::kBatch) return at::batch_norm(y, scale, shift, none, none, true, 0, kNormEpsilon, false);
    const std::size_t i = norm_++;
    if (statistics_->means.size() == i) {
      statistics_->means.push_back(at::zeros({y.size(1)}));
      statistics_->variances.push_back(at::ones({y.size(1)}));
    }
    const double weight = 1.0 / (1 + statistics_->batches);
    return at::batch_norm(y, scale, shift, statistics_->means[i], statistics_->variances[i], mode_ == NormMode::kCollect, weight, kNormEpsilon,
                          false);
  }

  const std::vector<Parameter>& parameters_;
  NormMode mode_;
  NormStatistics* statistics_;
  std::size_t norm_ = 0;
};

/// Draws what it is told, with normalisations folded in.
class Folding {
 public:
  using Value = std::size_t;

  Folding(const std::vector<Parameter>& parameters, const NormStatistics& statistics, const network::Extent& input, float magnitude)
      : parameters_(parameters), statistics_(statistics), magnitude_(magnitude) {
    network_.nodes.push_back({.name = "image", .kind = Kind::kInput, .extent = input});
  }

  Value conv(const SharedConv& shared, Value from, const ConvPart& part) {
    const std::int64_t pad = part.kernel / 2;
    const auto outside = [&](std::int64_t size) { return (size + 2 * pad - part.kernel) / part.stride + 1; };
    const network::Extent in = network_.nodes[from].extent;
    Node node{.name = shared.name,
              .kind = Kind::kConvolution,
              .inputs = {from},
              .extent = {.channels = part.out, .height = outside(in.height), .width = outside(in.width)},
              .activation = part.relu ? Activation::kRelu : Activation::kNone,
              .window = {.kernel = {part.kernel, part.kernel}, .stride = {part.stride, part.stride}, .padding = {pad, pad, pad, pad}},
              .filters = {.in = part.in, .out = part.out}};
    node.filters.weights = values_of(part_of_weights(parameters_[shared.first].value, part));
    fold(node.filters, values_of(parameters_[shared.first + 1].value), values_of(parameters_[shared.first + 2].value), from == 0 ? magnitude_ : 1);
    return add(std::move(node));
  }

  Value sum(const std::string& name, Value a, Value b) {
    return add({.name = name, .kind = Kind::kAdd, .inputs = {a, b}, .extent = network_.nodes[a].extent, .activation = Activation::kRelu});
  }

  Value classes(const SharedConv& shared, Value from) {
    const std::int64_t in = network_.nodes[from].extent.channels;
    const Value mean = add({.name = "mean", .kind = Kind::kGlobalPool, .inputs = {from}, .extent = {.channels = in}});
    Node node{.name = shared.name, .kind = Kind::kConvolution, .inputs = {mean}};
    node.filters.weights = values_of(parameters_[shared.first].value);
    node.filters.bias = values_of(parameters_[shared.first + 1].value);
    node.filters.in = in;
    node.filters.out = node.extent.channels = std::ssize(node.filters.bias);
    return add(std::move(node));
  }

  network::Network take() { return std::move(network_); }

 private:
  /// Pixels come in `magnitude` times larger than they were in training.
  void fold(network::Filters& filters, const std::vector<float>& scale, const std::vector<float>& shift, double magnitude) {
    const std::vector<float> mean = values_of(statistics_.means[norm_]);
    const std::vector<float> variance = values_of(statistics_.variances[norm_]);
    ++norm_;
    const std::size_t each = filters.weights.size() / mean.size();
    filters.bias.resize(mean.size());
    for (std::size_t c = 0; c < mean.size(); ++c) {
      const double factor = scale[c] / std::sqrt(static_cast<double>(variance[c]) + kNormEpsilon);
      for (std::size_t w = 0; w < each; ++w) filters.weights[c * each + w] = static_cast<float>(filters.weights[c * each + w] * factor / magnitude);
      filters.bias[c] = static_cast<float>(shift[c] - mean[c] * factor);
    }
  }

  Value add(Node node) {
    network_.nodes.push_back(std::move(node));
    return network_.nodes.size() - 1;
  }

  const std::vector<Parameter>& parameters_;
  const NormStatistics& statistics_;
  float magnitude_;
  std::size_t norm_ = 0;
  network::Network network_;
};

class ElasticConvolutions final : public ElasticNetwork {
 public:
  ElasticConvolutions(const ElasticDesign& design, std::uint64_t seed) : ElasticNetwork(design), random_(seed) {
    const Space& space = design_.space;
    stem_ = shared_conv("stem", {.in = design_.input.channels, .out = design_.widths[0], .kernel = 3});
    elastic::for_each_place(space, [&](std::size_t s, std::size_t layer, std::size_t /*place*/) {
      const Stage& stage = space.stages[s];
      const std::string name = fmt::format("{}.block{}", stage.name, layer + 1);
      const std::int64_t out = design_.widths[s];
      const std::int64_t in = entering(s, layer);
      const ConvPart expand = expansion(s, layer, stage.options() - 1);
      SharedBlock block{.expand = shared_conv(name + ".expand", expand),
                        .project = shared_conv(name + ".project", {.in = expand.out, .out = out, .kernel = 3}),
                        .shortcut = {}};
      if (in != out || expand.stride != 1) block.shortcut = shared_conv(name + ".shortcut", {.in = in, .out = out});
      blocks_.push_back(std::move(block));
    });
    classes_ = {.name = "classes", .first = parameters_.size()};
    add_weights("classes", {.in = design_.widths.back(), .out = design_.classes});
    parameters_.push_back({.name = "classes.bias", .value = at::zeros({design_.classes})});
  }

  onnx::Model model(const SubNetwork& network, const NormStatistics& statistics, float magnitude) const override {
    const int side = design_.space.resolutions[network.resolution];
    Folding folding(parameters_, statistics, {.channels = design_.input.channels, .height = side, .width = side}, magnitude);
    follow(network, folding, 0);
    network::Network folded = folding.take();
    folded.name = design_.space.name;
    return onnx::to_model(folded);
  }

 protected:
  at::Tensor computed(const at::Tensor& images, const SubNetwork& network, NormMode mode, NormStatistics* statistics) const override {
    Computing computing(parameters_, mode, statistics);
    return follow(network, computing, images);
  }

 private:
  /// The one place that says how a sub-network is made of shared layers, for all that is done with it.
  template <class Doing>
  typename Doing::Value follow(const SubNetwork& network, Doing& doing, const typename Doing::Value& image) const {
    typename Doing::Value x =
        doing.conv(stem_, image, {.in = design_.input.channels, .out = design_.widths[0], .kernel = 3, .stride = 2, .relu = true});
    elastic::for_each_place(design_.space, [&](std::size_t s, std::size_t layer, std::size_t place) {
      if (std::cmp_greater_equal(layer, design_.space.stages[s].depths[network.depths[s]])) return;
      const SharedBlock& block = blocks_[place];
      const ConvPart expand = expansion(s, layer, network.options[place]);
      const std::int64_t out = design_.widths[s];
      const auto inner = doing.conv(block.expand, x, expand);
      const auto y = doing.conv(block.project, inner, {.in = expand.out, .out = out, .kernel = 3});
      const auto past = block.shortcut ? doing.conv(*block.shortcut, x, {.in = expand.in, .out = out, .stride = expand.stride}) : x;
      x = doing.sum(block.expand.name + ".sum", y, past);
    });
    return doing.classes(classes_, x);
  }

  /// Channels that come into a layer of a stage.
  std::int64_t entering(std::size_t stage, std::size_t layer) const { return design_.widths[layer == 0 && stage > 0 ? stage - 1 : stage]; }

  ConvPart expansion(std::size_t stage, std::size_t layer, std::size_t option) const {
    const std::vector<int> values = elastic::knob_values(design_.space.stages[stage], option);
    return {.in = entering(stage, layer),
            .out = share_of_width(design_.widths[stage], values[1]),
            .kernel = values[0],
            .stride = layer == 0 && stage > 0 ? 2 : 1,
            .relu = true};
  }

  void add_weights(const std::string& name, const ConvPart& part) {
    const std::int64_t inputs = part.in * part.kernel * part.kernel;
    const double deviation = std::sqrt(2.0 / static_cast<double>(inputs));
    std::vector<float> values;
    for (std::int64_t w = 0; w < inputs * part.out; ++w) values.push_back(static_cast<float>(deviation * random_.normal()));
    const std::array<std::int64_t, 4> shape{part.out, part.in, part.kernel, part.kernel};
    parameters_.push_back({.name = name + ".weights", .value = tensor_of(values, shape), .decays = true});
  }

  SharedConv shared_conv(const std::string& name, const ConvPart& largest) {
    SharedConv shared{.name = name, .first = parameters_.size()};
    add_weights(name, largest);
    parameters_.push_back({.name = name + ".scale", .value = at::ones({largest.out})});
    parameters_.push_back({.name = name + ".shift", .value = at::zeros({largest.out})});
    return shared;
  }

  Random random_;
  SharedConv stem_;
  std::vector<SharedBlock> blocks_;  ///< by place
  SharedConv classes_;
};

}  // namespace

std::unique_ptr<ElasticNetwork> make_elastic_convolutions(const ElasticDesign& design, std::uint64_t seed) {
  return std::make_unique<ElasticConvolutions>(design, seed);
}

}  // namespace mosaic::training
