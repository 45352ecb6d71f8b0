// A small vision Transformer of which depth, heads and the perceptron's width are elastic: patches of 4 x 4 pixels as tokens with learned places,
// encoder blocks that normalise first (Dosovitskiy and others, "An image is worth 16 x 16 words", ICLR 2021), the mean over tokens, a linear layer.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "mosaic/base/random.h"
#include "mosaic/onnx/builder.h"
#include "training/elastic_network.h"

namespace mosaic::training {
namespace {

using elastic::Stage;
using elastic::SubNetwork;
using onnx::Attributes;
using onnx::Builder;

constexpr std::int64_t kPatch = 4;
constexpr double kLayerNormEpsilon = 1e-5;

/// A linear layer of tokens, or a normalisation of them: weights, then bias.
struct Pair {
  std::size_t first = 0;
};

/// What of an encoder block a sub-network has.
struct EncoderPart {
  std::int64_t heads = 0;
  std::int64_t each = 0;    ///< channels of a head
  std::int64_t hidden = 0;  ///< of the perceptron

  [[nodiscard]] std::int64_t inner() const { return heads * each; }
};

struct SharedEncoder {
  Pair before_attention;
  std::array<Pair, 3> from_tokens;  ///< queries, keys, values
  Pair to_tokens;
  Pair before_perceptron;
  Pair expand;
  Pair project;
};

/// Computes what it is told, for a batch of tokens [N, T, width].
class TokenComputing {
 public:
  using Value = at::Tensor;

  explicit TokenComputing(const std::vector<Parameter>& parameters) : parameters_(parameters) {}

  /// [N, C, H, W] to tokens.
  Value patches(const Value& image, Pair patch, std::size_t places) {
    const at::Tensor y = at::conv2d(image, parameters_[patch.first].value, parameters_[patch.first + 1].value, kPatch);
    return y.flatten(2).transpose(1, 2) + parameters_[places].value;
  }

  Value normed(Pair pair, const Value& x) {
    const at::Tensor& scale = parameters_[pair.first].value;
    return at::layer_norm(x, scale.sizes(), scale, parameters_[pair.first + 1].value, kLayerNormEpsilon);
  }

  Value linear(Pair pair, const Value& x, std::int64_t out, std::int64_t in) {
    return at::linear(x, parameters_[pair.first].value.slice(0, 0, out).slice(1, 0, in), parameters_[pair.first + 1].value.slice(0, 0, out));
  }

  static Value relu(const Value& x) { return at::relu(x); }
  static Value sum(const Value& a, const Value& b) { return a + b; }

  static Value attended(const Value& queries, const Value& keys, const Value& values, const EncoderPart& part) {
    const auto apart = [&](const at::Tensor& x) { return x.reshape({x.size(0), x.size(1), part.heads, part.each}).transpose(1, 2); };
    const at::Tensor products = at::matmul(apart(queries), apart(keys).transpose(2, 3)) / std::sqrt(static_cast<double>(part.each));
    return at::matmul(products.softmax(-1), apart(values)).transpose(1, 2).reshape({queries.size(0), queries.size(1), part.inner()});
  }

  static Value mean(const Value& x) { return x.mean(1); }

 private:
  const std::vector<Parameter>& parameters_;
};

/// Draws it as a model.
class TokenDrawing {
 public:
  using Value = std::string;

  TokenDrawing(const std::vector<Parameter>& parameters, Builder& net, float magnitude) : parameters_(parameters), net_(net), magnitude_(magnitude) {}

  Value patches(const Value& image, Pair patch, std::size_t places) {
    const std::string weights = constant(parameters_[patch.first].value / magnitude_);
    const std::vector<std::int64_t> sides{kPatch, kPatch};
    const std::string y =
        net_.node("Conv", {image, weights, constant(parameters_[patch.first + 1].value)}, {{"kernel_shape", sides}, {"strides", sides}});
    const std::int64_t width = parameters_[patch.first].value.size(0);
    return net_.add(transposed(reshaped(y, {1, width, -1}), {0, 2, 1}), constant(parameters_[places].value));
  }

