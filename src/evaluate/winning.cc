#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "evaluation.h"
#include "mosaic/base/random.h"
#include "mosaic/planner/baselines.h"
#include "mosaic/session/contest.h"

namespace mosaic::evaluate {
namespace {

struct Entry {
  std::string name;
  Plan plan;
};

Result<std::vector<std::vector<double>>> race_of(const Workspace& workspace, const std::vector<Entry>& entries, const Setting& setting) {
  MOSAIC_TRY(Contest contest, Contest::create(workspace, setting.seed));
  for (const Entry& entry : entries) MOSAIC_RETURN_IF_ERROR(contest.add_plan(entry.name, entry.plan));
  return contest.run({.runs = setting.runs, .most_seconds = 0});
}

/// The plan and the fastest of its rivals.
std::vector<Entry> finalists(const std::vector<Entry>& entries, const std::vector<std::vector<double>>& samples, std::size_t rivals) {
  std::vector<std::size_t> order(entries.size() - 1);
  std::iota(order.begin(), order.end(), std::size_t{1});
  std::ranges::sort(order, {}, [&](std::size_t i) { return median(samples[i]); });
  std::vector<Entry> out{entries[0]};
  for (std::size_t i = 0; i < std::min(rivals, order.size()); ++i) out.push_back(entries[order[i]]);
  return out;
}

/// The fastest of the entries from the second on.
std::size_t fastest_rival(const std::vector<std::vector<double>>& samples) {
  std::size_t best = 1;
  for (std::size_t i = 2; i < samples.size(); ++i) {
    if (median(samples[i]) < median(samples[best])) best = i;
  }
  return best;
}

}  // namespace

Result<Json> winning(const Setting& setting) {
  constexpr std::size_t kFinalists = 5;
  MOSAIC_TRY(const Subject subject, prepare(setting, {.margin_percent = 0}));
  const Workspace& workspace = *subject.workspace;
  const TimeAndEnergy& costs = subject.planned.costs;
  MOSAIC_TRY(const Confirmation confirmation, confirm(workspace, subject.planned));
  const Plan& plan = confirmation.contenders[confirmation.chosen].plan;
  std::vector<Entry> entries{{.name = "mosaic", .plan = plan}};
  Random random(setting.seed);
  // Limits may ask for many slices: plans are drawn with up to twice as many as ours has, and 8 at least.
  const std::size_t most = std::max<std::size_t>(8, 2 * plan.steps.size());
  for (std::size_t i = 0; i < setting.plans; ++i) {
    const auto chain = random_chain(costs.time, random, {.most_slices = most, .neighbours_differ = false});
    if (!chain) break;
    entries.push_back({fmt::format("random {}", i + 1), to_plan(*chain, costs, subject.planned.fit, workspace.graph(), workspace.board())});
  }
  Json json{{"model", setting.model}, {"board", setting.board}, {"slices", plan.steps.size()}, {"random_plans", entries.size() - 1}};
  if (entries.size() == 1) return fail(ErrorCode::kUnsupported, "no random plan is feasible");
  MOSAIC_TRY(const auto heats, race_of(workspace, entries, {.runs = 10, .seed = setting.seed}));
  const std::vector<Entry> last = finalists(entries, heats, kFinalists);
  MOSAIC_TRY(const auto final, race_of(workspace, last, setting));
  const std::size_t best = fastest_rival(final);
  const PairedRatio ratio = paired_ratio(final[0], final[best]);
  json["predicted_us"] = plan.prediction->expected.count();
  json["measured_us"] = median(final[0]);
  json["best_random_us"] = median(final[best]);
  json["best_random_slices"] = last[best].plan.steps.size();
  json["ratio"] = ratio.ratio;
  json["interval"] = {ratio.interval.low, ratio.interval.high};
  return json;
}

Result<Json> losing(const Setting& setting) {
  MOSAIC_TRY(const Subject subject, prepare(setting, {.margin_percent = 0}));
  const Workspace& workspace = *subject.workspace;
  MOSAIC_TRY(const Confirmation confirmation, confirm(workspace, subject.planned));
  const Contender& chosen = confirmation.contenders[confirmation.chosen];
  std::vector<Entry> entries{{.name = chosen.name, .plan = chosen.plan}};
  const TimeAndEnergy& costs = subject.planned.costs;
  for (std::size_t c = 0; c < costs.time.configurations; ++c) {
    const auto chain = single_configuration(costs.time, c);
    if (!chain) continue;
    entries.push_back(
        {"single:" + workspace.board().configurations[c].name, to_plan(*chain, costs, subject.planned.fit, workspace.graph(), workspace.board())});
  }
  MOSAIC_TRY(const auto samples, race_of(workspace, entries, setting));
  const std::size_t best = fastest_rival(samples);
  const PairedRatio ratio = paired_ratio(samples[best], samples[0]);  // above 1: what was chosen is faster
  std::vector<double> lost;
  for (std::size_t i = 0; i < samples[0].size(); ++i) lost.push_back(samples[0][i] - samples[best][i]);
  return Json{{"model", setting.model},
              {"chosen", chosen.name},
              {"slices", chosen.plan.steps.size()},
              {"best_single", entries[best].name},
              {"chosen_us", median(samples[0])},
              {"best_single_us", median(samples[best])},
              {"ratio", ratio.ratio},
              {"interval", {ratio.interval.low, ratio.interval.high}},
              {"lost_us", {median_interval(lost).low, median_interval(lost).high}}};
}

}  // namespace mosaic::evaluate
