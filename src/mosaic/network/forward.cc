#include "mosaic/network/forward.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/network/window.h"

namespace mosaic::network {
namespace {

using Values = std::vector<float>;

Values zeros(const Extent& extent) { return Values(static_cast<std::size_t>(extent.size())); }

std::int64_t pixels(const Extent& extent) { return extent.height * extent.width; }

void activate(Activation activation, Values& values) {
  if (activation == Activation::kNone) return;
  const float most = activation == Activation::kRelu6 ? 6.0F : std::numeric_limits<float>::infinity();
  for (float& value : values) value = std::clamp(value, 0.0F, most);
}

Values convolve(const Node& node, const Extent& from, const Values& in) {
  const Filters& filters = node.filters;
  const std::int64_t channels = filters.in / filters.groups;
  const std::int64_t rows = filters.out / filters.groups;
  Values out = zeros(node.extent);
  const float* weight = filters.weights.data();
  for (std::int64_t o = 0; o < filters.out; ++o) {
    float* const target = out.data() + o * pixels(node.extent);
    std::fill_n(target, pixels(node.extent), filters.bias[static_cast<std::size_t>(o)]);
    for (std::int64_t c = 0; c < channels; ++c) {
      const float* const source = in.data() + (o / rows * channels + c) * pixels(from);
      for (std::int64_t ky = 0; ky < node.window.kernel[0]; ++ky) {
        for (std::int64_t kx = 0; kx < node.window.kernel[1]; ++kx) {
          const float factor = *weight++;
          visit_tap(from, node.extent, node.window, ky, kx, [=](std::int64_t to, std::int64_t at) { target[to] += factor * source[at]; });
        }
      }
    }
  }
  return out;
}

Values max_pool(const Node& node, const Extent& from, const Values& in) {
  Values out(static_cast<std::size_t>(node.extent.size()), -std::numeric_limits<float>::infinity());
  for (std::int64_t c = 0; c < from.channels; ++c) {
    const float* const source = in.data() + c * pixels(from);
    float* const target = out.data() + c * pixels(node.extent);
    visit_window(from, node.extent, node.window, [=](std::int64_t to, std::int64_t at) { target[to] = std::max(target[to], source[at]); });
  }
  return out;
}

Values average_pool(const Node& node, const Extent& from, const Values& in) {
  const auto count = static_cast<std::size_t>(pixels(node.extent));
  std::vector<double> there(count);
  visit_window(from, node.extent, node.window, [&](std::int64_t to, std::int64_t) { there[static_cast<std::size_t>(to)] += 1; });
  Values out;
  out.reserve(static_cast<std::size_t>(node.extent.size()));
  for (std::int64_t c = 0; c < from.channels; ++c) {
    std::vector<double> sums(count);
    const float* const source = in.data() + c * pixels(from);
    visit_window(from, node.extent, node.window,
                 [&](std::int64_t to, std::int64_t at) { sums[static_cast<std::size_t>(to)] += static_cast<double>(source[at]); });
    for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<float>(sums[i] / there[i]));
  }
  return out;
}

Values global_pool(const Extent& from, const Values& in) {
  Values out;
  for (std::int64_t c = 0; c < from.channels; ++c) {
    double sum = 0;
    for (std::int64_t i = 0; i < pixels(from); ++i) sum += static_cast<double>(in[static_cast<std::size_t>(c * pixels(from) + i)]);
    out.push_back(static_cast<float>(sum / static_cast<double>(pixels(from))));
  }
  return out;
}

Values subsample(const Node& node, const Extent& from, const Values& in) {
  Values out = zeros(node.extent);
  const Window grid{.stride = node.window.stride};
  for (std::int64_t c = 0; c < from.channels; ++c) {
    const float* const source = in.data() + c * pixels(from);
    float* const target = out.data() + (c + node.zero_channels[0]) * pixels(node.extent);
    visit_tap(from, node.extent, grid, 0, 0, [=](std::int64_t to, std::int64_t at) { target[to] = source[at]; });
  }
  return out;
}

Values sum(const Node& node, const std::vector<Values>& values) {
  Values out = values[node.inputs.front()];
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    const Values& other = values[node.inputs[i]];
    for (std::size_t k = 0; k < out.size(); ++k) out[k] += other[k];
  }
  return out;
}

Values join(const Node& node, const std::vector<Values>& values) {
  Values out;
  for (const std::size_t input : node.inputs) out.insert(out.end(), values[input].begin(), values[input].end());
  return out;
}

Values evaluate(const Network& network, const Node& node, const std::vector<Values>& values) {
  const Extent& from = network.nodes[node.inputs.front()].extent;
  const Values& in = values[node.inputs.front()];
  switch (node.kind) {
    case Kind::kConvolution:
      return convolve(node, from, in);
    case Kind::kAdd:
      return sum(node, values);
    case Kind::kConcat:
      return join(node, values);
    case Kind::kMaxPool:
      return max_pool(node, from, in);
    case Kind::kAveragePool:
      return average_pool(node, from, in);
    case Kind::kGlobalPool:
      return global_pool(from, in);
    case Kind::kSubsample:
      return subsample(node, from, in);
    case Kind::kInput:
    case Kind::kFlatten:
      break;
  }
  return in;
}

}  // namespace

std::vector<std::vector<float>> forward(const Network& network, std::span<const float> image) {
  MOSAIC_CHECK(static_cast<std::int64_t>(image.size()) == network.input().size());
  std::vector<Values> values{{image.begin(), image.end()}};
  for (std::size_t i = 1; i < network.nodes.size(); ++i) {
    const Node& node = network.nodes[i];
    Values out = evaluate(network, node, values);
    activate(node.activation, out);
    MOSAIC_CHECK(static_cast<std::int64_t>(out.size()) == node.extent.size());
    values.push_back(std::move(out));
  }
  return values;
}

}  // namespace mosaic::network
