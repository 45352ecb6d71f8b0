#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mosaic/evaluation/paper/claims.h"
#include "mosaic/evaluation/paper/features.h"
#include "mosaic/evaluation/paper/figures.h"

namespace mosaic::evaluation {
namespace {

using report::Cell;
using report::Mark;
using report::Table;
using report::Tone;

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kReproduced:
      return Tone::kGood;
    case Verdict::kNotReproduced:
      return Tone::kBad;
    case Verdict::kInput:
    case Verdict::kByConstruction:
    case Verdict::kNotJudged:
      break;
  }
  return Tone::kMuted;
}

Mark mark(Verdict verdict) { return {.text = std::string(name(verdict)), .tone = tone_of(verdict)}; }

}  // namespace

Table claims_table(const PaperResults& results) {
  Table table{.name = "claims",
              .caption = "The paper's sentences that hold a number or an ordering. Figures of ours are simulated.",
              .columns = {{"where", "where"}, {"claim", "claim"}, {"paper", "paper"}, {"ours_simulated", "ours (simulated)"}, {"verdict", "verdict"}},
              .rows = {}};
  for (const Claim& claim : claims(results)) table.add({claim.where, claim.text, claim.paper, claim.ours, mark(claim.verdict)});
  return table;
}

Table planning_claims_table(const std::vector<PlanningTimes>& times) {
  Table table{
      .name = "planning_claims",
      .caption = "The paper's sentences about planning times. Ours are wall-clock figures of this machine.",
      .columns = {{"where", "where"}, {"claim", "claim"}, {"paper", "paper"}, {"ours_wall_clock", "ours (wall clock)"}, {"verdict", "verdict"}},
      .rows = {}};
  for (const Claim& claim : planning_claims(times)) table.add({claim.where, claim.text, claim.paper, claim.ours, mark(claim.verdict)});
  return table;
}

Table reductions_table(const PaperResults& results) {
  Table table{
      .name = "reductions",
      .caption = results.fitted
                     ? "Mean reductions by MOSAIC (geometric means; simulated). Of each four for the large networks the three quotients between the "
                       "devices were inputs, made with all four published figures; what is free is one level: what is left of the other's cost, ours "
                       "over the paper's."
                     : "Mean reductions by MOSAIC (geometric means; simulated).",
      .columns = {{"networks", "networks"},
                  {"what", "what"},
                  {"against", "against"},
                  {"paper_percent", "paper (%)", 1},
                  {"ours_percent", "ours (%)", 1},
                  {"points", "difference (points)", 1},
                  {"ours_over_paper", "what is left, ours over the paper's", 2},
                  {"role", "role"}},
      .rows = {}};
  for (const PublishedReduction& row : published_reductions()) {
    const double ours = reduction_percent(results, row.large, row.energy, "MOSAIC", row.against);
    const std::string gpu = row.energy ? "TF-GPU-O" : "TF-GPU-P";
    std::string role = "prediction";
    if (row.large && results.fitted) role = row.against == gpu ? "in all three quotients: an input" : "quotient to " + gpu + " was an input";
    table.add({std::string(row.large ? "large" : "small"), std::string(row.energy ? "energy" : "latency"), std::string(row.against), row.percent,
               ours, ours - row.percent, level(results, row), role});
  }
  return table;
}

Table features_table(const PaperResults& results) {
  Table table{
      .name = "plan_features",
      .caption =
          "What the plans of Tables III and IV show, in how many of our plans for the same networks it comes out (reproduced: in more than half), "
          "and why not where it does not: the largest difference between the two plans that has to do with it, by estimated cost, ours against the "
          "published one (simulated).",
      .columns = {{"table", "table"},
                  {"feature", "the published plans"},
                  {"published", "networks"},
                  {"ours", "ours as well"},
                  {"verdict", "verdict"},
                  {"why", "where not, why"}},
      .rows = {}};
  for (const PlanFeature& feature : plan_features(results)) {
    table.add({std::string(feature.energy ? "IV" : "III"), feature.text, fmt::format("{}", fmt::join(feature.published, ", ")),
               feature.ours.empty() ? std::string("none") : fmt::format("{}", fmt::join(feature.ours, ", ")), mark(feature.verdict), feature.why});
  }
  return table;
}

