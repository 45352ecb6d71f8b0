#include "mosaic/evaluation/search/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "mosaic/report/page.h"

namespace mosaic::evaluation {
namespace {

using report::Cell;
using report::Mark;
using report::Table;
using report::Tone;

std::int64_t integer(std::size_t number) { return static_cast<std::int64_t>(number); }

std::string kind_of(MappingMethod method, bool trained) { return std::string(name(method)) + (trained ? ", trained" : ""); }

std::string method_of(const SearchEntry& entry) { return kind_of(entry.method, entry.trained); }

Cell cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }

/// "-0.40 to +0.20", of seeds alone.
std::string spread(const Estimate& estimate) {
  if (estimate.seeds.size() < 2) return "one seed";
  return fmt::format("{:+.2f} to {:+.2f}", std::ranges::min(estimate.seeds), std::ranges::max(estimate.seeds));
}

bool on_front(const SearchComparison& comparison, std::size_t entry) {
  return std::ranges::any_of(comparison.fronts, [&](const FrontCount& front) { return front.on[entry]; });
}

report::XyChart chart(const SearchComparison& comparison, SearchCost kind) {
  const bool energy = kind == SearchCost::kEnergy;
  report::XyChart chart{.name = energy ? "fronts_energy" : "fronts_latency",
                        .caption = "Mean accuracy over seeds against modelled cost; bars are 95 % intervals over images.",
                        .x = {.title = energy ? "energy (uJ, modelled)" : "cycles (modelled)"},
                        .y = {.title = "accuracy (%)"},
                        .series = {}};
  for (const auto method : {MappingMethod::kHeuristic, MappingMethod::kMinCost, MappingMethod::kTrainingFree, MappingMethod::kOdimo}) {
    const bool front = method == MappingMethod::kTrainingFree || method == MappingMethod::kOdimo;
    report::PointSeries series{.name = std::string(name(method)), .points = {}, .line = front};
    for (const SearchEntry& each : comparison.entries) {
      if (each.method != method) continue;
      series.points.push_back(
          {.x = each.cost(kind), .y = each.accuracy.mean, .low = each.accuracy.images.low, .high = each.accuracy.images.high, .label = each.name});
    }
    if (front) std::ranges::stable_sort(series.points, {}, &report::Point::x);
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  return chart;
}

/// What rivals, fronts and the best of several were chosen by.
std::string choice_note(const SearchComparison& comparison) {
  const auto with = std::ranges::count_if(comparison.entries, [](const SearchEntry& each) { return each.held_out.has_value(); });
  if (with == std::ssize(comparison.entries))
    return "Rivals, fronts and the best of several are chosen by accuracy on held-out training images; what is shown is accuracy on test images.";
  return fmt::format("{} chosen on the same test images that are shown: the best of several is flattered, and its interval does not say so.",
                     with == 0 ? "Rivals, fronts and the best of several are"
                               : "Trained mappings are chosen by accuracy on held-out training images. Others, which have none, are");
}

/// How long what was trained was trained.
std::string budget_note(const SearchComparison& comparison) {
  std::set<std::int64_t> epochs;
  bool trained = false;
  for (const SearchEntry& each : comparison.entries) {
    if (!each.trained) continue;
    trained = true;
    if (!each.epochs) return "These files do not say for how many epochs each mapping was trained: whether budgets were equal is not known.";
    epochs.insert(*each.epochs);
  }
  if (!trained) return {};
  if (epochs.size() > 1) return fmt::format("Budgets are not equal: mappings were trained for {} epochs.", fmt::join(epochs, ", "));
  return fmt::format("Each trained mapping had {} epochs in the mapped arithmetic, a search counted.", *epochs.begin());
}

}  // namespace

Table front_table(const SearchComparison& comparison) {
  Table table{.name = "front",
              .caption = "Accuracy in the chip's arithmetic, mean over seeds; cycles and energies are modelled by the published cost functions.",
              .columns = {{"mapping", ""},
                          {"method", ""},
                          {"accuracy_percent", "accuracy (%)", 2},
                          {"low_percent", "from", 2},
                          {"high_percent", "to", 2},
                          {"held_out_percent", "held out (%)", 2},
                          {"cycles", "", 0},
                          {"least_cycles", "least", 0},
                          {"most_cycles", "most", 0},
                          {"energy_uj", "energy (uJ)", 3},
                          {"least_energy_uj", "least", 3},
                          {"most_energy_uj", "most", 3},
                          {"split_layers", "split layers"},
                          {"front", "on its front"}},
              .rows = {}};
  for (std::size_t i = 0; i < comparison.entries.size(); ++i) {
    const SearchEntry& each = comparison.entries[i];
    table.add({each.name, method_of(each), each.accuracy.mean, each.accuracy.images.low, each.accuracy.images.high, cell(each.held_out),
               each.cycles.mean, each.cycles.low, each.cycles.high, each.microjoules.mean, each.microjoules.low, each.microjoules.high,
               integer(each.split_layers), std::string(on_front(comparison, i) ? "yes" : "no")});
  }
  return table;
}

Table count_table(const SearchComparison& comparison) {
  Table table{
      .name = "counts",
      .caption = fmt::format("Distinct points of each method, trained or not, that none of the same kind beats or equals in mean accuracy and {}, or "
                             "in mean accuracy, latency and energy.",
                             comparison.objective == SearchCost::kLatency ? "latency" : "energy"),
      .columns = {{"method", ""},
                  {"points", ""},
                  {"split_points", "with both accelerators inside one layer"},
                  {"whole_points", "of all three"},
                  {"whole_split_points", "with both inside one layer"}},
      .rows = {}};
  for (std::size_t i = 0; i < comparison.fronts.size(); ++i) {
    const FrontCount& front = comparison.fronts[i];
    const FrontCount& whole = comparison.whole_fronts[i];
    table.add({kind_of(front.method, front.trained), integer(front.points), integer(front.split), integer(whole.points), integer(whole.split)});
  }
  return table;
}

Table saving_table(const SearchComparison& comparison) {
  Table table{.name = "savings",
              .caption = fmt::format("Against the cheapest manual heuristic, by {}, that is not more than {} points less accurate. The paper, with "
                                     "training: 33 % less energy or 31 % less latency at -0.53 or -0.32 points.",
                                     comparison.objective == SearchCost::kLatency ? "latency" : "energy", kRivalPoints),
              .columns = {{"mapping", ""},
                          {"method", ""},
                          {"rival", "heuristic"},
                          {"latency_percent", "latency (%)", 1},
                          {"energy_percent", "energy (%)", 1},
                          {"points", "accuracy (points)", 2},
                          {"low_points", "from", 2},
                          {"high_points", "to", 2},
                          {"seeds", "by seed"}},
              .rows = {}};
  for (const Saving& each : comparison.savings) {
    const SearchEntry& entry = comparison.entries[each.entry];
    table.add({entry.name, method_of(entry), comparison.entries[each.rival].name, 0 - each.latency_percent, 0 - each.energy_percent,
               each.difference.mean, each.difference.images.low, each.difference.images.high, spread(each.difference)});
  }
  return table;
}

Table contest_table(const SearchComparison& comparison) {
  Table table{
      .name = "contests",
      .caption = fmt::format("Points of one method's front against another's nearest one that costs no more, trained against trained. A point "
                             "wins at equal cost alone, from {:.0f} % on; its rival also where it is cheaper.",
                             kEqualCostPercent),
      .columns = {{"mapping", ""},
                  {"method", ""},
                  {"rival", "against"},
                  {"rival_method", "its method"},
                  {"rival_cost_percent", "its cost (%)", 1},
                  {"points", "difference (points)", 2},
                  {"low_points", "from", 2},
                  {"high_points", "to", 2},
                  {"seeds", "by seed"},
                  {"low_training_points", "trainings from", 2},
                  {"high_training_points", "to", 2},
                  {"only_first", "images it is better on"},
                  {"only_rival", "images its rival is"},
                  {"mcnemar_p", "McNemar p", 4},
                  {"winner", ""}},
      .rows = {}};
  for (const Contest& each : comparison.contests) {
    const SearchEntry& entry = comparison.entries[each.entry];
    const SearchEntry& rival = comparison.entries[each.rival];
    Cell winner = Mark{.text = each.equal_cost() ? "neither" : "rival is cheaper", .tone = Tone::kMuted};
    const auto& trainings = each.difference.trainings;
    if (each.winner) winner = Mark{.text = std::string(name(comparison.entries[*each.winner].method)), .tone = Tone::kGood};
    table.add({entry.name, method_of(entry), rival.name, method_of(rival), each.rival_cost_percent, each.difference.mean, each.difference.images.low,
               each.difference.images.high, spread(each.difference), cell(trainings ? std::optional(trainings->low) : std::nullopt),
               cell(trainings ? std::optional(trainings->high) : std::nullopt), integer(each.discordance.first), integer(each.discordance.second),
               each.discordance.p, std::move(winner)});
  }
  return table;
}

Table wish_table(const SearchComparison& comparison) {
  Table table{.name = "wishes",
              .caption = "What was hoped for, with the mapping that comes nearest.",
              .columns = {{"wish", ""}, {"holds", ""}, {"figures", ""}},
              .rows = {}};
  for (const Wish& each : comparison.wishes) {
    Mark verdict{.text = "-", .tone = Tone::kMuted};
    if (each.holds) verdict = *each.holds ? Mark{.text = "yes", .tone = Tone::kGood} : Mark{.text = "no", .tone = Tone::kBad};
    table.add({each.text, std::move(verdict), each.figures});
  }
  return table;
}

std::vector<Table> search_tables(const SearchComparison& comparison) {
  return {front_table(comparison), count_table(comparison), saving_table(comparison), contest_table(comparison), wish_table(comparison)};
}

std::vector<std::string> search_notes(const SearchComparison& comparison) {
  std::vector<std::string> notes{
      fmt::format("{} {}, {} test images. Intervals are 95 %: of each image the answers (or their difference between two mappings) are averaged "
                  "over seeds, and Student's t is taken over images; accuracies of one seed alone have Wilson's interval. They say nothing of "
                  "another training: 'trainings' is Student's t over the means of seeds, which one seed does not have.",
                  comparison.seeds, comparison.seeds == 1 ? "seed" : "seeds", comparison.images),
      "McNemar's test is exact; an image counts once, for who has it right under more seeds. A winner is named where p is below 0.05 and, with "
      "several seeds, both intervals leave out zero; with one seed it is a winner with these trained weights alone. No p is corrected for the number "
      "of comparisons.",
      choice_note(comparison),
      "Cycles and energies are modelled by published cost functions, not measured; where they differ by seed, because splits do, their mean "
      "decides."};
  if (std::ranges::any_of(comparison.entries, [](const SearchEntry& each) { return each.method == MappingMethod::kOdimo; }))
    notes.emplace_back(
        "ODiMO here is its method with a schedule of its own, of minutes where its authors take days: docs/training.md has all differences.");
  if (auto budgets = budget_note(comparison); !budgets.empty()) notes.push_back(std::move(budgets));
  if (!comparison.left_out.empty())
    notes.push_back(fmt::format("Left out, because not every seed has them: {}.", fmt::join(comparison.left_out, ", ")));
  return notes;
}

std::string search_page(const SearchComparison& comparison, const std::vector<std::string>& files) {
  report::Page page("Searches compared", fmt::format("From {}. Cycles and energies are modelled, not measured.", fmt::join(files, ", ")));
  page.section("Fronts");
  page.add(chart(comparison, SearchCost::kLatency));
  page.add(chart(comparison, SearchCost::kEnergy));
  page.add(front_table(comparison));
  page.add(count_table(comparison));
  page.section("What a search saves");
  page.add(saving_table(comparison));
  page.add(wish_table(comparison));
  page.section("Methods against each other");
  page.add(contest_table(comparison));
  page.section("How it was counted");
  page.list(search_notes(comparison));
  return page.html();
}

}  // namespace mosaic::evaluation