  /// As its parts: an operator of its own is newer than the models that mosaic writes.
  Value normed(Pair pair, const Value& x) {
    const Attributes over_channels{{"axes", std::vector<std::int64_t>{-1}}, {"keepdims", std::int64_t{1}}};
    const std::string centred = net_.node("Sub", {x, net_.node("ReduceMean", {x}, over_channels)});
    const std::string variance = net_.node("ReduceMean", {net_.node("Mul", {centred, centred})}, over_channels);
    const std::string deviation = net_.node("Sqrt", {net_.add(variance, net_.constant(name(), static_cast<float>(kLayerNormEpsilon)))});
    const std::string scaled = net_.node("Mul", {net_.node("Div", {centred, deviation}), constant(parameters_[pair.first].value)});
    return net_.add(scaled, constant(parameters_[pair.first + 1].value));
  }

  Value linear(Pair pair, const Value& x, std::int64_t out, std::int64_t in) {
    const at::Tensor weights = parameters_[pair.first].value.slice(0, 0, out).slice(1, 0, in);
    return net_.add(net_.node("MatMul", {x, constant(weights.t())}), constant(parameters_[pair.first + 1].value.slice(0, 0, out)));
  }

  Value relu(const Value& x) { return net_.relu(x); }
  Value sum(const Value& a, const Value& b) { return net_.add(a, b); }

  Value attended(const Value& queries, const Value& keys, const Value& values, const EncoderPart& part) {
    const auto apart = [&](const Value& x, const std::vector<std::int64_t>& order) {
      return transposed(reshaped(x, {1, -1, part.heads, part.each}), order);
    };
    const std::string root = net_.constant(name(), static_cast<float>(std::sqrt(static_cast<double>(part.each))));
    const std::string products = net_.node("Div", {net_.node("MatMul", {apart(queries, {0, 2, 1, 3}), apart(keys, {0, 2, 3, 1})}), root});
    const std::string mixed = net_.node("MatMul", {net_.softmax(products), apart(values, {0, 2, 1, 3})});
    return reshaped(transposed(mixed, {0, 2, 1, 3}), {1, -1, part.inner()});
  }

  Value mean(const Value& x) { return net_.node("ReduceMean", {x}, {{"axes", std::vector<std::int64_t>{1}}, {"keepdims", std::int64_t{0}}}); }

 private:
  std::string name() { return fmt::format("constant_{}", constants_++); }

  std::string constant(const at::Tensor& tensor) {
    Tensor values(ElementType::kFloat32, {tensor.sizes().begin(), tensor.sizes().end()});
    std::ranges::copy(values_of(tensor), values.as<float>().begin());
    return net_.constant(name(), values);
  }
  std::string reshaped(const Value& x, const std::vector<std::int64_t>& shape) { return net_.node("Reshape", {x, net_.constant(name(), shape)}); }
  std::string transposed(const Value& x, const std::vector<std::int64_t>& order) { return net_.node("Transpose", {x}, {{"perm", order}}); }

  const std::vector<Parameter>& parameters_;
  Builder& net_;
  float magnitude_;
  int constants_ = 0;
};

class ElasticTransformer final : public ElasticNetwork {
 public:
  ElasticTransformer(const ElasticDesign& design, std::uint64_t seed) : ElasticNetwork(design), random_(seed) {
    const std::int64_t width = design_.widths[0];
    const std::int64_t side = design_.input.width / kPatch;
    patch_ = add_pair("patches", {width, design_.input.channels, kPatch, kPatch});
    places_ = parameters_.size();
    parameters_.push_back({.name = "places", .value = at::zeros({1, side * side, width})});
    for (std::size_t layer = 0; layer < design_.space.places(); ++layer) {
      const EncoderPart part = part_of(design_.space.stages[0].options() - 1);
      const std::string name = fmt::format("encoder{}", layer + 1);
      SharedEncoder block;
      block.before_attention = add_norm(name + ".before_attention");
      const std::array names{"queries", "keys", "values"};
      for (std::size_t i = 0; i < names.size(); ++i) block.from_tokens[i] = add_pair(fmt::format("{}.{}", name, names[i]), {part.inner(), width});
      block.to_tokens = add_pair(name + ".attention", {width, part.inner()});
      block.before_perceptron = add_norm(name + ".before_perceptron");
      block.expand = add_pair(name + ".expand", {part.hidden, width});
      block.project = add_pair(name + ".project", {width, part.hidden});
      blocks_.push_back(block);
    }
    last_ = add_norm("last");
    classes_ = add_pair("classes", {design_.classes, width});
  }

