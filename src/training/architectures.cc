#include "training/architectures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "mosaic/base/random.h"

namespace mosaic::training {
namespace {

using network::Activation;
using network::Extent;
using network::Kind;
using network::Network;
using network::Node;

constexpr std::array<std::int64_t, 3> kWidths{16, 32, 64};
constexpr std::int64_t kSmallest = 8;

struct ConvOptions {
  std::int64_t out = 1;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  Activation activation = Activation::kRelu;
};

class Drawing {
 public:
  Drawing(std::string name, const Extent& input, std::uint64_t seed) : random_(seed) {
    network_.name = std::move(name);
    network_.nodes.push_back({.name = "image", .kind = Kind::kInput, .extent = input});
  }

  std::size_t conv(std::string name, std::size_t from, const ConvOptions& options) {
    const Extent in = network_.nodes[from].extent;
    const std::int64_t pad = options.kernel / 2;
    const auto outside = [&](std::int64_t size) { return (size + 2 * pad - options.kernel) / options.stride + 1; };
    Node node{.name = std::move(name),
              .kind = Kind::kConvolution,
              .inputs = {from},
              .extent = {.channels = options.out, .height = outside(in.height), .width = outside(in.width)},
              .activation = options.activation,
              .window = {.kernel = {options.kernel, options.kernel}, .stride = {options.stride, options.stride}, .padding = {pad, pad, pad, pad}},
              .filters = {.in = in.channels, .out = options.out}};
    const std::int64_t inputs = in.channels * options.kernel * options.kernel;
    const double deviation = std::sqrt(2.0 / static_cast<double>(inputs));
    for (std::int64_t w = 0; w < inputs * options.out; ++w) node.filters.weights.push_back(static_cast<float>(deviation * random_.normal()));
    node.filters.bias.assign(static_cast<std::size_t>(options.out), 0.0F);
    return add(std::move(node));
  }

  std::size_t sum(std::string name, std::size_t a, std::size_t b) {
    return add({.name = std::move(name), .kind = Kind::kAdd, .inputs = {a, b}, .extent = network_.nodes[a].extent, .activation = Activation::kRelu});
  }

  std::size_t mean(std::size_t from) {
    const std::int64_t channels = network_.nodes[from].extent.channels;
    return add({.name = "mean", .kind = Kind::kGlobalPool, .inputs = {from}, .extent = {.channels = channels}});
  }

  /// Two 3 x 3 convolutions and what goes past them.
  std::size_t block(const std::string& name, std::size_t from, std::int64_t out, std::int64_t stride) {
    const std::size_t first = conv(name + ".conv1", from, {.out = out, .stride = stride});
    const std::size_t second = conv(name + ".conv2", first, {.out = out, .activation = Activation::kNone});
    const bool same = stride == 1 && network_.nodes[from].extent.channels == out;
    const std::size_t past =
        same ? from : conv(name + ".shortcut", from, {.out = out, .kernel = 1, .stride = stride, .activation = Activation::kNone});
    return sum(name + ".sum", second, past);
  }

  std::vector<float>& weights(std::size_t node) { return network_.nodes[node].filters.weights; }
  Network take() { return std::move(network_); }

 private:
  std::size_t add(Node node) {
    network_.nodes.push_back(std::move(node));
    return network_.nodes.size() - 1;
  }

  Random random_;
  Network network_;
};

}  // namespace

std::vector<std::string> architectures() { return {"resnet8", "resnet20"}; }

bool is_architecture(const std::string& name) {
  const auto all = architectures();
  return std::ranges::find(all, name) != all.end();
}

Result<Network> make_architecture(const std::string& name, const Extent& input, std::int64_t classes, float magnitude, std::uint64_t seed) {
  if (!is_architecture(name))
    return fail(ErrorCode::kInvalidInput, fmt::format("there is no architecture '{}': {}", name, fmt::join(architectures(), ", ")));
  if (std::min(input.height, input.width) < kSmallest || classes < 2)
    return fail(ErrorCode::kInvalidInput, fmt::format("{} wants images of {} x {} pixels or more and two classes or more, not {} x {} and {}", name,
                                                      kSmallest, kSmallest, input.height, input.width, classes));
  const int blocks = name == "resnet8" ? 1 : 3;
  Drawing draw(name, input, seed);
  std::size_t last = draw.conv("stem", 0, {.out = kWidths[0], .stride = 2});
  for (float& weight : draw.weights(last)) weight /= magnitude;
  for (std::size_t stage = 0; stage < kWidths.size(); ++stage) {
    for (int block = 0; block < blocks; ++block)
      last = draw.block(fmt::format("stage{}.block{}", stage + 1, block + 1), last, kWidths[stage], stage > 0 && block == 0 ? 2 : 1);
  }
  draw.conv("classes", draw.mean(last), {.out = classes, .kernel = 1, .activation = Activation::kNone});
  return draw.take();
}

}  // namespace mosaic::training
