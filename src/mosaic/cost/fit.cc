#include "mosaic/cost/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mosaic {
namespace {

constexpr double kKibibyte = 1024;
constexpr double kMebibyte = 1024 * 1024;

/// One measured slice as an equation.
struct Equation {
  std::size_t begin = 0;
  std::size_t end = 0;
  double entering_mebibytes = 0;
  double leaving_mebibytes = 0;
  bool enters = false;
  double value = 0;   // microseconds
  double weight = 0;  // squared
};

/// Weighted least squares with all unknowns >= 0, by coordinate descent: each unknown in turn takes the value that is best given the others. The
/// problem is convex and every unknown layer has an equation of its own, so it converges fast.
class SliceSystem {
 public:
  SliceSystem(std::vector<Equation> equations, std::size_t layers) : equations_(std::move(equations)), times_(layers, 0.0), of_layer_(layers) {
    for (std::size_t e = 0; e < equations_.size(); ++e) {
      for (std::size_t k = equations_[e].begin; k < equations_[e].end; ++k) of_layer_[k].push_back(e);
      rests_.push_back(equations_[e].value);
    }
  }

  void solve() {
    constexpr int kMostSweeps = 20000;
    constexpr double kPrecision = 1e-6;  // microseconds
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
      double change = 0;
      for (std::size_t k = 0; k < times_.size(); ++k) change = std::max(change, improve_layer(k));
      change = std::max(change, improve_enter(beta_, [](const Equation& e) { return e.enters ? 1.0 : 0.0; }));
      change = std::max(change, improve_enter(alpha_, [](const Equation& e) { return e.entering_mebibytes; }));
      change = std::max(change, improve_enter(gamma_, [](const Equation& e) { return e.leaving_mebibytes; }));
      if (change < kPrecision) break;
    }
  }

  [[nodiscard]] double time(std::size_t layer) const { return times_[layer]; }
  [[nodiscard]] bool measured(std::size_t layer) const { return !of_layer_[layer].empty(); }

  /// Entering by KiB; r^2 is the share of the variance of (slice minus its layers) that the line explains.
  [[nodiscard]] Line enter() const {
    std::vector<double> x;
    std::vector<double> y;
    for (std::size_t e = 0; e < equations_.size(); ++e) {
      if (!equations_[e].enters) continue;
      x.push_back(equations_[e].entering_mebibytes);
      y.push_back(rests_[e] + beta_ + alpha_ * x.back());
    }
    double unexplained = 0;
    double total = 0;
    const double center = y.empty() ? 0 : mean(y);
    for (std::size_t i = 0; i < y.size(); ++i) {
      unexplained += (y[i] - beta_ - alpha_ * x[i]) * (y[i] - beta_ - alpha_ * x[i]);
      total += (y[i] - center) * (y[i] - center);
    }
    return {.slope = alpha_ * kKibibyte / kMebibyte, .intercept = beta_, .r_squared = total > 0 ? std::max(0.0, 1 - unexplained / total) : 1.0};
  }

  [[nodiscard]] double leave_per_kib() const { return gamma_ * kKibibyte / kMebibyte; }

  [[nodiscard]] double residual_percent() const {
    std::vector<double> residuals;
    for (std::size_t e = 0; e < equations_.size(); ++e) {
      if (equations_[e].value > 0) residuals.push_back(100 * std::fabs(rests_[e]) / equations_[e].value);
    }
    return residuals.empty() ? 0 : median(residuals);
  }

 private:
  double improve_layer(std::size_t k) {
    double pull = 0;
    double weight = 0;
    for (const std::size_t e : of_layer_[k]) {
      pull += equations_[e].weight * rests_[e];
      weight += equations_[e].weight;
    }
    if (weight == 0) return 0;
    const double moved = std::max(times_[k] + pull / weight, 0.0) - times_[k];
    for (const std::size_t e : of_layer_[k]) rests_[e] -= moved;
    times_[k] += moved;
    return std::fabs(moved);
  }

  template <class Factor>
  double improve_enter(double& unknown, const Factor& factor) {
    double pull = 0;
    double weight = 0;
    for (std::size_t e = 0; e < equations_.size(); ++e) {
      const double f = factor(equations_[e]);
      pull += equations_[e].weight * f * rests_[e];
      weight += equations_[e].weight * f * f;
    }
    if (weight == 0) return 0;
    const double moved = std::max(unknown + pull / weight, 0.0) - unknown;
    for (std::size_t e = 0; e < equations_.size(); ++e) rests_[e] -= moved * factor(equations_[e]);
    unknown += moved;
    return std::fabs(moved);
  }

  std::vector<Equation> equations_;
  std::vector<double> rests_;  // value less what the current solution says
  std::vector<double> times_;
  double beta_ = 0;   // microseconds a slice
  double alpha_ = 0;  // microseconds a MiB that comes in
  double gamma_ = 0;  // microseconds a MiB that goes out
  std::vector<std::vector<std::size_t>> of_layer_;
};

