#include <fmt/format.h>

#include "evaluation.h"
#include "mosaic/base/affinity.h"
#include "mosaic/session/contest.h"

namespace mosaic::evaluate {
namespace {

/// Borders that part the layers of a configuration into `slices` of about the same time.
Chain balanced(const ChainCosts& costs, std::size_t configuration, std::size_t slices) {
  std::int64_t total = 0;
  for (std::size_t k = 0; k < costs.layers; ++k) total += costs.execute[costs.cell(configuration, k)];
  Chain chain{.borders = {0}, .configurations = {configuration}};
  std::int64_t sum = 0;
  for (std::size_t k = 0; k + 1 < costs.layers && chain.configurations.size() < slices; ++k) {
    sum += costs.execute[costs.cell(configuration, k)];
    const auto next = static_cast<std::int64_t>(chain.configurations.size());
    if (sum * static_cast<std::int64_t>(slices) < total * next) continue;
    chain.borders.push_back(k + 1);
    chain.configurations.push_back(configuration);
  }
  chain.borders.push_back(costs.layers);
  return chain;
}

}  // namespace

Result<Json> slicing(const Setting& setting, const std::string& configuration) {
  MOSAIC_TRY(const Subject subject, prepare(setting));
  const Board& board = subject.workspace->board();
  const TimeAndEnergy& costs = subject.planned.costs;
  MOSAIC_TRY(const ConfigurationId chosen, board.find_configuration(configuration));
  // Both the session and the plans run on the caller, who is confined to the configuration's cores.
  const int threads = board.point_of(chosen).cores;
  const std::vector<int>& cores = board.device_of(chosen).cores;
  const ScopedPin pin(std::span<const int>(cores).first(static_cast<std::size_t>(threads)));
  MOSAIC_TRY(Contest contest, Contest::create(*subject.workspace, setting.seed));
  MOSAIC_RETURN_IF_ERROR(contest.add_unsliced("unsliced", {.threads = threads, .spin = threads > 1}));
  std::vector<std::size_t> slices;
  for (const std::size_t wanted : {1U, 2U, 4U, 8U}) {
    const Chain chain = balanced(costs.time, chosen.index(), wanted);
    slices.push_back(chain.configurations.size());
    MOSAIC_RETURN_IF_ERROR(
        contest.add_plan(fmt::format("{} slices", slices.back()), to_plan(chain, costs, subject.planned.fit, subject.workspace->graph(), board)));
  }
  MOSAIC_TRY(const auto samples, contest.run({.runs = setting.runs, .most_seconds = 0}));
  Json json{{"model", setting.model}, {"configuration", configuration}, {"unsliced_us", median(samples[0])}, {"plans", Json::array()}};
  for (std::size_t i = 0; i < slices.size(); ++i) {
    std::vector<double> differences;
    for (std::size_t run = 0; run < samples[0].size(); ++run) differences.push_back(samples[i + 1][run] - samples[0][run]);
    json["plans"].push_back({{"slices", slices[i]}, {"ratio", paired_ratio(samples[i + 1], samples[0]).ratio}, {"extra_us", median(differences)}});
  }
  return json;
}

}  // namespace mosaic::evaluate
