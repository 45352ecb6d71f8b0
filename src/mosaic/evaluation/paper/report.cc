#include "mosaic/evaluation/paper/report.h"

#include <fmt/format.h>

#include <concepts>

#include "mosaic/base/file.h"
#include "mosaic/evaluation/paper/figures.h"
#include "mosaic/evaluation/paper/json.h"
#include "mosaic/report/page.h"

namespace mosaic::evaluation {
namespace {

namespace fs = std::filesystem;

/// A page, and the files of what is put on it.
class Writer {
 public:
  Writer(report::Page& page, const fs::path& folder) : page_(page), folder_(folder) {}

  /// Figures from the simulated board: their files say so, in every row. The numbers of a picture have their axis' title, with the unit, beside them.
  Result<void> add(const report::Table& table) {
    page_.add(table);
    return write(with_column(table, "simulated", "yes"), true);
  }
  Result<void> add(const report::BarChart& chart) { return add_picture(chart, "unit", chart.axis.title); }
  Result<void> add(const report::XyChart& chart) { return add_picture(chart, "axes", fmt::format("{}; {}", chart.x.title, chart.y.title)); }
  Result<void> add(const report::PlanStrip& strip) { return add_picture(strip, "unit", "layers"); }

  /// What was published, or taken from a clock on the wall.
  template <class Figure>
  Result<void> add_real(const Figure& figure) {
    page_.add(figure);
    if constexpr (std::same_as<Figure, report::Table>) {
      return write(figure, false);
    } else {
      return write(with_column(report::to_table(figure), "unit", figure.axis.title), false);
    }
  }

 private:
  template <class Chart>
  Result<void> add_picture(const Chart& chart, const std::string& key, const std::string& text) {
    page_.add(chart);
    return write(with_column(with_column(report::to_table(chart), key, text), "simulated", "yes"), true);
  }

  static report::Table with_column(report::Table table, const std::string& key, const std::string& text) {
    table.columns.push_back({.key = key, .title = {}});
    for (auto& row : table.rows) row.emplace_back(text);
    return table;
  }

  Result<void> write(const report::Table& table, bool simulated) {
    MOSAIC_RETURN_IF_ERROR(write_file(folder_ / "csv" / (table.name + ".csv"), report::to_csv(table)));
    MOSAIC_TRY(Json json, parse_json(report::to_json(table)));
    json["simulated"] = simulated;
    return write_file(folder_ / "json" / (table.name + ".json"), to_text(json));
  }

  report::Page& page_;
  const fs::path& folder_;
};

Result<void> add_versions(Writer& out, const PaperResults& results) {
  for (const bool large : {true, false}) {
    MOSAIC_RETURN_IF_ERROR(out.add(versions_figure(results, large, false)));
    MOSAIC_RETURN_IF_ERROR(out.add(versions_figure(results, large, true)));
  }
  MOSAIC_RETURN_IF_ERROR(out.add(components_figure(results, false)));
  return out.add(components_figure(results, true));
}

Result<void> add_motivation(Writer& out, const PaperResults& results) {
  for (const bool energy : {false, true}) {
    for (const char* const key : {"MN-1.0", "MO-1.4"}) MOSAIC_RETURN_IF_ERROR(out.add(layers_figure(results, key, energy)));
  }
  MOSAIC_RETURN_IF_ERROR(out.add(sweep_figure(results)));
  return out.add(communication_figure(results));
}

Result<void> add_plans(Writer& out, const PaperResults& results) {
  MOSAIC_RETURN_IF_ERROR(out.add(features_table(results)));
  for (const bool energy : {false, true}) {
    MOSAIC_RETURN_IF_ERROR(out.add(plans_table(results, energy)));
    for (const NetworkResult& network : results.networks) {
      if (network.large) MOSAIC_RETURN_IF_ERROR(out.add(plan_figure(network, energy)));
    }
  }
  return out.add(differences_table(results));
}

constexpr std::string_view kFittedBoard =
    "The board's truth was fitted to published figures of the seven large networks before any estimate was seen (docs/hikey970.md), and is not "
    "changed "
    "afterwards. What was fitted or inferred is marked as input: for the large networks the quotients between the devices, which figures 8 to 11 "
    "rest "
    "on, and the operators that the NPU lacks, so that borders of plans beside layers with them are inputs as well. All about the three small "
    "networks "
    "is prediction, and so is of the large ones what neither the quotients nor those operators say: the rest of the plans, figures 3 to 5, how far "
    "MOSAIC is below any one device, and estimation errors.";

constexpr std::string_view kOtherBoard =
    "This is not the board that was fitted to the paper's figures: nothing here is known to be an input, and the paper's numbers are another "
    "board's.";

}  // namespace

Result<void> write_paper_report(const PaperResults& results, const Board& board, const fs::path& folder) {
  report::Page page(
      "MOSAIC's evaluation, again",
      fmt::format("Han and others, PACT 2019, on the simulated board '{}'. Every time and energy on this page is simulated.", board.name));
  Writer out(page, folder);
  page.section("What was reproduced");
  page.paragraph(results.fitted ? kFittedBoard : kOtherBoard);
  MOSAIC_RETURN_IF_ERROR(out.add(reductions_table(results)));
  MOSAIC_RETURN_IF_ERROR(out.add(claims_table(results)));
  page.section("Networks and board");
  MOSAIC_RETURN_IF_ERROR(out.add_real(networks_table()));
  MOSAIC_RETURN_IF_ERROR(out.add_real(clocks_table(board)));
  page.section("Layers and communication");
  MOSAIC_RETURN_IF_ERROR(add_motivation(out, results));
  page.section("Versions");
  MOSAIC_RETURN_IF_ERROR(add_versions(out, results));
  MOSAIC_RETURN_IF_ERROR(out.add(order_table(results)));
  page.section("Plans");
  MOSAIC_RETURN_IF_ERROR(add_plans(out, results));
  page.section("Where MOSAIC is beaten");
  MOSAIC_RETURN_IF_ERROR(out.add(losses_table(results, false)));
  MOSAIC_RETURN_IF_ERROR(out.add(losses_table(results, true)));
  page.section("Estimates");
  MOSAIC_RETURN_IF_ERROR(out.add(estimated_table(results)));
  MOSAIC_RETURN_IF_ERROR(out.add(errors_figure(results, false)));
  MOSAIC_RETURN_IF_ERROR(out.add(errors_figure(results, true)));
  MOSAIC_RETURN_IF_ERROR(out.add(richness_table(results)));
  MOSAIC_RETURN_IF_ERROR(write_file(folder / "results.json", to_text(to_json(results))));
  return write_file(folder / "index.html", page.html());
}

Result<void> write_planning_report(const std::vector<PlanningTimes>& times, const std::vector<FrontTime>& fronts, const fs::path& folder) {
  report::Page page("Planning times", "Wall-clock figures of the machine that made this page.");
  Writer out(page, folder);
  MOSAIC_RETURN_IF_ERROR(out.add_real(planning_figure(times, false)));
  MOSAIC_RETURN_IF_ERROR(out.add_real(planning_figure(times, true)));
  MOSAIC_RETURN_IF_ERROR(out.add_real(planning_table(times)));
  MOSAIC_RETURN_IF_ERROR(out.add_real(planning_claims_table(times)));
  MOSAIC_RETURN_IF_ERROR(out.add_real(fronts_table(fronts)));
  return write_file(folder / "index.html", page.html());
}

}  // namespace mosaic::evaluation
