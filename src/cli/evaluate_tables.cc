#include "evaluate_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "output.h"

namespace mosaic::cli {
namespace {

std::string percent(const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : "-"; }
Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string_view name(tables::Objective objective) {
  switch (objective) {
    case tables::Objective::kLatency:
      return "latency";
    case tables::Objective::kEnergy:
      return "energy";
    case tables::Objective::kEnergyIdle:
      return "energy above idle";
  }
  return "";
}

/// What the tables of one folder are called that were measured together; those that lie in --profiles itself have no name of their own.
std::string set_name(const std::string& set) { return set.empty() ? "(folder itself)" : set; }

std::string label(const std::string& set, const std::string& network) { return set.empty() ? network : set + "/" + network; }

std::string clock_table(const tables::Evaluation& evaluation) {
  Table table({"set", "device", ">rows", ">eq. 3 time, mean %", ">worst %", ">eq. 4-5 power, mean %", ">worst %"});
  for (const auto& each : evaluation.clocks) {
    table.add({set_name(each.set), std::string(1, each.device), std::to_string(each.rows), percent(each.time_mean_percent),
               percent(each.time_worst_percent), percent(each.power_mean_percent), percent(each.power_worst_percent)});
  }
  return "Estimators given two clocks, against the measured clocks between (voltages fitted to the other networks' power)\n" + table.text();
}

std::string whole_table(const tables::Evaluation& evaluation, const tables::CalibrationOptions& options) {
  std::vector<std::string> titles{"error in %, time / energy"};
  for (const auto& each : evaluation.wholes) titles.push_back(">" + each.network);
  titles.emplace_back(">mean");
  Table table(titles);
  const auto cell = [](const tables::Errors& errors) { return fmt::format("{} / {}", percent(errors.time), percent(errors.energy)); };
  for (std::size_t p = 0; p < evaluation.means.size(); ++p) {
    std::vector<std::string> cells{evaluation.means[p].name};
    for (const auto& each : evaluation.wholes) cells.push_back(cell(each.predictors[p].errors));
    const std::size_t of = evaluation.means[p].networks;
    cells.push_back(cell(evaluation.means[p].errors) + (of > 0 && of < evaluation.wholes.size() ? fmt::format(" ({} networks)", of) : ""));
    table.add(std::move(cells));
  }
  std::string out =
      fmt::format("\nMeasured whole networks. Fitted on {} runs, mean of {} draws with seed {}; calibration and test share no device order\n{}",
                  options.runs, options.draws, options.seed, table.text());
  for (const auto& each : evaluation.wholes) {
    out += fmt::format("{}: {} runs of {} device orders, profile {}", each.network, each.runs, each.orders, each.profile);
    if (each.unfinished > 0) out += fmt::format(", {} rows without a measured total left out", each.unfinished);
    for (const std::string& reason : each.untold) out += fmt::format("; left out: {}", reason);
    out += '\n';
  }
  return out;
}

std::string coefficient_table(const tables::Evaluation& evaluation) {
  std::vector<std::string> titles{"coefficients of the first draw"};
  for (const auto& each : evaluation.wholes) {
    titles.push_back(fmt::format(">{}, time", each.network));
    titles.emplace_back(">energy");
  }
  Table table(titles);
  std::vector<std::string> names;
  for (const auto& each : evaluation.wholes) {
    for (const CalibrationTerm& term : each.time.terms) {
      if (std::ranges::find(names, term.name) == names.end()) names.push_back(term.name);
    }
  }
  const auto value = [](const Calibration& calibration, const std::string& wanted) {
    for (std::size_t t = 0; t < calibration.terms.size(); ++t) {
      if (calibration.terms[t].name == wanted) return fmt::format("{:.3f} +- {:.3f}", calibration.coefficients[t], calibration.deviations[t]);
    }
    return std::string("-");
  };
  for (const std::string& each : names) {
    std::vector<std::string> cells{each};
    for (const auto& whole : evaluation.wholes) {
      cells.push_back(value(whole.time, each));
      cells.push_back(value(whole.energy, each));
    }
    table.add(std::move(cells));
  }
  return '\n' + table.text();
}

std::string plan_table(const tables::Evaluation& evaluation) {
  Table table({"network", "objective", "version", ">slices", ">predicted", ">replayed", ">ms", ">mJ", ">clock changes", ">their ms", "plan"});
  for (const auto& network : evaluation.plans) {
    for (const auto& row : network.rows) {
      table.add({label(network.set, network.network), std::string(name(row.objective)), row.version, std::to_string(row.chain.configurations.size()),
                 fmt::format("{:.1f}", row.predicted), fmt::format("{:.1f}", row.replayed), fmt::format("{:.1f}", row.taken.whole.time.count()),
                 fmt::format("{:.1f}", row.taken.whole.energy.value * 1e3), std::to_string(row.taken.changes),
                 fmt::format("{:.2f}", row.taken.switching.time.count()),
                 shorten(row.text, 60) + (row.gap > 0 ? fmt::format(" (at most {:.2f} from the optimum)", row.gap) : "")});
    }
  }
  return "\nPlans, replayed on the measured tables and not run; clock changes charged to all, known to the last version alone\n"
         "(predicted and replayed: ms for latency, mJ for energy; energy above idle is modelled: measured power less a static power fitted to it.\n"
         "Modelled in all energies: what hand-overs draw, from the power of the layers beside them; clock changes, from that of the device at the "
         "higher clock)\n" +
         table.text();
}

Json plans_json(const tables::NetworkPlans& network) {
  Json json{{"network", network.network},
            {"set", network.set},
            {"layers", network.layers},
            {"points", network.points},
            {"idle_mw", network.idle.value * 1e3},
            {"idle_source", "modelled: static power fitted to the measured power of layers"},
            {"hand_over_energy_source", "modelled: measured time at the mean power of the layers beside it"},
            {"clock_change_energy_source", "modelled: measured time at the power of the device at the higher of both clocks"},
            {"versions", Json::array()}};
  for (const auto& row : network.rows) {
    json["versions"].push_back({{"version", row.version},
                                {"objective", name(row.objective)},
                                {"slices", row.chain.configurations.size()},
                                {"predicted", row.predicted},
                                {"replayed", row.replayed},
                                {"gap", row.gap},
                                {"replayed_ms", row.taken.whole.time.count()},
                                {"replayed_mj", row.taken.whole.energy.value * 1e3},
                                {"clock_changes", row.taken.changes},
                                {"clock_changes_ms", row.taken.switching.time.count()},
                                {"clock_changes_mj", row.taken.switching.energy.value * 1e3},
                                {"plan", row.text}});
  }
  return json;
}

Json coefficients_json(const Calibration& calibration) {
  Json json = Json::array();
  for (std::size_t t = 0; t < calibration.terms.size(); ++t) {
    json.push_back({{"term", calibration.terms[t].name},
                    {"expected", calibration.terms[t].expected},
                    {"value", calibration.coefficients[t]},
                    {"deviation", calibration.deviations[t]}});
  }
  return json;
}

Json predictor_json(const tables::Predictor& predictor) {
  return {{"predictor", predictor.name}, {"time_error_pct", number(predictor.errors.time)}, {"energy_error_pct", number(predictor.errors.energy)}};
}

Json whole_json(const tables::WholeResult& whole) {
  Json json{{"network", whole.network},       {"profile", whole.profile}, {"runs", whole.runs},         {"device_orders", whole.orders},
            {"unfinished", whole.unfinished}, {"left_out", whole.untold}, {"predictors", Json::array()}};
  for (const auto& each : whole.predictors) json["predictors"].push_back(predictor_json(each));
  json["time_coefficients"] = coefficients_json(whole.time);
  json["energy_coefficients"] = coefficients_json(whole.energy);
  return json;
}

}  // namespace

std::string describe(const tables::Evaluation& evaluation, const tables::EvaluationOptions& options) {
  std::string out = clock_table(evaluation);
  if (!evaluation.wholes.empty()) out += whole_table(evaluation, options.calibration) + coefficient_table(evaluation);
  if (!evaluation.plans.empty()) out += plan_table(evaluation);
  for (const std::string& each : evaluation.notes) out += "note: " + each + '\n';
  return out;
}

Json to_json(const tables::Evaluation& evaluation, const tables::EvaluationOptions& options) {
  Json json{{"board", "rk3399pro"},
            {"truth", "tables measured by others; plans are replayed on them, not run"},
            {"calibration_runs", options.calibration.runs},
            {"draws", options.calibration.draws},
            {"seed", options.calibration.seed},
            {"clock_errors", Json::array()},
            {"whole_networks", Json::array()},
            {"means", Json::array()},
            {"plans", Json::array()},
            {"notes", evaluation.notes}};
  for (const auto& each : evaluation.clocks) {
    json["clock_errors"].push_back({{"set", each.set},
                                    {"device", std::string(1, each.device)},
                                    {"rows", each.rows},
                                    {"time_mean_pct", each.time_mean_percent},
                                    {"time_worst_pct", each.time_worst_percent},
                                    {"power_mean_pct", each.power_mean_percent},
                                    {"power_worst_pct", each.power_worst_percent}});
  }
  for (const auto& each : evaluation.wholes) json["whole_networks"].push_back(whole_json(each));
  for (const auto& each : evaluation.means) {
    Json mean = predictor_json(each);
    mean["networks"] = each.networks;
    json["means"].push_back(std::move(mean));
  }
  for (const auto& each : evaluation.plans) json["plans"].push_back(plans_json(each));
  return json;
}

}  // namespace mosaic::cli
