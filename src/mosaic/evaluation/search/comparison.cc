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
constexpr double kUntrainedPoints = 1.5;
constexpr double kRounding = 1e-9;  // of sums, in points

bool searched(const SearchEntry& entry) { return entry.method == MappingMethod::kTrainingFree || entry.method == MappingMethod::kOdimo; }

CostRange range_of(const std::vector<double>& costs) {
  return {.mean = mean(costs), .low = std::ranges::min(costs), .high = std::ranges::max(costs)};
}

/// Whether one of these can be chosen by held-out images: all of them have been run on those.
bool have_held_out(std::span<const SearchEntry> entries, const std::vector<std::size_t>& of) {
  return std::ranges::all_of(of, [&](std::size_t i) { return entries[i].held_out.has_value(); });
}

double merit(const SearchEntry& entry, bool by_held_out) { return by_held_out ? entry.held_out.value_or(0) : entry.accuracy.mean; }

std::vector<std::optional<std::size_t>> rivals_of(std::span<const SearchEntry> entries, SearchCost kind) {
  std::vector<RatedMapping> rated;
  for (const SearchEntry& each : entries) {
    rated.push_back(
        {.method = each.method, .trained = each.trained, .cost = each.cost(kind), .accuracy = each.accuracy.mean, .held_out = each.held_out});
  }
  return manual_rivals(rated);
}

/// None where a seed lacks it.
std::optional<SearchEntry> entry_of(const SearchOutcome& first, std::span<const SeedOutcomes> seeds) {
  SearchEntry entry{.name = first.name, .method = first.method, .trained = first.trained, .epochs = first.epochs, .split_layers = first.split_layers};
  std::vector<double> cycles;
  std::vector<double> microjoules;
  std::vector<double> held_out;
  for (const SeedOutcomes& seed : seeds) {
    const SearchOutcome* const outcome = find_outcome(seed, first.name);
    if (outcome == nullptr) return {};
    cycles.push_back(outcome->cycles);
    microjoules.push_back(outcome->microjoules);
    if (outcome->held_out) held_out.push_back(*outcome->held_out);
    if (outcome->epochs != entry.epochs) entry.epochs.reset();
    entry.split_layers = std::min(entry.split_layers, outcome->split_layers);
    std::vector<double>& right = entry.answers.emplace_back();
    for (std::size_t i = 0; i < seed.labels.size(); ++i) right.push_back(outcome->classes[i] == seed.labels[i] ? 1 : 0);
  }
  entry.cycles = range_of(cycles);
  entry.microjoules = range_of(microjoules);
  if (held_out.size() == seeds.size()) entry.held_out = mean(held_out);
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
  const auto rivals = rivals_of(entries, kind);
  std::vector<Saving> savings;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].method == MappingMethod::kHeuristic || !rivals[i]) continue;
    const SearchEntry& rival = entries[*rivals[i]];
    savings.push_back({.entry = i,
                       .rival = *rivals[i],
                       .latency_percent = 100 * (1 - entries[i].cycles.mean / rival.cycles.mean),
                       .energy_percent = 100 * (1 - entries[i].microjoules.mean / rival.microjoules.mean),
                       .difference = difference_of(entries[i].answers, rival.answers)});
  }
  return savings;
}

/// The dearest of these that costs no more; of equals the better one on held-out images where all have been run on those, else the first.
std::optional<std::size_t> nearest_below(std::span<const SearchEntry> entries, const std::vector<std::size_t>& of, double cost, SearchCost kind) {
  const bool held_out = have_held_out(entries, of);
  std::optional<std::size_t> best;
  for (const std::size_t i : of) {
    if (entries[i].cost(kind) > cost) continue;
    const auto rank = [&](std::size_t e) { return std::pair(entries[e].cost(kind), held_out ? entries[e].held_out.value_or(0) : 0.0); };
    if (!best || rank(i) > rank(*best)) best = i;
  }
  return best;
}

/// The entries of a method that one that was trained, or not, is held against.
std::vector<std::size_t> opponents(std::span<const SearchEntry> entries, MappingMethod method, bool trained) {
  std::vector<std::size_t> alike;
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].method != method) continue;
    all.push_back(i);
    if (entries[i].trained == trained) alike.push_back(i);
  }
  return alike.empty() ? all : alike;
}

/// 1: the entry is more accurate, -1: its rival, 0: neither is proved.
int proved(const Contest& contest) {
  constexpr double kSignificant = 0.05;
  if (contest.discordance.p >= kSignificant) return 0;
  const int side = contest.discordance.first > contest.discordance.second ? 1 : -1;
  if (!contest.difference.trainings) return side;
  const auto agrees = [&](const Interval& interval) { return side > 0 ? interval.low > 0 : interval.high < 0; };
  return agrees(contest.difference.images) && agrees(*contest.difference.trainings) ? side : 0;
}

Contest contest_of(std::span<const SearchEntry> entries, std::size_t entry, std::size_t rival, SearchCost kind) {
  Contest contest{.entry = entry,
                  .rival = rival,
                  .rival_cost_percent = 100 * entries[rival].cost(kind) / entries[entry].cost(kind),
                  .difference = difference_of(entries[entry].answers, entries[rival].answers),
                  .discordance = mcnemar(entries[entry].answers, entries[rival].answers),
                  .winner = {}};
  const int better = proved(contest);
  if (better > 0 && contest.equal_cost()) contest.winner = entry;
  if (better < 0) contest.winner = rival;
  return contest;
}

