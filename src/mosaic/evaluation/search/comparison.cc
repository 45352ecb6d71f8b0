#include "mosaic/evaluation/search/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mosaic/base/check.h"

namespace mosaic::evaluation {
namespace {

constexpr double kWorthwhilePercent = 15;
constexpr double kShareOfLatency = 0.70;
constexpr double kUntrainedShare = 0.65;
constexpr double kUntrainedAccuracy = 91.0;
constexpr double kRounding = 1e-9;  // of sums, in points

bool searched(const SearchEntry& entry) { return entry.method == SearchMethod::kTrainingFree || entry.method == SearchMethod::kOdimo; }

CostRange range_of(const std::vector<double>& costs) {
  return {.mean = mean(costs), .low = std::ranges::min(costs), .high = std::ranges::max(costs)};
}

/// None where a seed lacks it.
std::optional<SearchEntry> entry_of(const SearchOutcome& first, std::span<const SeedOutcomes> seeds) {
  SearchEntry entry{.name = first.name, .method = first.method, .trained = first.trained, .split_layers = first.split_layers};
  std::vector<double> cycles;
  std::vector<double> microjoules;
  for (const SeedOutcomes& seed : seeds) {
    const SearchOutcome* const outcome = find_outcome(seed, first.name);
    if (outcome == nullptr) return {};
    cycles.push_back(outcome->cycles);
    microjoules.push_back(outcome->microjoules);
    entry.split_layers = std::min(entry.split_layers, outcome->split_layers);
    std::vector<double>& right = entry.answers.emplace_back();
    for (std::size_t i = 0; i < seed.labels.size(); ++i) right.push_back(outcome->classes[i] == seed.labels[i] ? 1 : 0);
  }
  entry.cycles = range_of(cycles);
  entry.microjoules = range_of(microjoules);
  entry.accuracy = accuracy_of(entry.answers);
  return entry;
}

void gather(std::span<const SeedOutcomes> seeds, SearchComparison& result) {
  for (const SeedOutcomes& seed : seeds) {
    for (const SearchOutcome& outcome : seed.outcomes) {
      const auto same = [&](const SearchEntry& entry) { return entry.name == outcome.name; };
      if (std::ranges::any_of(result.entries, same) || std::ranges::find(result.left_out, outcome.name) != result.left_out.end()) continue;
      if (auto entry = entry_of(outcome, seeds))
        result.entries.push_back(*std::move(entry));
      else
        result.left_out.push_back(outcome.name);
    }
  }
}

std::vector<Saving> savings_of(std::span<const SearchEntry> entries, SearchCost kind) {
  const auto rivals = manual_rivals(entries, kind);
  std::vector<Saving> savings;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].method == SearchMethod::kHeuristic || !rivals[i]) continue;
    const SearchEntry& rival = entries[*rivals[i]];
    savings.push_back({.entry = i,
                       .rival = *rivals[i],
                       .latency_percent = 100 * (1 - entries[i].cycles.mean / rival.cycles.mean),
                       .energy_percent = 100 * (1 - entries[i].microjoules.mean / rival.microjoules.mean),
                       .difference = difference_of(entries[i].answers, rival.answers)});
  }
  return savings;
}

/// The dearest of a method's entries that costs no more than this; of equals the more accurate.
std::optional<std::size_t> nearest_below(std::span<const SearchEntry> entries, SearchMethod method, double cost, SearchCost kind) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].method != method || entries[i].cost(kind) > cost) continue;
    const auto rank = [&](std::size_t e) { return std::pair(entries[e].cost(kind), entries[e].accuracy.mean); };
    if (!best || rank(i) > rank(*best)) best = i;
  }
  return best;
}

Contest contest_of(std::span<const SearchEntry> entries, std::size_t entry, std::size_t rival, SearchCost kind) {
  Contest contest{.entry = entry,
                  .rival = rival,
                  .rival_cost_percent = 100 * entries[rival].cost(kind) / entries[entry].cost(kind),
                  .difference = difference_of(entries[entry].answers, entries[rival].answers),
                  .discordance = mcnemar(entries[entry].answers, entries[rival].answers),
                  .winner = {}};
  if (contest.difference.images.low > 0) contest.winner = entry;
  if (contest.difference.images.high < 0) contest.winner = rival;
  return contest;
}

/// Points of each search's front against the others.
std::vector<Contest> contests_of(std::span<const SearchEntry> entries, std::span<const FrontCount> fronts, SearchCost kind) {
  constexpr std::array kPairs{std::pair(SearchMethod::kOdimo, SearchMethod::kTrainingFree),
                              std::pair(SearchMethod::kTrainingFree, SearchMethod::kOdimo), std::pair(SearchMethod::kOdimo, SearchMethod::kMinCost),
                              std::pair(SearchMethod::kTrainingFree, SearchMethod::kMinCost)};
  std::vector<Contest> contests;
  for (const auto& [method, other] : kPairs) {
    const auto front = std::ranges::find(fronts, method, &FrontCount::method);
    if (front == fronts.end()) continue;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!front->on[i]) continue;
      if (const auto rival = nearest_below(entries, other, entries[i].cost(kind), kind)) contests.push_back(contest_of(entries, i, *rival, kind));
    }
  }
  return contests;
}

