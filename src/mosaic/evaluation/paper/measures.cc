#include "mosaic/evaluation/paper/measures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>

namespace mosaic::evaluation {
namespace {

double geometric_mean(const PaperResults& results, bool large, const std::function<double(const NetworkResult&)>& of) {
  double sum = 0;
  double count = 0;
  for (const NetworkResult& network : results.networks) {
    if (network.large != large) continue;
    sum += std::log(of(network));
    count += 1;
  }
  return std::exp(sum / count);
}

}  // namespace

double measured(const NetworkResult& network, bool energy, std::string_view version) {
  const VersionResult* const found = network.find(energy ? network.energy : network.latency, version);
  if (found == nullptr) return std::nan("");
  return energy ? found->measured.energy.value : found->measured.time.count();
}

double reduction_percent(const PaperResults& results, bool large, bool energy, std::string_view version, std::string_view than) {
  return 100 * (1 - geometric_mean(results, large, [&](const NetworkResult& network) {
                  return measured(network, energy, version) / measured(network, energy, than);
                }));
}

double normalised_mean(const PaperResults& results, bool large, bool energy, std::string_view version) {
  return geometric_mean(results, large,
                        [&](const NetworkResult& network) { return measured(network, energy, version) / measured(network, energy, "TF-GPU-O"); });
}

double gap_percent(const PaperResults& results, bool large, bool energy) {
  double sum = 0;
  double count = 0;
  for (const NetworkResult& network : results.networks) {
    if (network.large != large) continue;
    sum += 100 * (measured(network, energy, "MOSAIC") / measured(network, energy, "exhaustive") - 1);
    count += 1;
  }
  return sum / count;
}

double estimation_error_percent(const NetworkResult& network, bool energy) {
  const VersionResult* const mosaic = network.find(energy ? network.energy : network.latency, "MOSAIC");
  if (mosaic == nullptr || !mosaic->estimated) return std::nan("");
  const double estimated = energy ? mosaic->estimated->energy.value : mosaic->estimated->time.count();
  return 100 * (estimated / measured(network, energy, "MOSAIC") - 1);
}

double mean_error_percent(const PaperResults& results, bool energy) {
  double sum = 0;
  for (const NetworkResult& network : results.networks) sum += std::abs(estimation_error_percent(network, energy));
  return sum / static_cast<double>(results.networks.size());
}

std::vector<Loss> losses(const PaperResults& results, bool energy) {
  std::vector<Loss> lost;
  for (const NetworkResult& network : results.networks) {
    const double mosaic = measured(network, energy, "MOSAIC");
    for (const VersionResult& version : energy ? network.energy : network.latency) {
      if (version.version == "MOSAIC" || version.version == "exhaustive" || version.version == "published") continue;
      const double other = measured(network, energy, version.version);
      if (!(other < mosaic)) continue;
      lost.push_back({.network = network.key,
                      .version = version.version,
                      .percent = 100 * (mosaic / other - 1),
                      .error_percent = std::abs(estimation_error_percent(network, energy))});
    }
  }
  return lost;
}

std::vector<OrderException> order_exceptions(const PaperResults& results, bool energy) {
  std::vector<OrderException> exceptions;
  const double unit = energy ? 1e3 : 1e-3;
  for (const NetworkResult& network : results.networks) {
    const double hca = unit * measured(network, energy, "HCA");
    const double hcca = unit * measured(network, energy, "HCCA");
    const double mosaic = unit * measured(network, energy, "MOSAIC");
    if (hca >= hcca && hcca >= mosaic) continue;
    exceptions.push_back({.network = network.key, .hca = hca, .hcca = hcca, .mosaic = mosaic});
  }
  return exceptions;
}

std::vector<EstimatedOrder> estimated_orders(const PaperResults& results) {
  std::vector<EstimatedOrder> orders;
  for (const bool energy : {false, true}) {
    for (const NetworkResult& network : results.networks) {
      const auto& versions = energy ? network.energy : network.latency;
      const VersionResult* const mosaic = network.find(versions, "MOSAIC");
      if (mosaic == nullptr || !mosaic->estimated) continue;
      const auto value = [&](const VersionResult& version) {
        return energy ? 1000 * version.estimated->energy.value : Milliseconds(version.estimated->time).count();
      };
      EstimatedOrder order{.network = network.key, .energy = energy, .mosaic = value(*mosaic), .version = {}, .cheapest = 0, .versions = 0};
      for (const VersionResult& version : versions) {
        if (&version == mosaic || version.version == "exhaustive" || !version.estimated) continue;
        if (order.versions == 0 || value(version) < order.cheapest) {
          order.version = version.version;
          order.cheapest = value(version);
        }
        ++order.versions;
      }
      if (order.versions > 0) orders.push_back(order);
    }
  }
  return orders;
}

std::span<const PublishedReduction> published_reductions() {
  static constexpr std::array<PublishedReduction, 16> kAll{{
      {.large = true, .energy = false, .against = "TF-BIG-P", .percent = 70.3},
      {.large = true, .energy = false, .against = "TF-LITTLE-P", .percent = 86.1},
      {.large = true, .energy = false, .against = "TF-GPU-P", .percent = 39.1},
      {.large = true, .energy = false, .against = "TF-NPU-P", .percent = 29.2},
      {.large = true, .energy = true, .against = "TF-BIG-O", .percent = 91.0},
      {.large = true, .energy = true, .against = "TF-LITTLE-O", .percent = 80.5},
      {.large = true, .energy = true, .against = "TF-GPU-O", .percent = 83.4},
      {.large = true, .energy = true, .against = "TF-NPU-O", .percent = 36.6},
      {.large = false, .energy = false, .against = "TF-BIG-P", .percent = 58.8},
      {.large = false, .energy = false, .against = "TF-LITTLE-P", .percent = 80.4},
      {.large = false, .energy = false, .against = "TF-GPU-P", .percent = 29.5},
      {.large = false, .energy = false, .against = "TF-NPU-P", .percent = 9.2},
      {.large = false, .energy = true, .against = "TF-BIG-O", .percent = 87.6},
      {.large = false, .energy = true, .against = "TF-LITTLE-O", .percent = 74.5},
      {.large = false, .energy = true, .against = "TF-GPU-O", .percent = 78.2},
      {.large = false, .energy = true, .against = "TF-NPU-O", .percent = 22.9},
  }};
  return kAll;
}

double level(const PaperResults& results, const PublishedReduction& published) {
  const double ours = reduction_percent(results, published.large, published.energy, "MOSAIC", published.against);
  return (100 - ours) / (100 - published.percent);
}

Likeness compare_plans(const NetworkResult& network, const std::vector<SliceName>& ours, const std::vector<SliceName>& published) {
  std::set<std::size_t> npu_lacks;
  std::size_t layers = 0;
  for (const LayerOnDevice& layer : network.layers) {
    layers = std::max(layers, layer.layer);
    if (layer.device == 'N' && !layer.measured) npu_lacks.insert(layer.layer);
  }
  const auto device_of = [](const std::vector<SliceName>& plan, std::size_t layer) {
    char device = ' ';
    for (const SliceName& slice : plan) {
      if (slice.first_layer <= layer) device = slice.device;
    }
    return device;
  };
  Likeness likeness;
  std::size_t same = 0;
  for (std::size_t layer = 1; layer <= layers; ++layer) same += device_of(ours, layer) == device_of(published, layer) ? 1 : 0;
  likeness.same_device_percent = layers > 0 ? 100 * static_cast<double>(same) / static_cast<double>(layers) : 0;
  for (std::size_t s = 1; s < published.size(); ++s) {
    const std::size_t border = published[s].first_layer;
    ++likeness.borders;
    if (std::ranges::find(ours, border, &SliceName::first_layer) == ours.end()) continue;
    ++likeness.common_borders;
    likeness.common_inputs += npu_lacks.contains(border) || npu_lacks.contains(border - 1) ? 1 : 0;
  }
  return likeness;
}

}  // namespace mosaic::evaluation