/// Points of each search's front against the others.
std::vector<Contest> contests_of(std::span<const SearchEntry> entries, std::span<const FrontCount> fronts, SearchCost kind) {
  using enum MappingMethod;
  constexpr std::array kPairs{std::pair(kOdimo, kTrainingFree), std::pair(kTrainingFree, kOdimo), std::pair(kOdimo, kMinCost),
                              std::pair(kTrainingFree, kMinCost)};
  std::vector<Contest> contests;
  for (const auto& [method, other] : kPairs) {
    for (const FrontCount& front : fronts) {
      if (front.method != method) continue;
      const std::vector<std::size_t> others = opponents(entries, other, front.trained);
      for (std::size_t i = 0; i < entries.size(); ++i) {
        if (!front.on[i]) continue;
        if (const auto rival = nearest_below(entries, others, entries[i].cost(kind), kind)) contests.push_back(contest_of(entries, i, *rival, kind));
      }
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

/// The best of those that take at most this share of All-8bit's cycles.
template <class Keep>
std::optional<std::size_t> best_within(const SearchComparison& all, const SearchEntry& all8, double share, Keep keep) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < all.entries.size(); ++i) {
    if (keep(all.entries[i]) && all.entries[i].cycles.mean <= share * all8.cycles.mean) kept.push_back(i);
  }
  const bool held_out = have_held_out(all.entries, kept);
  const auto best = std::ranges::max_element(kept, {}, [&](std::size_t i) { return merit(all.entries[i], held_out); });
  return best == kept.end() ? std::nullopt : std::optional(*best);
}

/// Whether the best of those, at most so fast, is at most `points` less accurate than All-8bit.
template <class Keep>
Wish near_all8(const SearchComparison& all, const SearchEntry& all8, double share, double points, const std::string& what, Keep keep) {
  Wish wish{.text = fmt::format("{} at {:.0f} % of All-8bit's latency or less, within {} points of it", what, 100 * share, points)};
  wish.entry = best_within(all, all8, share, keep);
  wish.figures = "none is that fast";
  if (!wish.entry) return wish;
  const SearchEntry& best = all.entries[*wish.entry];
  const Estimate difference = difference_of(best.answers, all8.answers);
  wish.holds = difference.mean >= -points - kRounding;
  wish.figures = fmt::format("{}: {:.1f} % of the cycles, {:+.2f} points ({:+.2f} to {:+.2f})", best.name, 100 * best.cycles.mean / all8.cycles.mean,
                             difference.mean, difference.images.low, difference.images.high);
  return wish;
}

}  // namespace

FrontCount front_of(std::span<const SearchEntry> entries, MappingMethod method, bool trained, std::span<const SearchCost> costs) {
  FrontCount count{.method = method, .trained = trained, .on = std::vector<bool>(entries.size())};
  std::vector<std::size_t> of;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].of(method, trained)) of.push_back(i);
  }
  const bool held_out = have_held_out(entries, of);
  for (const std::size_t i : of) {
    const bool beaten = std::ranges::any_of(of, [&](std::size_t j) {
      const double better = merit(entries[j], held_out) - merit(entries[i], held_out);
      const auto cheaper = [&](SearchCost kind) { return entries[i].cost(kind) - entries[j].cost(kind); };
      const bool covers = better >= 0 && std::ranges::all_of(costs, [&](SearchCost kind) { return cheaper(kind) >= 0; });
      const bool equal = better == 0 && std::ranges::all_of(costs, [&](SearchCost kind) { return cheaper(kind) == 0; });
      return covers && (!equal || j < i);
    });
    if (beaten) continue;
    count.on[i] = true;
    ++count.points;
    count.split += entries[i].split_layers > 0 ? 1 : 0;
  }
  return count;
}

Result<SearchComparison> compare_searches(std::span<const SeedOutcomes> seeds, SearchCost objective) {
  MOSAIC_CHECK(!seeds.empty());
  MOSAIC_RETURN_IF_ERROR(check_comparable(seeds));
  SearchComparison result{.seeds = seeds.size(), .images = seeds[0].labels.size(), .objective = objective};
  gather(seeds, result);
  for (const auto method : {MappingMethod::kHeuristic, MappingMethod::kMinCost, MappingMethod::kTrainingFree, MappingMethod::kOdimo}) {
    for (const bool trained : {false, true}) {
      FrontCount front = front_of(result.entries, method, trained, std::array{objective});
      if (front.points == 0) continue;
      result.fronts.push_back(std::move(front));
      result.whole_fronts.push_back(front_of(result.entries, method, trained, std::array{SearchCost::kLatency, SearchCost::kEnergy}));
    }
  }
  result.savings = savings_of(result.entries, objective);
  result.contests = contests_of(result.entries, result.fronts, objective);
  const auto all8 = std::ranges::find(result.entries, "All-8bit", &SearchEntry::name);
  MOSAIC_CHECK(all8 != result.entries.end());
  const auto alike = [&](const SearchEntry& entry) { return entry.trained == all8->trained; };
  const auto untrained = [](const SearchEntry& entry) { return entry.of(MappingMethod::kTrainingFree, false); };
  result.wishes = {saving_wish(result, false), saving_wish(result, true), near_all8(result, *all8, kShareOfLatency, kRivalPoints, "a mapping", alike),
                   near_all8(result, *all8, kUntrainedShare, kUntrainedPoints, "a training-free mapping, nothing trained,", untrained)};
  return result;
}

}  // namespace mosaic::evaluation
