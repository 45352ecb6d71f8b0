#include "mosaic/evaluation/paper/features.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "mosaic/evaluation/paper/plan_difference.h"

namespace mosaic::evaluation {
namespace {

using Slices = std::vector<SliceName>;

bool uses(const Slices& plan, char device) { return std::ranges::find(plan, device, &SliceName::device) != plan.end(); }

/// Whether two slices lie next to each other on the NPU: its memory holds no more.
bool cut_by_memory(const Slices& plan, const NetworkResult&) {
  return std::ranges::adjacent_find(plan, [](const SliceName& a, const SliceName& b) { return a.device == 'N' && b.device == 'N'; }) != plan.end();
}

bool begins_on_npu(const Slices& plan, const NetworkResult&) { return plan.front().device == 'N'; }
bool begins_on_gpu(const Slices& plan, const NetworkResult&) { return plan.front().device == 'G'; }
bool has_little(const Slices& plan, const NetworkResult&) { return uses(plan, 'L'); }
bool has_no_little(const Slices& plan, const NetworkResult&) { return !uses(plan, 'L'); }

/// Whether some slice on the NPU ends before a layer that the NPU could run, and that is on another device.
bool leaves_npu_unforced(const Slices& plan, const NetworkResult& network) {
  std::set<std::size_t> lacks;
  for (const LayerOnDevice& layer : network.layers) {
    if (layer.device == 'N' && !layer.measured) lacks.insert(layer.layer);
  }
  for (std::size_t s = 1; s < plan.size(); ++s) {
    if (plan[s - 1].device == 'N' && plan[s].device != 'N' && !lacks.contains(plan[s].first_layer)) return true;
  }
  return false;
}

/// The layers that the NPU lacks an operator for are on cores.
bool missing_on_cores(const Slices& plan, const NetworkResult& network) {
  bool any = false;
  for (const LayerOnDevice& layer : network.layers) {
    if (layer.device != 'N' || layer.measured) continue;
    const auto next = std::ranges::find_if(plan, [&](const SliceName& slice) { return slice.first_layer > layer.layer; });
    const char device = std::prev(next)->device;
    if (device != 'B' && device != 'L') return false;
    any = true;
  }
  return any;
}

/// The layers that the NPU lacks an operator for are elsewhere: so they must be.
bool missing_elsewhere(const Slices& plan, const NetworkResult& network) {
  bool any = false;
  for (const LayerOnDevice& layer : network.layers) {
    if (layer.device != 'N' || layer.measured) continue;
    const auto next = std::ranges::find_if(plan, [&](const SliceName& slice) { return slice.first_layer > layer.layer; });
    if (std::prev(next)->device == 'N') return false;
    any = true;
  }
  return any;
}

bool lowers_clocks(const Slices& plan, const NetworkResult&) {
  return std::ranges::any_of(plan, [](const SliceName& slice) {
    const std::int64_t highest = slice.device == 'B' ? 2362 : slice.device == 'L' ? 1844 : slice.device == 'G' ? 767 : 960;
    return slice.mhz > 0 && slice.mhz < highest;
  });
}

/// One device at two clocks in one plan.
bool mixes_clocks(const Slices& plan, const NetworkResult&) {
  return std::ranges::any_of(plan, [&](const SliceName& a) {
    return std::ranges::any_of(plan, [&](const SliceName& b) { return a.device == b.device && a.mhz != b.mhz; });
  });
}

struct Wanted {
  bool energy;
  const char* text;
  bool (*shows)(const Slices&, const NetworkResult&);
  std::string_view on = {};  // devices of the published plan that it is about; empty: all
  bool input = false;        // follows from the operators that the NPU lacks or the memory that layers need, inferred from the tables
};

constexpr std::array kWanted{
    Wanted{.energy = false, .text = "the plan begins on the NPU", .shows = begins_on_npu, .on = "N"},
    Wanted{.energy = false, .text = "layers whose operators the NPU lacks are elsewhere", .shows = missing_elsewhere, .input = true},
    Wanted{.energy = false, .text = "... and on cores, not on the GPU", .shows = missing_on_cores, .on = "BL"},
    Wanted{.energy = false, .text = "the NPU's memory cuts the network: two slices on it in a row", .shows = cut_by_memory, .input = true},
    Wanted{.energy = false, .text = "the NPU is left before a layer that it could run", .shows = leaves_npu_unforced, .on = "BLG"},
    Wanted{.energy = false, .text = "the little cores are not used", .shows = has_no_little},
    Wanted{.energy = true, .text = "the plan begins on the NPU", .shows = begins_on_npu, .on = "N"},
    Wanted{.energy = true, .text = "the plan begins on the GPU", .shows = begins_on_gpu, .on = "G"},
    Wanted{.energy = true, .text = "layers whose operators the NPU lacks are elsewhere", .shows = missing_elsewhere, .input = true},
    Wanted{.energy = true, .text = "... and on cores, not on the GPU", .shows = missing_on_cores, .on = "BL"},
    Wanted{.energy = true, .text = "the little cores are used", .shows = has_little, .on = "L"},
    Wanted{.energy = true, .text = "the NPU's memory cuts the network: two slices on it in a row", .shows = cut_by_memory, .input = true},
    Wanted{.energy = true, .text = "the NPU is left before a layer that it could run", .shows = leaves_npu_unforced, .on = "BLG"},
    Wanted{.energy = true, .text = "devices run below their highest clocks", .shows = lowers_clocks},
    Wanted{.energy = true, .text = "one device runs at two clocks in one plan", .shows = mixes_clocks},
};

PlanFeature look_for(const Wanted& wanted, const PaperResults& results) {
  PlanFeature feature{.energy = wanted.energy, .text = wanted.text, .published = {}, .ours = {}, .why = {}};
  for (const NetworkResult& network : results.networks) {
    const auto& versions = wanted.energy ? network.energy : network.latency;
    const VersionResult* const ours = network.find(versions, "MOSAIC");
    const VersionResult* const published = network.find(versions, "published");
    if (ours == nullptr || published == nullptr || !wanted.shows(published->plan, network)) continue;
    feature.published.push_back(network.key);
    if (wanted.shows(ours->plan, network)) {
      feature.ours.push_back(network.key);
      continue;
    }
    const auto& difference = wanted.energy ? network.energy_difference : network.latency_difference;
    const std::string because = difference ? reason(*difference, wanted.energy, wanted.on) : "";
    if (!because.empty()) feature.why += fmt::format("{}{}: {}", feature.why.empty() ? "" : "; ", network.key, because);
  }
  if (feature.published.empty()) {
    feature.verdict = Verdict::kNotJudged;
  } else if (wanted.input && results.fitted) {
    feature.verdict = Verdict::kInput;
  } else if (2 * feature.ours.size() > feature.published.size()) {
    feature.verdict = Verdict::kReproduced;
  }
  return feature;
}

}  // namespace

std::vector<PlanFeature> plan_features(const PaperResults& results) {
  std::vector<PlanFeature> features;
  for (const Wanted& wanted : kWanted) features.push_back(look_for(wanted, results));
  return features;
}

}  // namespace mosaic::evaluation
