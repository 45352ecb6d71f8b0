#include "mosaic/evaluation/paper/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace mosaic::evaluation {
namespace {

const NetworkResult* find(const PaperResults& results, std::string_view key) {
  const auto found = std::ranges::find(results.networks, key, &NetworkResult::key);
  return found == results.networks.end() ? nullptr : &*found;
}

/// In how many of layers [first, last] one device needs less than another, of how many.
std::pair<int, int> layers_won(const PaperResults& results, std::string_view key, bool energy, char winner, char loser, std::size_t first,
                               std::size_t last) {
  std::map<std::pair<char, std::size_t>, double> cost;
  const NetworkResult* const network = find(results, key);
  if (network == nullptr) return {0, 0};
  for (const LayerOnDevice& layer : network->layers) {
    if (layer.measured) cost[{layer.device, layer.layer}] = energy ? layer.measured->energy.value : layer.measured->time.count();
  }
  int won = 0;
  int of = 0;
  for (std::size_t layer = first; layer <= last; ++layer) {
    const auto a = cost.find({winner, layer});
    const auto b = cost.find({loser, layer});
    if (a == cost.end() || b == cost.end()) continue;
    ++of;
    won += a->second < b->second ? 1 : 0;
  }
  return {won, of};
}

class Claims {
 public:
  explicit Claims(const PaperResults& results) : results_(results) {}

  std::vector<Claim> run() {
    layer_claims();
    communication_claims();
    search_claims();
    latency_claims();
    energy_claims();
    component_claims();
    small_claims();
    error_claims();
    return std::move(claims_);
  }

 private:
  void add(std::string where, std::string text, std::string paper, std::string ours, Verdict verdict) {
    claims_.push_back({.where = std::move(where), .text = std::move(text), .paper = std::move(paper), .ours = std::move(ours), .verdict = verdict});
  }

  /// A verdict that needs the figures to be there.
  static Verdict judged(double figure, bool holds) {
    if (!std::isfinite(figure)) return Verdict::kNotJudged;
    return holds ? Verdict::kReproduced : Verdict::kNotReproduced;
  }

  /// What the truth of this board was fitted to, or judged like any other.
  [[nodiscard]] Verdict input_or(Verdict otherwise) const { return results_.fitted ? Verdict::kInput : otherwise; }

  /// The figure with its text, or that there is none.
  static std::string shown(double figure, std::string text) { return std::isfinite(figure) ? std::move(text) : "n/a"; }

  void ordering(std::string where, std::string text, std::string ours, bool holds) {
    add(std::move(where), std::move(text), "holds", std::move(ours), holds ? Verdict::kReproduced : Verdict::kNotReproduced);
  }

  void layers(std::string text, std::string_view key, bool energy, char winner, char loser, std::size_t first, std::size_t last) {
    const auto [won, of] = layers_won(results_, key, energy, winner, loser, first, last);
    ordering(energy ? "Figure 4" : "Figure 3", std::move(text), fmt::format("on {} of {} layers", won, of), of > 0 && won == of);
  }

  void layer_claims() {
    layers("the GPU is faster than the NPU on layers 12 to 17 of MO-1.4", "MO-1.4", false, 'G', 'N', 12, 17);
    layers("the NPU is faster than the GPU on layers 2 to 9 of MN-1.0", "MN-1.0", false, 'N', 'G', 2, 9);
    layers("the little cores need less energy than the NPU on layers 9 to 17 of MN-1.0", "MN-1.0", true, 'L', 'N', 9, 17);
    layers("the NPU needs less energy than the little cores on layers 1 to 7 of MO-1.4", "MO-1.4", true, 'N', 'L', 1, 7);
  }

  void communication_claims() {
    if (!results_.sweep.empty()) {
      const auto [best, worst] = std::ranges::minmax_element(results_.sweep, {}, &ThreeSlices::measured);
      const double spread = 100 * (worst->measured / best->measured - 1);
      near("Figure 5", "MO-1.4 in three slices on the NPU: the worst plan over the best", 34.1, spread);
    }
    linearity();
    double of_gpu = 0;
    double of_npu = 0;
    for (const CommunicationPoint& point : results_.communication) (point.device == 'G' ? of_gpu : of_npu) += point.measured.count();
    // A device that shares the host's memory hands over at no cost: there is no quotient then.
    const double times = of_gpu > 0 ? of_npu / of_gpu : std::nan("");
    add("Figure 7", "the NPU's communication takes significantly longer than the GPU's", "holds",
        shown(times, fmt::format("{:.1f} times, over all sizes", times)), input_or(judged(times, times > 1)));
  }