Table differences_table(const PaperResults& results) {
  Table table{
      .name = "plan_differences",
      .caption =
          "Where the published plan differs from ours: layers by the devices that they are on, and handing over of the whole plans. Estimated "
          "costs (profile and equations on the simulated board) in ms for latency and mJ for energy.",
      .columns = {{"network", "network"},
                  {"what", "what"},
                  {"ours", "ours"},
                  {"published", "published"},
                  {"layers", "layers"},
                  {"our_cost", "our cost", 2},
                  {"published_cost", "published plan's", 2},
                  {"unit", "unit"}},
      .rows = {}};
  for (const bool energy : {false, true}) {
    const std::string what = energy ? "energy" : "latency";
    const std::string unit = energy ? "mJ" : "ms";
    for (const NetworkResult& network : results.networks) {
      const auto& difference = energy ? network.energy_difference : network.latency_difference;
      if (!difference) continue;
      for (const PlanDifference::Part& part : difference->parts) {
        table.add({network.key, what, std::string(1, part.ours), std::string(1, part.published), static_cast<std::int64_t>(part.layers),
                   part.our_cost, part.published_cost, unit});
      }
      table.add({network.key, what, std::string("handing over"), std::string("handing over"), Cell(), difference->our_handing_over,
                 difference->published_handing_over, unit});
    }
  }
  return table;
}

Table order_table(const PaperResults& results) {
  Table table{.name = "order_exceptions",
              .caption = "Exceptions from the order of figures 10 and 11: networks where HCA >= HCCA >= MOSAIC does not hold (simulated).",
              .columns = {{"network", "network"},
                          {"what", "what"},
                          {"hca", "HCA", 2},
                          {"hcca", "HCCA", 2},
                          {"mosaic", "MOSAIC", 2},
                          {"unit", "unit"},
                          {"broken", "does not hold"}},
              .rows = {}};
  for (const bool energy : {false, true}) {
    for (const OrderException& each : order_exceptions(results, energy)) {
      std::vector<std::string> broken;
      if (!(each.hca >= each.hcca)) broken.emplace_back("HCA >= HCCA");
      if (!(each.hcca >= each.mosaic)) broken.emplace_back("HCCA >= MOSAIC");
      table.add({each.network, std::string(energy ? "energy" : "latency"), each.hca, each.hcca, each.mosaic, std::string(energy ? "mJ" : "ms"),
                 fmt::format("{}", fmt::join(broken, ", "))});
    }
  }
  return table;
}

Table estimated_table(const PaperResults& results) {
  Table table{
      .name = "estimated_order",
      .caption =
          "By estimated cost MOSAIC is never above any other version, the published plan included: its plan beside the cheapest of the others "
          "(profile and equations on the simulated board). Versions under the governor have no estimate; exhaustive may take MOSAIC's own plan.",
      .columns = {{"network", "network"},
                  {"what", "what"},
                  {"mosaic", "MOSAIC", 3},
                  {"cheapest_other", "cheapest other", 3},
                  {"unit", "unit"},
                  {"version", "which"},
                  {"versions", "versions compared"},
                  {"holds", "holds"}},
      .rows = {}};
  for (const EstimatedOrder& order : estimated_orders(results)) {
    table.add({order.network, std::string(order.energy ? "energy" : "latency"), order.mosaic, order.cheapest, std::string(order.energy ? "mJ" : "ms"),
               order.version, static_cast<std::int64_t>(order.versions),
               Mark{.text = order.holds() ? "yes" : "no", .tone = order.holds() ? Tone::kGood : Tone::kBad}});
  }
  return table;
}

Table losses_table(const PaperResults& results, bool energy) {
  Table table{.name = energy ? "losses_energy" : "losses_latency",
              .caption = fmt::format("Where another version measures less {} than MOSAIC's plan (simulated), beside the network's estimation error.",
                                     energy ? "energy" : "time"),
              .columns = {{"network", "network"},
                          {"version", "version"},
                          {"mosaic_above_percent", "MOSAIC above it (%)", 2},
                          {"estimation_error_percent", "estimation error (%)", 2},
                          {"within", "within the error"}},
              .rows = {}};
  for (const Loss& loss : losses(results, energy)) {
    const bool within = loss.percent <= loss.error_percent;
    table.add({loss.network, loss.version, loss.percent, loss.error_percent,
               Mark{.text = within ? "yes" : "no", .tone = within ? Tone::kGood : Tone::kBad}});
  }
  return table;
}

Table richness_table(const PaperResults& results) {
  Table table{.name = "richness",
              .caption =
                  "Mean absolute estimation error from two clocks, with the truth's deviations from the equations left out, as drawn, and doubled "
                  "(simulated).",
              .columns = {{"richness", "deviations", 0}, {"latency_error_percent", "latency (%)", 2}, {"energy_error_percent", "energy (%)", 2}},
              .rows = {}};
  for (const RichnessResult& each : results.richness) table.add({each.richness, each.latency_error_percent, each.energy_error_percent});
  return table;
}

}  // namespace mosaic::evaluation
