#include "mosaic/evaluation/paper/report.h"

#include <fmt/format.h>

#include "mosaic/base/file.h"
#include "mosaic/evaluation/paper/claims.h"
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

  Result<void> add(const report::Table& table) {
    page_.add(table);
    return write(table);
  }

  template <class Chart>
  Result<void> add(const Chart& chart) {
    page_.add(chart);
    return write(report::to_table(chart));
  }

 private:
  Result<void> write(const report::Table& table) {
    MOSAIC_RETURN_IF_ERROR(write_file(folder_ / "csv" / (table.name + ".csv"), report::to_csv(table)));
    return write_file(folder_ / "json" / (table.name + ".json"), report::to_json(table));
  }

  report::Page& page_;
  const fs::path& folder_;
};

/// How far the published mean reductions are from ours.
report::Table reductions_table(const PaperResults& results) {
  report::Table table{.name = "reductions",
                      .caption = "Mean reductions by MOSAIC (geometric means; simulated). What the board's truth was fitted to is marked as input.",
                      .columns = {{"networks", "networks"},
                                  {"what", "what"},
                                  {"against", "against"},
                                  {"paper_percent", "paper (%)", 1},
                                  {"ours_percent", "ours (%)", 1},
                                  {"points", "difference (points)", 1},
                                  {"role", "role"}},
                      .rows = {}};
  struct Row {
    bool large;
    bool energy;
    const char* against;
    double paper;
    const char* role;
  };
  constexpr const char* kRatio = "ratio to TF-GPU was an input";
  for (const Row& row : {Row{true, false, "TF-BIG-P", 70.3, kRatio}, Row{true, false, "TF-LITTLE-P", 86.1, kRatio},
                         Row{true, false, "TF-GPU-P", 39.1, "result; GPU latencies were inputs"}, Row{true, false, "TF-NPU-P", 29.2, kRatio},
                         Row{true, true, "TF-BIG-O", 91.0, kRatio}, Row{true, true, "TF-LITTLE-O", 80.5, kRatio},
                         Row{true, true, "TF-GPU-O", 83.4, "result"}, Row{true, true, "TF-NPU-O", 36.6, kRatio},
                         Row{false, false, "TF-BIG-P", 58.8, "prediction"}, Row{false, false, "TF-LITTLE-P", 80.4, "prediction"},
                         Row{false, false, "TF-GPU-P", 29.5, "prediction"}, Row{false, false, "TF-NPU-P", 9.2, "prediction"},
                         Row{false, true, "TF-BIG-O", 87.6, "prediction"}, Row{false, true, "TF-LITTLE-O", 74.5, "prediction"},
                         Row{false, true, "TF-GPU-O", 78.2, "prediction"}, Row{false, true, "TF-NPU-O", 22.9, "prediction"}}) {
    const double ours = reduction_percent(results, row.large, row.energy, "MOSAIC", row.against);
    table.add({std::string(row.large ? "large" : "small"), std::string(row.energy ? "energy" : "latency"), std::string(row.against), row.paper, ours,
               ours - row.paper, std::string(row.role)});
  }
  return table;
}

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
  for (const bool energy : {false, true}) {
    MOSAIC_RETURN_IF_ERROR(out.add(plans_table(results, energy)));
    for (const NetworkResult& network : results.networks) {
      if (network.large) MOSAIC_RETURN_IF_ERROR(out.add(plan_figure(network, energy)));
    }
  }
  return {};
}

}  // namespace

Result<void> write_paper_report(const PaperResults& results, const Board& board, const fs::path& folder) {
  report::Page page(
      "MOSAIC's evaluation, again",
      fmt::format("Han and others, PACT 2019, on the simulated board '{}'. Every time and energy on this page is simulated.", board.name));
  Writer out(page, folder);
  page.section("What was reproduced");
  page.paragraph(
      "The board's truth was fitted to published figures of the seven large networks before any estimate was seen (docs/hikey970.md). What was "
      "fitted is "
      "marked as input; all about the three small networks, the plans and figures 3 to 5 and 10 to 17 is prediction.");
  MOSAIC_RETURN_IF_ERROR(out.add(reductions_table(results)));
  MOSAIC_RETURN_IF_ERROR(out.add(claims_table(results)));
  page.section("Networks and board");
  MOSAIC_RETURN_IF_ERROR(out.add(networks_table()));
  MOSAIC_RETURN_IF_ERROR(out.add(clocks_table(board)));
  page.section("Layers and communication");
  MOSAIC_RETURN_IF_ERROR(add_motivation(out, results));
  page.section("Versions");
  MOSAIC_RETURN_IF_ERROR(add_versions(out, results));
  page.section("Plans");
  MOSAIC_RETURN_IF_ERROR(add_plans(out, results));
  page.section("Where MOSAIC is beaten");
  MOSAIC_RETURN_IF_ERROR(out.add(losses_table(results, false)));
  MOSAIC_RETURN_IF_ERROR(out.add(losses_table(results, true)));
  page.section("Estimates");
  MOSAIC_RETURN_IF_ERROR(out.add(errors_figure(results, false)));
  MOSAIC_RETURN_IF_ERROR(out.add(errors_figure(results, true)));
  MOSAIC_RETURN_IF_ERROR(out.add(richness_table(results)));
  MOSAIC_RETURN_IF_ERROR(write_file(folder / "results.json", to_text(to_json(results))));
  return write_file(folder / "index.html", page.html());
}

Result<void> write_planning_report(const std::vector<PlanningTimes>& times, const std::vector<FrontTime>& fronts, const fs::path& folder) {
  report::Page page("Planning times", "Wall-clock figures of the machine that made this page.");
  Writer out(page, folder);
  MOSAIC_RETURN_IF_ERROR(out.add(planning_figure(times, false)));
  MOSAIC_RETURN_IF_ERROR(out.add(planning_figure(times, true)));
  MOSAIC_RETURN_IF_ERROR(out.add(planning_table(times)));
  MOSAIC_RETURN_IF_ERROR(out.add(fronts_table(fronts)));
  return write_file(folder / "index.html", page.html());
}

}  // namespace mosaic::evaluation