  /// The share of a device's communication times that its line explains.
  [[nodiscard]] double explained(char device) const {
    double mean = 0;
    double count = 0;
    for (const CommunicationPoint& point : results_.communication) {
      if (point.device != device) continue;
      mean += point.measured.count();
      count += 1;
    }
    mean /= count;
    double left = 0;
    double all = 0;
    for (const CommunicationPoint& point : results_.communication) {
      if (point.device != device) continue;
      left += std::pow((point.measured - point.fitted).count(), 2);
      all += std::pow(point.measured.count() - mean, 2);
    }
    return all > 0 ? 1 - left / all : std::nan("");
  }

  void linearity() {
    const double gpu = explained('G');
    const double npu = explained('N');
    const auto text = [](double share) { return shown(share, fmt::format("{:.4f}", share)); };
    add("Figure 7", "communication time is linear in the size of the tensors", "holds",
        fmt::format("the line explains (R^2) {} on the GPU, {} on the NPU: the simulated truth is a line with deviations", text(gpu), text(npu)),
        Verdict::kByConstruction);
  }

  /// A number within 10 points.
  void near(std::string where, std::string text, double paper, double ours, bool fitted = false) {
    const Verdict verdict = judged(ours, std::abs(ours - paper) <= 10);
    add(std::move(where), std::move(text), fmt::format("{:.1f} %", paper), shown(ours, fmt::format("{:.1f} % ({:+.1f} points)", ours, ours - paper)),
        fitted ? input_or(verdict) : verdict);
  }

  /// A number that must not exceed the paper's.
  void at_most(std::string where, std::string text, double paper, double ours) {
    add(std::move(where), std::move(text), fmt::format("{:.2f} %", paper), shown(ours, fmt::format("{:.2f} %", ours)), judged(ours, ours <= paper));
  }

  void reductions(const std::string& where, bool large, bool energy) {
    for (const PublishedReduction& each : published_reductions()) {
      if (each.large != large || each.energy != energy) continue;
      near(where, fmt::format("{} networks: MOSAIC needs less {} than {} by", large ? "large" : "small", energy ? "energy" : "time", each.against),
           each.percent, reduction_percent(results_, large, energy, "MOSAIC", each.against), large);
    }
    if (large && results_.fitted) free_level(where, energy);
  }

  /// Three quotients between four devices were fitted, and MOSAIC cancels out in them: what is left of the four reductions is how far MOSAIC is below
  /// any one device. The GPU stands for all.
  void free_level(const std::string& where, bool energy) {
    const std::string_view gpu = energy ? "TF-GPU-O" : "TF-GPU-P";
    const auto row = std::ranges::find_if(published_reductions(), [&](const PublishedReduction& each) { return each.large && each.against == gpu; });
    const double ratio = level(results_, *row);
    const double paper = 1 - row->percent / 100;
    add(where, fmt::format("large networks: level of the four reductions, MOSAIC's {} over {}'s", energy ? "energy" : "time", gpu),
        fmt::format("{:.3f}", paper), shown(ratio, fmt::format("{:.3f} ({:.2f} times the paper's; reproduced: within 10 %)", paper * ratio, ratio)),
        judged(ratio, std::abs(ratio - 1) <= 0.1));
  }

  void latency_claims() {
    reductions("VI.B, Figure 8", true, false);
    for (const std::string_view key : {"IN", "RN"}) {
      const NetworkResult* const network = find(results_, key);
      if (network == nullptr) continue;
      const double gain = 100 * (1 - measured(*network, false, "MOSAIC") / measured(*network, false, "TF-NPU-P"));
      add("VI.B", fmt::format("{}: MOSAIC's latency is similar to TF-NPU-P's", key), "holds",
          shown(gain, fmt::format("{:.1f} % less (similar: within 10 %)", gain)), judged(gain, std::abs(gain) <= 10));
    }
    at_most("VI.B", "large networks: MOSAIC's latency above exhaustive's, mean", 0.67, gap_percent(results_, true, false));
    const double governed = normalised_mean(results_, true, false, "TF-GPU-P");
    add("VI.A", "the performance governor is faster than the on-demand one", "holds",
        shown(governed, fmt::format("TF-GPU-P is {:.2f} of TF-GPU-O: the simulated governor begins at the lowest clock", governed)),
        Verdict::kByConstruction);
  }

  void energy_claims() {
    reductions("VI.C, Figure 9", true, true);
    at_most("VI.C", "large networks: MOSAIC's energy above exhaustive's, mean", 0.53, gap_percent(results_, true, true));
    const double governed = normalised_mean(results_, true, true, "TF-GPU-P");
    add("VI.A", "the on-demand governor tends to need less energy than the performance one", "holds",
        shown(governed, fmt::format("TF-GPU-P is {:.2f} of TF-GPU-O", governed)), judged(governed, governed > 1));
  }