/// At least so much less latency, or energy, than the cheapest heuristic as good.
Wish saving_wish(const SearchComparison& all, bool energy) {
  Wish wish{.text = fmt::format("a searched mapping with {:.0f} % less {} than the cheapest heuristic that is not more than {} points less accurate",
                                kWorthwhilePercent, energy ? "energy" : "latency", kRivalPoints)};
  double most = 0;
  for (const Saving& saving : savings_of(all.entries, energy ? SearchCost::kEnergy : SearchCost::kLatency)) {
    if (!searched(all.entries[saving.entry])) continue;
    const double percent = energy ? saving.energy_percent : saving.latency_percent;
    if (wish.entry && percent <= most) continue;
    most = percent;
    wish.entry = saving.entry;
    wish.holds = percent >= kWorthwhilePercent;
    wish.figures = fmt::format("{}: {:.1f} % less than {}, {:+.2f} points ({:+.2f} to {:+.2f})", all.entries[saving.entry].name, percent,
                               all.entries[saving.rival].name, saving.difference.mean, saving.difference.images.low, saving.difference.images.high);
  }
  if (!wish.entry) wish.figures = "no searched mapping has such a heuristic beside it";
  return wish;
}

/// The most accurate of those that take at most this share of All-8bit's cycles.
template <class Keep>
std::optional<std::size_t> best_within(const SearchComparison& all, const SearchEntry& all8, double share, Keep keep) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < all.entries.size(); ++i) {
    const SearchEntry& entry = all.entries[i];
    if (!keep(entry) || entry.cycles.mean > share * all8.cycles.mean) continue;
    if (!best || entry.accuracy.mean > all.entries[*best].accuracy.mean) best = i;
  }
  return best;
}

Wish near_all8(const SearchComparison& all, const SearchEntry& all8) {
  Wish wish{.text = fmt::format("a mapping at {:.0f} % of All-8bit's latency or less, within {} points of it", 100 * kShareOfLatency, kRivalPoints)};
  wish.entry = best_within(all, all8, kShareOfLatency, [](const SearchEntry&) { return true; });
  wish.figures = "no mapping is that fast";
  if (!wish.entry) return wish;
  const SearchEntry& best = all.entries[*wish.entry];
  const Estimate difference = difference_of(best.answers, all8.answers);
  wish.holds = difference.mean >= -kRivalPoints - kRounding;
  wish.figures = fmt::format("{}: {:.1f} % of the cycles, {:+.2f} points ({:+.2f} to {:+.2f})", best.name, 100 * best.cycles.mean / all8.cycles.mean,
                             difference.mean, difference.images.low, difference.images.high);
  return wish;
}

Wish untrained_wish(const SearchComparison& all, const SearchEntry& all8) {
  Wish wish{.text = fmt::format("training-free, nothing trained, {:.1f} % or more right at {:.0f} % of All-8bit's latency or less",
                                kUntrainedAccuracy, 100 * kUntrainedShare)};
  wish.entry =
      best_within(all, all8, kUntrainedShare, [](const SearchEntry& entry) { return entry.method == SearchMethod::kTrainingFree && !entry.trained; });
  wish.figures = "no training-free mapping is that fast";
  if (!wish.entry) return wish;
  const SearchEntry& best = all.entries[*wish.entry];
  wish.holds = best.accuracy.mean >= kUntrainedAccuracy;
  wish.figures = fmt::format("{}: {:.2f} % ({:.2f} to {:.2f}) at {:.1f} % of the cycles", best.name, best.accuracy.mean, best.accuracy.images.low,
                             best.accuracy.images.high, 100 * best.cycles.mean / all8.cycles.mean);
  return wish;
}

}  // namespace

FrontCount front_of(std::span<const SearchEntry> entries, SearchMethod method, SearchCost kind) {
  FrontCount count{.method = method, .on = std::vector<bool>(entries.size())};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].method != method) continue;
    bool beaten = false;
    for (std::size_t j = 0; j < entries.size(); ++j) {
      if (j == i || entries[j].method != method) continue;
      const double cheaper = entries[i].cost(kind) - entries[j].cost(kind);
      const double better = entries[j].accuracy.mean - entries[i].accuracy.mean;
      const bool equal = cheaper == 0 && better == 0;
      beaten |= cheaper >= 0 && better >= 0 && (!equal || j < i);
    }
    if (beaten) continue;
    count.on[i] = true;
    ++count.points;
    count.split += entries[i].split_layers > 0 ? 1 : 0;
  }
  return count;
}

std::vector<std::optional<std::size_t>> manual_rivals(std::span<const SearchEntry> entries, SearchCost kind, double points) {
  std::vector<std::optional<std::size_t>> rivals;
  for (const SearchEntry& each : entries) {
    std::optional<std::size_t>& rival = rivals.emplace_back();
    for (std::size_t m = 0; m < entries.size(); ++m) {
      if (entries[m].method != SearchMethod::kHeuristic || entries[m].accuracy.mean < each.accuracy.mean - points - kRounding) continue;
      if (!rival || entries[m].cost(kind) < entries[*rival].cost(kind)) rival = m;
    }
  }
  return rivals;
}

Result<SearchComparison> compare_searches(std::span<const SeedOutcomes> seeds, SearchCost objective) {
  MOSAIC_CHECK(!seeds.empty());
  MOSAIC_RETURN_IF_ERROR(check_comparable(seeds));
  SearchComparison result{.seeds = seeds.size(), .images = seeds[0].labels.size(), .objective = objective};
  gather(seeds, result);
  for (const auto method : {SearchMethod::kHeuristic, SearchMethod::kMinCost, SearchMethod::kTrainingFree, SearchMethod::kOdimo}) {
    FrontCount front = front_of(result.entries, method, objective);
    if (front.points > 0) result.fronts.push_back(std::move(front));
  }
  result.savings = savings_of(result.entries, objective);
  result.contests = contests_of(result.entries, result.fronts, objective);
  const auto all8 = std::ranges::find(result.entries, "All-8bit", &SearchEntry::name);
  MOSAIC_CHECK(all8 != result.entries.end());
  result.wishes = {saving_wish(result, false), saving_wish(result, true), near_all8(result, *all8), untrained_wish(result, *all8)};
  return result;
}

}  // namespace mosaic::evaluation
