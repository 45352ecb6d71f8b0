#include "mosaic/planner/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/text.h"
#include "mosaic/planner/baselines.h"

namespace mosaic {
namespace {

Microseconds microseconds(Picoseconds time) { return std::chrono::duration_cast<Microseconds>(time); }

/// Why there is no chain: a layer without a place to run, one that is too large for every place, or memory that is too small in sum.
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
  for (const MemorySpace& space : board.spaces) {
    if (space.limit) spaces += fmt::format("{}'{}' has {}", spaces.empty() ? "" : ", ", space.name, format_bytes(*space.limit));
  }
  return {ErrorCode::kUnsupported,
          fmt::format("no plan keeps the memory limits: the weights alone are {}, {}", format_bytes(weight_bytes(graph)), spaces)};
}

}  // namespace

double uncertainty_percent(const Fit& fit) {
  double worst = 0;
  for (const ConfigurationFit& each : fit.configurations) {
    if (const auto check = each.check_percent()) worst = std::max(worst, std::fabs(*check));
    worst = std::max(worst, 50 * (each.relative_high - each.relative_low));
  }
  return worst;
}

Result<Decision> decide(const ChainCosts& costs, const Fit& fit, const Graph& graph, const Board& board, const PlannerOptions& options) {
  const auto optimum = solve_chain(costs);
  if (!optimum) return std::unexpected(explain_infeasible(costs, graph, board));
  Decision decision{.chain = optimum->chain, .cost = optimum->cost, .optimum = *optimum, .best_single = {}, .best_single_cost = {}};
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    const auto single = single_configuration(costs, c);
    if (!single) continue;
    const Picoseconds cost = *cost_of(costs, *single);
    if (decision.best_single_cost && cost >= *decision.best_single_cost) continue;
    decision.best_single = single;
    decision.best_single_cost = cost;
  }
  decision.margin_percent = options.margin_percent.value_or(uncertainty_percent(fit));
  if (decision.best_single) {
    const auto promised = static_cast<double>(optimum->cost.count());
    const auto single = static_cast<double>(decision.best_single_cost->count());
    if (promised >= single * (1 - decision.margin_percent / 100)) {
      decision.chain = *decision.best_single;
      decision.cost = *decision.best_single_cost;
    }
  }
  return decision;
}

Plan to_plan(const Chain& chain, const ChainCosts& costs, const Fit& fit, const Graph& graph, const Board& board) {
  std::vector<std::string> names;
  double low = 1;
  double high = 1;
  for (const std::size_t c : chain.configurations) {
    names.push_back(board.configurations[c].name);
    const ConfigurationFit& of = fit.configurations[c];
    const double gap = of.check_percent().value_or(0) / 100;  // positive: the sum says too much
    low = std::min(low, of.relative_low - std::max(gap, 0.0));
    high = std::max(high, of.relative_high + std::max(-gap, 0.0));
  }
  Plan plan;
  plan.graph_name = graph.name;
  plan.graph = graph.fingerprint;
  plan.board_name = board.name;
  plan.board = board.fingerprint;
  plan.steps = chain_steps(chain.borders, names);
  Microseconds total{};
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const SliceCost cost = slice_cost(costs, chain, s);
    plan.steps[s].predicted = Step::Times{.transfer = microseconds(cost.transfer), .execute = microseconds(cost.execute)};
    total += microseconds(cost.transfer) + microseconds(cost.execute);
  }
  plan.prediction = Prediction{.expected = total, .low = total * low, .high = total * high};
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
