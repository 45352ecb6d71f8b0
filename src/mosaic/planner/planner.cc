#include "mosaic/planner/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/text.h"
#include "mosaic/planner/baselines.h"

namespace mosaic {
namespace {

Microseconds microseconds(Cost time) { return std::chrono::duration_cast<Microseconds>(as_time(time)); }

/// The least memory that all slices of a chain need together, limits of sums aside.
std::int64_t least_memory(const ChainCosts& costs) {
  std::vector<Cost> least(costs.layers + 1, Cost::infeasible());
  least[0] = Cost();
  for (std::size_t begin = 0; begin < costs.layers; ++begin) {
    for (std::size_t c = 0; c < costs.configurations; ++c) {
      std::int64_t weights = 0;
      std::int64_t largest = 0;
      for (std::size_t k = begin; k < costs.layers && costs.runs[costs.cell(c, k)] != 0; ++k) {
        weights += costs.weights[k];
        largest = std::max(largest, costs.activations[k]);
        if (costs.slice_limit[c] && weights + largest > *costs.slice_limit[c]) break;
        least[k + 1] = std::min(least[k + 1], least[begin] + (weights + largest));
      }
    }
  }
  return least[costs.layers].count();
}

std::string milliseconds(std::int64_t picoseconds) { return fmt::format("{:.3f} ms", static_cast<double>(picoseconds) / 1e9); }
std::string millijoules(std::int64_t picojoules) { return fmt::format("{:.3f} mJ", static_cast<double>(picojoules) / 1e9); }

/// By how much a constraint is too tight.
Error explain_shortfall(const Infeasible& infeasible, const Constraints& constraints) {
  const bool latency = infeasible.what == Infeasible::What::kLatency;
  const std::int64_t allowed = latency ? constraints.latency->count() : constraints.energy->value;
  const auto amount = [&](std::int64_t count) { return latency ? milliseconds(count) : millijoules(count); };
  std::string within;
  if (infeasible.within_other) {
    within = latency ? fmt::format(" with at most {}", millijoules(constraints.energy->value))
                     : fmt::format(" within {}", milliseconds(constraints.latency->count()));
  }
  return {ErrorCode::kUnsupported, fmt::format("no plan {} at most {}{}: {} {}, {} more", latency ? "takes" : "needs", amount(allowed), within,
                                               infeasible.proved ? "the least is" : "the least that was found is", amount(infeasible.least.count()),
                                               amount(infeasible.least.count() - allowed))};
}

/// The best single configuration by the objective, within the constraints.
std::optional<PricedChain> find_best_single(const TimeAndEnergy& costs, const PlannerOptions& options) {
  std::optional<PricedChain> best;
  for (std::size_t c = 0; c < costs.time.configurations; ++c) {
    const auto chain = single_configuration(costs.time, c);
    const auto priced = chain ? price(costs, *chain) : std::nullopt;
    if (!priced || !options.constraints.allow(*priced)) continue;
    if (!best || value_of(*priced, options.objective) < value_of(*best, options.objective)) best = priced;
  }
  return best;
}

}  // namespace

Error explain_infeasible(const ChainCosts& costs, const Graph& graph, const Board& board) {
  for (std::size_t k = 0; k < costs.layers; ++k) {
    bool runs = false;
    bool fits = false;
    std::string limits;
    for (std::size_t c = 0; c < costs.configurations; ++c) {
      if (costs.runs[costs.cell(c, k)] == 0) continue;
      runs = true;
      const auto& limit = costs.slice_limit[c];
      fits = fits || !limit || costs.memory(k, k + 1) <= *limit;
      if (limit) limits += fmt::format("{}{} has {}", limits.empty() ? "" : ", ", board.configurations[c].name, format_bytes({*limit}));
    }
    const std::string layer = fmt::format("layer {} ('{}', {})", k, graph.layers[k].name, graph.layers[k].kind);
    if (!runs) return {ErrorCode::kUnsupported, fmt::format("no device of board '{}' can run {}", board.name, layer)};
    if (!fits)
      return {ErrorCode::kUnsupported, fmt::format("{} alone needs {}, a slice on {}", layer, format_bytes({costs.memory(k, k + 1)}), limits)};
  }
  std::string spaces;
  for (std::size_t s = 0; s < board.spaces.size() && s < costs.space_limit.size(); ++s) {
    if (costs.space_limit[s])
      spaces += fmt::format("{}'{}' has {}", spaces.empty() ? "" : ", ", board.spaces[s].name, format_bytes({*costs.space_limit[s]}));
  }
  if (costs.memory_limit) {
    spaces += fmt::format("{}all slices together may have {}", spaces.empty() ? "" : ", ", format_bytes({*costs.memory_limit}));
  }
  return {ErrorCode::kUnsupported, fmt::format("no plan keeps the memory limits: the weights alone are {}, a plan's slices need at least {}; {}",
                                               format_bytes(weight_bytes(graph)), format_bytes({least_memory(costs)}), spaces)};
}

double uncertainty_percent(const Fit& fit, std::optional<double> residual_percent) {
  double worst = residual_percent.value_or(0);
  for (const ConfigurationFit& each : fit.configurations) {
    if (const auto check = each.check_percent(); check && !residual_percent) worst = std::max(worst, std::fabs(*check));
    worst = std::max(worst, 50 * (each.relative_high - each.relative_low));
  }
  return worst;
}

Result<Decision> decide(const TimeAndEnergy& costs, const Fit& fit, const Graph& graph, const Board& board, const PlannerOptions& options) {
  if (options.objective != Objective::kLatency || options.constraints.energy) {
    if (const auto energy = energy_of(costs); !energy) return std::unexpected(energy.error());
  }
  auto optimum = best_chain(costs, options.objective, options.constraints);
  if (!optimum) {
    const bool none = optimum.error().what == Infeasible::What::kNoChain;
    return std::unexpected(none ? explain_infeasible(costs.time, graph, board) : explain_shortfall(optimum.error(), options.constraints));
  }
  Decision decision{.chosen = optimum->best,
                    .optimum = *std::move(optimum),
                    .best_single = find_best_single(costs, options),
                    .margin_percent = options.margin_percent.value_or(uncertainty_percent(fit))};
  if (decision.best_single) {
    const double promised = value_of(decision.chosen, options.objective);
    const double single = value_of(*decision.best_single, options.objective);
    if (promised >= single * (1 - decision.margin_percent / 100)) decision.chosen = *decision.best_single;
  }
  return decision;
}

Plan to_plan(const Chain& chain, const TimeAndEnergy& costs, const Fit& fit, const Graph& graph, const Board& board,
             std::optional<double> residual_percent) {
  std::vector<std::string> names;
  double low = 1;
  double high = 1;
  for (const std::size_t c : chain.configurations) {
    names.push_back(board.configurations[c].name);
    const ConfigurationFit& of = fit.configurations[c];
    const double gap = of.check_percent().value_or(0) / 100;  // positive: the sum says too much
    low = std::min(low, of.relative_low - (residual_percent ? *residual_percent / 100 : std::max(gap, 0.0)));
    high = std::max(high, of.relative_high + (residual_percent ? *residual_percent / 100 : std::max(-gap, 0.0)));
  }
  Plan plan;
  plan.graph_name = graph.name;
  plan.graph = graph.fingerprint;
  plan.board_name = board.name;
  plan.board = board.fingerprint;
  plan.steps = chain_steps(chain.borders, names);
  Microseconds total{};
  Joules energy;
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const SliceCost cost = slice_cost(costs.time, chain, s);
    plan.steps[s].predicted = Step::Predicted{
        .transfer = microseconds(cost.transfer), .clocks = microseconds(cost.clocks), .execute = microseconds(cost.execute), .energy = {}};
    total += microseconds(cost.sum());
    if (!costs.energy) continue;
    plan.steps[s].predicted->energy = to_joules(as_energy(slice_cost(*costs.energy, chain, s).sum()));
    energy += *plan.steps[s].predicted->energy;
  }
  plan.prediction = Prediction{.expected = total, .low = total * low, .high = total * high, .energy = {}};
  if (costs.energy) {
    plan.prediction->energy = energy;
    plan.prediction->energy_source = costs.energy_source;
  }
  return plan;
}

std::optional<Chain> to_chain(const Plan& plan, const Board& board) {
  Chain chain{.borders = {0}, .configurations = {}};
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    const bool follows = s == 0 ? step.after.empty() : std::ranges::find(step.after, StepId(s - 1)) != step.after.end();
    const bool consecutive = !step.layers.empty() && step.layers.front().index() == chain.borders.back() &&
                             step.layers.back().index() - step.layers.front().index() + 1 == step.layers.size();
    const auto configuration = board.find_configuration(step.configuration);
    if (!follows || !consecutive || !configuration) return std::nullopt;
    chain.borders.push_back(step.layers.back().index() + 1);
    chain.configurations.push_back(configuration->index());
  }
  return chain;
}

}  // namespace mosaic