  void chain_of(const std::string& where, bool energy, const std::vector<std::string_view>& falling) {
    for (std::size_t i = 0; i + 1 < falling.size(); ++i) {
      const double more = normalised_mean(results_, true, energy, falling[i]);
      const double less = normalised_mean(results_, true, energy, falling[i + 1]);
      add(where, fmt::format("{} is better than {}", falling[i + 1], falling[i]), "holds",
          shown(less + more, fmt::format("{:.3f} against {:.3f} of TF-GPU-O", less, more)), judged(less + more, less < more));
    }
  }

  void component_claims() {
    chain_of("VI.D, Figure 10", false, {"TF-GPU-O", "HCA", "MOSAIC"});
    chain_of("VI.D, Figure 11", true, {"TF-GPU-O", "HCA", "HCCA", "MOSAIC"});
  }

  void small_claims() {
    reductions("VI.E, Figure 12", false, false);
    at_most("VI.E", "small networks: MOSAIC's latency above exhaustive's, mean", 0.89, gap_percent(results_, false, false));
    reductions("VI.E, Figure 13", false, true);
    at_most("VI.E", "small networks: MOSAIC's energy above exhaustive's, mean", 0.32, gap_percent(results_, false, true));
    for (const bool energy : {false, true}) {
      const std::string_view npu = energy ? "TF-NPU-O" : "TF-NPU-P";
      const double large = reduction_percent(results_, true, energy, "MOSAIC", npu);
      const double small = reduction_percent(results_, false, energy, "MOSAIC", npu);
      add("VI.E", fmt::format("the gain over {} is smaller with small networks", npu), "holds",
          shown(small - large, fmt::format("{:.1f} % against {:.1f} %", small, large)), judged(small - large, small < large));
    }
  }

  /// How long trying every plan of MN-1.3 would take. The paper does not say which plans it counts.
  void search_claims() {
    const NetworkResult* const network = find(results_, "MN-1.3");
    if (network == nullptr) return;
    std::map<std::size_t, double> devices;  // that can run a layer
    for (const LayerOnDevice& layer : network->layers) devices[layer.layer] += layer.measured ? 1 : 0;
    double plans = 1;
    for (const auto& [layer, count] : devices) plans *= count;
    const double days = plans * measured(*network, false, "MOSAIC") / 1e6 / 86'400;
    add("VI.A", "MN-1.3: an exhaustive search would take too long", "1335 days",
        shown(days, fmt::format("{:.0f} days for the {:.1e} ways to give each layer to a device, at MOSAIC's latency", days, plans)),
        Verdict::kNotJudged);
  }

  void error_claims() {
    at_most("VI.E, Figure 14", "mean error of the estimated latency of MOSAIC's plans", 3.0, mean_error_percent(results_, false));
    at_most("VI.E, Figure 15", "mean error of the estimated energy of MOSAIC's plans", 4.3, mean_error_percent(results_, true));
  }

  const PaperResults& results_;
  std::vector<Claim> claims_;
};

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kReproduced:
      return "reproduced";
    case Verdict::kNotReproduced:
      return "not reproduced";
    case Verdict::kInput:
      return "was an input";
    case Verdict::kByConstruction:
      return "by construction";
    case Verdict::kNotJudged:
      return "not judged";
  }
  return "";
}

std::vector<Claim> claims(const PaperResults& results) { return Claims(results).run(); }

std::vector<Claim> planning_claims(const std::vector<PlanningTimes>& times) {
  const auto mean = [&](bool energy) {
    double sum = 0;
    double count = 0;
    for (const PlanningTimes& each : times) {
      if (each.energy != energy) continue;
      sum += Milliseconds(each.algorithm1).count();
      count += 1;
    }
    return sum / count;
  };
  const double latency = mean(false);
  const double energy = mean(true);
  const auto claim = [](std::string where, std::string text, std::string paper, std::string ours, Verdict verdict) {
    return Claim{.where = std::move(where), .text = std::move(text), .paper = std::move(paper), .ours = std::move(ours), .verdict = verdict};
  };
  return {claim("VI.E, Figure 16", "planning for latency takes, mean over the networks", "0.15 ms on its board",
                fmt::format("{:.4f} ms, Algorithm 1 on this machine", latency), Verdict::kNotJudged),
          claim("VI.E, Figure 17", "planning for energy takes, mean over the networks", "0.82 ms on its board",
                fmt::format("{:.4f} ms, Algorithm 1 on this machine", energy), Verdict::kNotJudged),
          claim("VI.E", "planning for energy takes longer than planning for latency", "5.5 times", fmt::format("{:.1f} times", energy / latency),
                energy > latency ? Verdict::kReproduced : Verdict::kNotReproduced)};
}

}  // namespace mosaic::evaluation
