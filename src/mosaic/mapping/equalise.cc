#include "mosaic/mapping/equalise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "mosaic/network/forward.h"

namespace mosaic::mapping {
namespace {

using network::Activation;
using network::Filters;
using network::Kind;
using network::Network;
using network::Node;

constexpr int kEqualisations = 40;
constexpr double kSettled = 1e-3;
constexpr double kMostFactor = 1024;
constexpr double kCeiling = 6;  // of ReLU6

/// A convolution whose output another one alone reads.
struct Place {
  std::size_t from;
  std::size_t to;
};

bool lets_factors_through(const Node& node) {
  return node.kind == Kind::kMaxPool || node.kind == Kind::kAveragePool || node.kind == Kind::kGlobalPool;
}

std::vector<Place> places_of(const Network& network) {
  std::vector<std::vector<std::size_t>> readers(network.nodes.size());
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    for (const std::size_t input : network.nodes[n].inputs) readers[input].push_back(n);
  }
  std::vector<Place> places;
  for (const std::size_t from : network::convolutions(network)) {
    std::size_t at = from;
    while (readers[at].size() == 1 && lets_factors_through(network.nodes[readers[at][0]])) at = readers[at][0];
    if (readers[at].size() == 1 && network.nodes[readers[at][0]].kind == Kind::kConvolution) places.push_back({.from = from, .to = readers[at][0]});
  }
  return places;
}

/// Calls visit(w) for the weights that read an input channel.
template <class Visit>
void for_readers(const Filters& filters, std::size_t channel, Visit visit) {
  const auto in = static_cast<std::size_t>(filters.in / filters.groups);
  const auto out = static_cast<std::size_t>(filters.out / filters.groups);
  const std::size_t taps = filters.weights.size() / (static_cast<std::size_t>(filters.out) * in);
  const std::size_t group = channel / in;
  for (std::size_t o = group * out; o < (group + 1) * out; ++o) {
    const std::size_t begin = (o * in + channel % in) * taps;
    for (std::size_t w = begin; w < begin + taps; ++w) visit(w);
  }
}

double magnitude(float value) { return std::fabs(static_cast<double>(value)); }

class Equaliser {
 public:
  Equaliser(const Network& network, std::span<const std::vector<float>> images)
      : network_(network), places_(places_of(network)), largest_(network.nodes.size()) {
    for (const Place& place : places_) largest_[place.from].resize(static_cast<std::size_t>(network.nodes[place.from].filters.out));
    for (const std::vector<float>& image : images) watch(network::forward(network, image));
  }

  Network run() {
    for (int round = 0; round < kEqualisations; ++round) {
      double most = 0;
      for (const Place& place : places_) most = std::max(most, equalise(place));
      if (most < kSettled) break;
    }
    return std::move(network_);
  }

 private:
  void watch(const std::vector<std::vector<float>>& values) {
    for (const Place& place : places_) {
      std::vector<double>& largest = largest_[place.from];
      const std::vector<float>& output = values[place.from];
      const std::size_t pixels = output.size() / largest.size();
      for (std::size_t i = 0; i < output.size(); ++i) largest[i / pixels] = std::max(largest[i / pixels], magnitude(output[i]));
    }
  }

  /// Of one channel, whatever its scale: none where it is switched off.
  [[nodiscard]] std::optional<double> factor(const Place& place, std::size_t channel) const {
    const Filters& from = network_.nodes[place.from].filters;
    const std::size_t size = from.weights.size() / static_cast<std::size_t>(from.out);
    double before = 0;
    for (std::size_t w = channel * size; w < (channel + 1) * size; ++w) before = std::max(before, magnitude(from.weights[w]));
    const Filters& to = network_.nodes[place.to].filters;
    double behind = 0;
    for_readers(to, channel, [&](std::size_t w) { behind = std::max(behind, magnitude(to.weights[w])); });
    const double value = largest_[place.from][channel];
    if (before == 0 || behind == 0 || value == 0) return {};
    return std::cbrt(before * value / behind);
  }

  /// By how much a factor was off, at most.
  double equalise(const Place& place) {
    Node& from = network_.nodes[place.from];
    std::vector<std::optional<double>> factors;
    double log_sum = 0;
    double known = 0;
    for (std::size_t c = 0; c < largest_[place.from].size(); ++c) {
      factors.push_back(factor(place, c));
      if (!factors.back()) continue;
      log_sum += std::log(*factors.back());
      ++known;
    }
    double most = 0;
    for (std::size_t c = 0; c < factors.size(); ++c) {
      if (!factors[c]) continue;
      double by = *factors[c] / (from.activation == Activation::kNone ? 1 : std::exp(log_sum / known));
      by = std::clamp(by, 1 / kMostFactor, kMostFactor);
      if (from.activation == Activation::kRelu6) by = within_ceiling(by, largest_[place.from][c]);
      divide(place, c, by);
      most = std::max(most, std::fabs(std::log(by)));
    }
    return most;
  }

  static double within_ceiling(double by, double value) { return value >= kCeiling ? 1 : std::max(by, value / kCeiling); }

  void divide(const Place& place, std::size_t channel, double by) {
    Filters& from = network_.nodes[place.from].filters;
    const std::size_t size = from.weights.size() / static_cast<std::size_t>(from.out);
    for (std::size_t w = channel * size; w < (channel + 1) * size; ++w)
      from.weights[w] = static_cast<float>(static_cast<double>(from.weights[w]) / by);
    from.bias[channel] = static_cast<float>(static_cast<double>(from.bias[channel]) / by);
    Filters& to = network_.nodes[place.to].filters;
    for_readers(to, channel, [&](std::size_t w) { to.weights[w] = static_cast<float>(static_cast<double>(to.weights[w]) * by); });
    largest_[place.from][channel] /= by;
  }

  Network network_;
  std::vector<Place> places_;
  std::vector<std::vector<double>> largest_;  ///< value of each channel on the images, of nodes that are a place's `from`
};

}  // namespace

Result<Network> equalised(const Network& network, std::span<const std::vector<float>> images) {
  if (images.empty()) return fail(ErrorCode::kInvalidInput, "no images to find channels' sizes on");
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (static_cast<std::int64_t>(images[i].size()) != network.input().size())
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("image {} has {} numbers, {} takes {}", i, images[i].size(), network.name, network.input().size()));
  }
  return Equaliser(network, images).run();
}

}  // namespace mosaic::mapping
