#include "training/latency_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/base/statistics.h"
#include "mosaic/base/tensor.h"
#include "mosaic/session/race.h"

namespace mosaic::training {
namespace {

using elastic::Space;
using elastic::Stage;
using elastic::SubNetwork;

/// A session and its input, which stay where they are.
struct Timed {
  std::unique_ptr<ort::Reference> session;
  Tensor input;
};

/// The smallest sub-network of a resolution, with this depth of one stage.
SubNetwork with_depth(const Space& space, std::size_t resolution, std::size_t stage, std::size_t depth) {
  SubNetwork network = smallest(space);
  network.resolution = static_cast<std::uint8_t>(resolution);
  network.depths[stage] = static_cast<std::uint8_t>(depth);
  return network;
}

SubNetwork with_option(SubNetwork network, std::size_t place, std::size_t option) {
  network.options[place] = static_cast<std::uint8_t>(option);
  return network;
}

/// The first depth that has this layer.
std::size_t depth_with(const Stage& stage, std::size_t layer) {
  std::size_t depth = 0;
  while (std::cmp_less_equal(stage.depths[depth], layer)) ++depth;
  return depth;
}

}  // namespace

Result<std::vector<std::vector<Nanoseconds>>> time_networks(const Extractor& extractor, std::span<const SubNetwork> networks,
                                                            const LatencyOptions& options) {
  std::vector<Runner> runners;  // a network with each number of threads, network after network
  for (std::size_t n = 0; n < networks.size(); ++n) {
    if (options.progress) options.progress("cutting out", static_cast<double>(n) / static_cast<double>(networks.size()));
    MOSAIC_TRY(const onnx::Model model, extractor.model(networks[n]));
    for (const int threads : options.threads) {
      auto timed = std::make_shared<Timed>();
      MOSAIC_TRY(timed->session, ort::Reference::open(model, {.threads = threads}));
      timed->input = extractor.zeros(networks[n]);
      MOSAIC_RETURN_IF_ERROR(timed->session->bind({&timed->input}));
      runners.push_back({.name = fmt::format("sub-network {}", n + 1), .run = [timed]() -> Result<Microseconds> {
                           MOSAIC_TRY(const Nanoseconds time, timed->session->run());
                           return Microseconds(time);
                         }});
    }
  }
  RaceOptions timing{.runs = options.runs, .most_seconds = 0, .stop = options.stop, .progress = {}};
  if (options.progress) timing.progress = [&](double share) { options.progress("latencies", share); };
  MOSAIC_TRY(const auto samples, race(runners, timing));
  std::vector<std::vector<Nanoseconds>> times(options.threads.size());
  for (std::size_t i = 0; i < samples.size(); ++i)
    times[i % times.size()].push_back(std::chrono::round<Nanoseconds>(Microseconds(median(samples[i]))));
  return times;
}

std::vector<SubNetwork> table_networks(const Space& space) {
  std::vector<SubNetwork> networks;
  for (std::size_t r = 0; r < space.resolutions.size(); ++r) {
    for (std::size_t s = 0; s < space.stages.size(); ++s) {
      for (std::size_t d = 0; d < space.stages[s].depths.size(); ++d) networks.push_back(with_depth(space, r, s, d));
    }
    for_each_place(space, [&](std::size_t s, std::size_t layer, std::size_t place) {
      const SubNetwork base = with_depth(space, r, s, depth_with(space.stages[s], layer));
      for (std::size_t option = 1; option < space.stages[s].options(); ++option) networks.push_back(with_option(base, place, option));
    });
  }
  std::ranges::sort(networks);
  const auto repeated = std::ranges::unique(networks);
  networks.erase(repeated.begin(), repeated.end());
  return networks;
}

void fill_latencies(elastic::AdditiveScores& scores, std::span<const Nanoseconds> times) {
  const Space& space = scores.space();
  std::map<SubNetwork, Nanoseconds> time_of;
  const std::vector<SubNetwork> networks = table_networks(space);
  for (std::size_t i = 0; i < networks.size(); ++i) time_of[networks[i]] = times[i];
  for (std::size_t r = 0; r < space.resolutions.size(); ++r) {
    scores.fixed(r).latency = time_of[with_depth(space, r, 0, 0)];
    for_each_place(space, [&](std::size_t s, std::size_t layer, std::size_t place) {
      const Stage& stage = space.stages[s];
      const std::size_t depth = depth_with(stage, layer);
      const SubNetwork base = with_depth(space, r, s, depth);
      // Layers of the least depth are in every network; others share what their depth adds to the one before.
      const Nanoseconds added = depth == 0
                                    ? Nanoseconds(0)
                                    : (time_of[base] - time_of[with_depth(space, r, s, depth - 1)]) / (stage.depths[depth] - stage.depths[depth - 1]);
      for (std::size_t option = 0; option < stage.options(); ++option)
        scores.layer(r, place, option).latency = added + time_of[with_option(base, place, option)] - time_of[base];
    });
  }
}

}  // namespace mosaic::training