  onnx::Model model(const SubNetwork& network, const NormStatistics& /*statistics*/, float magnitude) const override {
    const std::int64_t side = design_.input.width;
    Builder net(design_.space.name, 0);
    TokenDrawing drawing(parameters_, net, magnitude);
    net.output(follow(network, drawing, net.input("input", {1, design_.input.channels, side, side})), {1, design_.classes});
    return net.build();
  }

 protected:
  at::Tensor computed(const at::Tensor& images, const SubNetwork& network, NormMode /*mode*/, NormStatistics* /*statistics*/) const override {
    TokenComputing computing(parameters_);
    return follow(network, computing, images);
  }

 private:
  /// The one place that says how a sub-network is made of shared layers.
  template <class Doing>
  typename Doing::Value follow(const SubNetwork& network, Doing& doing, const typename Doing::Value& image) const {
    const std::int64_t width = design_.widths[0];
    typename Doing::Value x = doing.patches(image, patch_, places_);
    const auto depth = static_cast<std::size_t>(design_.space.stages[0].depths[network.depths[0]]);
    for (std::size_t layer = 0; layer < depth; ++layer) {
      const SharedEncoder& block = blocks_[layer];
      const EncoderPart part = part_of(network.options[layer]);
      const auto tokens = doing.normed(block.before_attention, x);
      const auto queries = doing.linear(block.from_tokens[0], tokens, part.inner(), width);
      const auto keys = doing.linear(block.from_tokens[1], tokens, part.inner(), width);
      const auto values = doing.linear(block.from_tokens[2], tokens, part.inner(), width);
      x = doing.sum(x, doing.linear(block.to_tokens, doing.attended(queries, keys, values, part), width, part.inner()));
      const auto hidden = doing.relu(doing.linear(block.expand, doing.normed(block.before_perceptron, x), part.hidden, width));
      x = doing.sum(x, doing.linear(block.project, hidden, width, part.hidden));
    }
    return doing.linear(classes_, doing.mean(doing.normed(last_, x)), design_.classes, width);
  }

  EncoderPart part_of(std::size_t option) const {
    const Stage& stage = design_.space.stages[0];
    const std::vector<int> values = knob_values(stage, option);
    const std::int64_t width = design_.widths[0];
    return {.heads = values[0], .each = std::max<std::int64_t>(1, width / stage.knobs[0].values.back()), .hidden = share_of_width(width, values[1])};
  }

  Pair add_pair(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::int64_t inputs = 1;
    for (std::size_t d = 1; d < shape.size(); ++d) inputs *= shape[d];
    const double deviation = 1 / std::sqrt(static_cast<double>(inputs));
    std::vector<float> values;
    for (std::int64_t w = 0; w < inputs * shape[0]; ++w) values.push_back(static_cast<float>(deviation * random_.normal()));
    const Pair pair{parameters_.size()};
    parameters_.push_back({.name = name + ".weights", .value = tensor_of(values, shape), .decays = true});
    parameters_.push_back({.name = name + ".bias", .value = at::zeros({shape[0]})});
    return pair;
  }

  Pair add_norm(const std::string& name) {
    const Pair pair{parameters_.size()};
    parameters_.push_back({.name = name + ".scale", .value = at::ones({design_.widths[0]})});
    parameters_.push_back({.name = name + ".shift", .value = at::zeros({design_.widths[0]})});
    return pair;
  }

  Random random_;
  Pair patch_;
  std::size_t places_ = 0;
  std::vector<SharedEncoder> blocks_;  ///< by place
  Pair last_;
  Pair classes_;
};

}  // namespace

std::unique_ptr<ElasticNetwork> make_elastic_transformer(const ElasticDesign& design, std::uint64_t seed) {
  return std::make_unique<ElasticTransformer>(design, seed);
}

}  // namespace mosaic::training
