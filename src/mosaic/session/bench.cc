#include "mosaic/session/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "mosaic/base/statistics.h"
#include "mosaic/planner/algorithm1.h"
#include "mosaic/planner/baselines.h"
#include "mosaic/session/contest.h"

namespace mosaic {
namespace {

/// The fastest of plain ONNX Runtime's settings that a user would try, and what they are.
Result<std::pair<ort::Reference::Options, std::string>> find_best_reference(const Contest& contest) {
  constexpr int kTries = 10;
  std::pair<ort::Reference::Options, std::string> best;
  double best_time = 0;
  const int most = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (int threads = 1; threads <= most; threads = threads == most ? most + 1 : std::min(2 * threads, most)) {
    for (const bool spin : {false, true}) {
      if (threads == 1 && spin) continue;
      const ort::Reference::Options options{.threads = threads, .spin = spin};
      MOSAIC_TRY(Unsliced unsliced, contest.open_unsliced(options));
      std::vector<double> times;
      for (int i = 0; i < kTries; ++i) {
        MOSAIC_TRY(const Nanoseconds time, unsliced.run());
        times.push_back(Microseconds(time).count());
      }
      if (best_time > 0 && median(times) >= best_time) continue;
      best_time = median(times);
      best = {options, fmt::format("{} thread{}{}", threads, threads == 1 ? "" : "s", spin ? ", spinning" : "")};
    }
  }
  return best;
}

/// The chains that take part, with their names.
std::vector<std::pair<std::string, std::optional<Chain>>> contenders(const Planned& planned, const Board& board, std::uint64_t seed) {
  const ChainCosts& costs = planned.costs.time;
  std::vector<std::pair<std::string, std::optional<Chain>>> chains;
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    chains.emplace_back("single:" + board.configurations[c].name, single_configuration(costs, c));
  }
  chains.emplace_back("mosaic", planned.decision.chosen.chain);
  chains.emplace_back("greedy", greedy(costs));
  chains.emplace_back("random_best", best_random(costs, seed));
  const auto published = algorithm1(paper_view(costs));
  const bool feasible = published && cost_of(costs, published->chain).feasible();  // Algorithm 1 does not see the limits of memory spaces
  chains.emplace_back("algorithm1", feasible ? std::optional(published->chain) : std::nullopt);
  return chains;
}

/// Each version for as long as the meter needs, one after the other.
Result<void> measure_energy(const Contest& contest, const BenchOptions& options, std::vector<BenchVersion>& versions) {
  for (std::size_t i = 0; i < versions.size() && options.energy->has_meter(); ++i) {
    if (options.progress) options.progress("measuring energy", static_cast<double>(i) / static_cast<double>(versions.size()));
    const auto run = [&]() -> Result<void> {
      MOSAIC_TRY([[maybe_unused]] const Microseconds time, contest.runner(i).run());
      return {};
    };
    MOSAIC_TRY(versions[i].energy, options.energy->measure(run));
  }
  return {};
}

}  // namespace

Result<std::vector<BenchVersion>> bench(const Workspace& workspace, const Profile& profile, const BenchOptions& options) {
  MOSAIC_TRY(const Planned planned, make_plan(workspace, profile));
  MOSAIC_TRY(Contest contest, Contest::create(workspace, options.seed, options.stop));
  std::vector<BenchVersion> versions;
  for (const auto& [name, chain] : contenders(planned, workspace.board(), options.seed)) {
    if (!chain) continue;
    Plan plan = to_plan(*chain, planned.costs, planned.fit, workspace.graph(), workspace.board());
    versions.push_back(
        {.name = name, .slices = plan.steps.size(), .predicted = plan.prediction->expected, .microseconds = {}, .note = "", .energy = {}});
    MOSAIC_RETURN_IF_ERROR(contest.add_plan(name, std::move(plan)));
  }
  if (!workspace.board().simulated()) {
    MOSAIC_TRY(const auto best, find_best_reference(contest));
    versions.push_back({.name = "ort_default", .slices = 1, .predicted = {}, .microseconds = {}, .note = "its own choice of threads", .energy = {}});
    MOSAIC_RETURN_IF_ERROR(contest.add_unsliced("ort_default", {.threads = 0, .spin = true}));
    versions.push_back({.name = "ort_best", .slices = 1, .predicted = {}, .microseconds = {}, .note = best.second, .energy = {}});
    MOSAIC_RETURN_IF_ERROR(contest.add_unsliced("ort_best", best.first));
  }
  const auto show = [&](double share) {
    if (options.progress) options.progress("measuring", share);
  };
  MOSAIC_TRY(auto samples, contest.run({.runs = options.runs, .most_seconds = 0, .stop = options.stop, .progress = show}));
  for (std::size_t i = 0; i < samples.size(); ++i) versions[i].microseconds = std::move(samples[i]);
  if (options.energy != nullptr) MOSAIC_RETURN_IF_ERROR(measure_energy(contest, options, versions));
  return versions;
}

}  // namespace mosaic