std::vector<Equation> equations_of(const Profile& profile, const Graph& graph, const std::string& configuration) {
  std::vector<Equation> equations;
  for (const SliceSamples& slice : profile.slices) {
    if (slice.configuration != configuration) continue;
    Equation equation{.begin = slice.begin, .end = slice.end, .value = median(slice.microseconds)};
    equation.enters = slice.begin > 0;
    if (equation.enters) equation.entering_mebibytes = static_cast<double>(graph.cuts[slice.begin - 1].bytes.value) / kMebibyte;
    if (slice.end < graph.layers.size()) equation.leaving_mebibytes = static_cast<double>(graph.cuts[slice.end - 1].bytes.value) / kMebibyte;
    const double scatter = 0.02 * equation.value + 0.5;
    equation.weight = 1 / (scatter * scatter);
    equations.push_back(equation);
  }
  return equations;
}

/// Each round's sum over all slices of the configuration, over that of the median round.
Interval drift(const Profile& profile, const std::string& configuration) {
  std::vector<double> totals(profile.rounds, 0.0);
  for (const SliceSamples& slice : profile.slices) {
    if (slice.configuration != configuration) continue;
    for (std::size_t r = 0; r < totals.size(); ++r) totals[r] += slice.microseconds[r];
  }
  const double middle = median(totals);
  if (middle <= 0) return {.low = 1, .high = 1};
  return {.low = quantile(totals, 0.05) / middle, .high = quantile(totals, 0.95) / middle};
}

/// A line that never says that more bytes cost less or that a hand-over costs less than nothing.
Line fit_link(const LinkSamples& link) {
  std::vector<double> x;
  std::vector<double> y;
  for (const auto& point : link.points) {
    x.push_back(static_cast<double>(point.bytes.value) / kKibibyte);
    y.push_back(median(point.microseconds));
  }
  Line line = fit_line(x, y);
  if (line.slope < 0) line = {.slope = 0, .intercept = median(y), .r_squared = 0};
  line.intercept = std::max(line.intercept, 0.0);
  return line;
}

}  // namespace

std::optional<double> ConfigurationFit::check_percent() const {
  if (!whole || *whole <= 0) return std::nullopt;
  double sum = 0;
  for (const auto& layer : layers) {
    if (!layer) return std::nullopt;
    sum += *layer;
  }
  return 100 * (sum / *whole - 1);
}

Result<Fit> fit_profile(const Profile& profile, const Graph& graph, const Board& board) {
  Fit fit;
  for (const Configuration& configuration : board.configurations) {
    std::vector<bool> runs(graph.layers.size(), true);
    for (const Unsupported& each : profile.unsupported) {
      if (each.configuration == configuration.name) runs[each.layer] = false;
    }
    SliceSystem system(equations_of(profile, graph, configuration.name), graph.layers.size());
    system.solve();
    ConfigurationFit& out = fit.configurations.emplace_back();
    for (std::size_t k = 0; k < graph.layers.size(); ++k) {
      if (runs[k] && !system.measured(k)) {
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("the profile has no time of layer {} ('{}') on {}", k, graph.layers[k].name, configuration.name));
      }
      out.layers.push_back(runs[k] ? std::optional(system.time(k)) : std::nullopt);
    }
    out.enter = system.enter();
    out.leave_per_kib = system.leave_per_kib();
    out.residual_percent = system.residual_percent();
    const Interval drifted = drift(profile, configuration.name);
    out.relative_low = drifted.low;
    out.relative_high = drifted.high;
    for (const SliceSamples& whole : profile.wholes) {
      if (whole.configuration == configuration.name) out.whole = median(whole.microseconds);
    }
  }
  for (const LinkSamples& link : profile.links) fit.links[{link.from, link.to}] = fit_link(link);
  for (const ClockChangeSamples& each : profile.clock_changes) {
    ClockFit& clock = fit.clocks.emplace_back(ClockFit{.devices = each.devices, .changes = {}});
    for (const auto& change : each.changes) clock.changes[{change.from, change.to}] = median(change.microseconds);
  }
  return fit;
}

Result<std::optional<Fit>> fit_energy(const Profile& profile, const Graph& graph, const Board& board) {
  const bool metered =
      !profile.slices.empty() && std::ranges::none_of(profile.slices, [](const SliceSamples& each) { return each.microjoules.empty(); });
  if (!metered) return std::nullopt;
  Profile energies = profile;
  energies.links.clear();
  energies.clock_changes.clear();
  for (auto* const list : {&energies.slices, &energies.wholes}) {
    for (SliceSamples& slice : *list) slice.microseconds = slice.microjoules.empty() ? std::vector<double>(profile.rounds) : slice.microjoules;
  }
  MOSAIC_TRY(Fit fit, fit_profile(energies, graph, board));
  return std::optional(std::move(fit));
}

}  // namespace mosaic
