#include "search_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "mapped.h"
#include "mosaic/base/file.h"
#include "mosaic/integers/export.h"
#include "mosaic/integers/quantized_file.h"
#include "mosaic/onnx/model.h"
#include "mosaic/report/page.h"
#include "output.h"
#include "output_folder.h"
#include "search_options.h"

namespace mosaic::cli {
namespace {

double microjoules(const MappedNetwork& mapped) { return mapped.cost.energy.value * 1e6; }

report::Cell cell(const std::optional<double>& value) { return value ? report::Cell(*value) : report::Cell(); }

report::Table front_table(const SearchResult& result, std::span<const MappedFigures> figures) {
  report::Table table{
      .name = "front",
      .caption = "Mappings: cycles and energies are modelled by DIANA's published cost functions, classes computed in the chip's arithmetic.",
      .columns = {{"mapping", ""},
                  {"digital_percent", "digital channels (%)", 1},
                  {"split_layers", "split layers"},
                  {"cycles", "", 0},
                  {"latency_ms", "latency (ms)", 4},
                  {"energy_uj", "energy (uJ)", 3},
                  {"accuracy_percent", "accuracy (%)", 2},
                  {"low_percent", "from", 2},
                  {"high_percent", "to", 2},
                  {"agreement_percent", "as float (%)", 2},
                  {"analog_percent", "with converter (%)", 2}},
      .rows = {}};
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const MappedNetwork& each = result.mapped[i];
    const MappedFigures& of = figures[i];
    const auto low = of.interval ? std::optional(of.interval->low) : std::nullopt;
    const auto high = of.interval ? std::optional(of.interval->high) : std::nullopt;
    table.add({each.name, of.digital_percent, static_cast<std::int64_t>(of.split_layers), each.cost.cycles, each.cost.latency().count(),
               microjoules(each), cell(of.accuracy), cell(low), cell(high), of.agreement_percent, cell(of.analog_percent)});
  }
  return table;
}

std::string series_of(const MappedNetwork& mapped) {
  std::string name;
  switch (mapped.method) {
    case MappingMethod::kHeuristic:
      name = "manual heuristics";
      break;
    case MappingMethod::kMinCost:
      name = "Min-Cost";
      break;
    case MappingMethod::kTrainingFree:
      name = "training-free front";
      break;
    case MappingMethod::kOdimo:
      return "ODiMO";
  }
  return mapped.trained ? name + ", fine-tuned" : name;
}

report::XyChart chart(const SearchResult& result, std::span<const MappedFigures> figures, bool energy) {
  report::XyChart chart{.name = energy ? "front_energy" : "front_latency",
                        .caption = "Accuracy against modelled cost; bars are 95 % intervals.",
                        .x = {.title = energy ? "energy (uJ, modelled)" : "cycles (modelled)"},
                        .y = {.title = figures[0].accuracy ? "accuracy (%)" : "same class as the float network (%)"},
                        .series = {}};
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const MappedNetwork& each = result.mapped[i];
    const MappedFigures& of = figures[i];
    report::Point point{.x = energy ? microjoules(each) : each.cost.cycles, .y = of.accuracy.value_or(of.agreement_percent), .label = each.name};
    if (of.interval) {
      point.low = of.interval->low;
      point.high = of.interval->high;
    }
    const std::string name = series_of(each);
    auto series = std::ranges::find(chart.series, name, &report::PointSeries::name);
    if (series == chart.series.end()) {
      const bool front = each.method == MappingMethod::kTrainingFree || each.method == MappingMethod::kOdimo;
      series = chart.series.insert(series, {.name = name, .line = front});
    }
    series->points.push_back(std::move(point));
  }
  for (report::PointSeries& series : chart.series) {
    if (series.line) std::ranges::sort(series.points, {}, &report::Point::x);
  }
  return chart;
}

/// Per cent. Requires: labels.
double float_accuracy(const SearchResult& result, std::span<const LabelledImage> test) {
  return 100 * static_cast<double>(right_answers(test, result.float_classes)) / static_cast<double>(test.size());
}

/// Requires: all of them have one.
Json labels_json(std::span<const LabelledImage> images) {
  Json labels = Json::array();
  for (const LabelledImage& each : images) labels.push_back(*each.label);
  return labels;
}

}  // namespace

std::vector<MappedFigures> figures_of(const SearchResult& result, std::span<const LabelledImage> test, diana::CostKind objective) {
  const bool labelled = std::ranges::all_of(test, [](const LabelledImage& each) { return each.label.has_value(); });
  const auto rivals = manual_rivals(result, test, objective);
  std::vector<MappedFigures> all;
  for (std::size_t i = 0; i < result.mapped.size(); ++i) {
    const MappedNetwork& each = result.mapped[i];
    MappedFigures& of = all.emplace_back();
    const SplitFigures split = split_figures(each.mapping);
    of.digital_percent = split.digital_percent;
    of.split_layers = split.split_layers;
    std::size_t same = 0;
    for (std::size_t t = 0; t < test.size(); ++t) same += each.classes[t] == result.float_classes[t] ? 1 : 0;
    of.agreement_percent = 100 * static_cast<double>(same) / static_cast<double>(test.size());
    if (!each.analog_classes.empty()) {
      std::size_t good = 0;
      for (std::size_t t = 0; t < test.size(); ++t) {
        good += each.analog_classes[t] == (labelled ? *test[t].label : result.float_classes[t]) ? 1 : 0;
      }
      of.analog_percent = 100 * static_cast<double>(good) / static_cast<double>(test.size());
    }
    if (!labelled) continue;
    const std::size_t right = right_answers(test, each.classes);
    const Interval share = share_interval(right, test.size());
    of.accuracy = 100 * static_cast<double>(right) / static_cast<double>(test.size());
    of.interval = Interval{.low = 100 * share.low, .high = 100 * share.high};
    if (!rivals[i] || *rivals[i] == i) continue;
    of.rival = result.mapped[*rivals[i]].name;
    of.saving_percent = 100 * (1 - each.cost.of(objective) / result.mapped[*rivals[i]].cost.of(objective));
  }
  return all;
}

std::string search_table(const SearchResult& result, std::span<const MappedFigures> figures) {
  const bool analog = !figures.empty() && figures[0].analog_percent;
  std::vector<std::string> titles{"mapping", ">digital %", ">split layers", ">cycles", ">ms", ">uJ", ">accuracy % (95 %)", ">as float %"};
  if (analog) titles.emplace_back(">with converter %");
  titles.emplace_back("against the cheapest heuristic as good");
  Table table(titles);
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const MappedNetwork& each = result.mapped[i];
    const MappedFigures& of = figures[i];
    std::vector<std::string> cells{
        each.name,
        fmt::format("{:.1f}", of.digital_percent),
        std::to_string(of.split_layers),
        fmt::format("{:.0f}", each.cost.cycles),
        fmt::format("{:.4f}", each.cost.latency().count()),
        fmt::format("{:.2f}", microjoules(each)),
        of.accuracy ? fmt::format("{:.1f} ({:.1f} to {:.1f})", *of.accuracy, of.interval->low, of.interval->high) : "no labels",
        fmt::format("{:.1f}", of.agreement_percent)};
    if (analog) cells.push_back(fmt::format("{:.1f}", *of.analog_percent));
    cells.push_back(of.rival ? fmt::format("{:+.1f} % of {}", -*of.saving_percent, *of.rival) : "");
    table.add(std::move(cells));
  }
  return table.text();
}

Json search_json(const SearchResult& result, std::span<const MappedFigures> figures) {
  Json json{{"front_points", result.front}, {"front_excess", result.excess}, {"costs", "modelled"}, {"mappings", Json::array()}};
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const MappedNetwork& each = result.mapped[i];
    const MappedFigures& of = figures[i];
    Json one{{"name", each.name},
             {"manual", each.manual},
             {"method", mosaic::name(each.method)},
             {"trained", each.trained},
             {"digital_channels", mapping::digital_counts(each.mapping)},
             {"split_layers", of.split_layers},
             {"layers", layers_json(each.network)},
             {"modelled_cycles", each.cost.cycles},
             {"modelled_uj", microjoules(each)},
             {"proxy", each.proxy},
             {"classes", each.classes},
             {"agreement_pct", of.agreement_percent}};
    if (of.accuracy) one.update({{"accuracy_pct", *of.accuracy}, {"accuracy_low_pct", of.interval->low}, {"accuracy_high_pct", of.interval->high}});
    if (each.trained) one["epochs"] = each.epochs;
    if (each.held_out_percent) one["held_out_accuracy_pct"] = *each.held_out_percent;
    if (of.analog_percent) one["with_converter_pct"] = *of.analog_percent;
    if (of.rival) one.update({{"rival", *of.rival}, {"saving_pct", *of.saving_percent}});
    json["mappings"].push_back(std::move(one));
  }
  return json;
}

Result<void> write_search(const SearchResult& result, std::span<const MappedFigures> figures, const std::string& title,
                          const std::filesystem::path& folder) {
  MOSAIC_RETURN_IF_ERROR(remove_mappings(folder / "front.json"));
  const report::Table table = front_table(result, figures);
  report::Page page(title, "Cycles and energies are modelled, not measured.");
  page.section("Front");
  page.add(chart(result, figures, false));
  page.add(chart(result, figures, true));
  page.add(table);
  MOSAIC_RETURN_IF_ERROR(write_file(folder / "front.html", page.html()));
  MOSAIC_RETURN_IF_ERROR(report::save_table(table, folder));
  for (const MappedNetwork& each : result.mapped) {
    MOSAIC_RETURN_IF_ERROR(mapping::write_mapping(each.mapping, folder / (file_name(each.name) + ".mapping.json")));
    MOSAIC_RETURN_IF_ERROR(onnx::save_model(integers::to_model(each.network), folder / (file_name(each.name) + ".onnx")));
    MOSAIC_RETURN_IF_ERROR(integers::write_quantized(each.network, folder / (file_name(each.name) + ".integers.json")));
  }
  return {};
}

std::optional<std::string> missing_labels(std::span<const LabelledImage> images, const std::string& what) {
  const auto lacks = [](const LabelledImage& each) { return !each.label.has_value(); };
  const auto count = std::ranges::count_if(images, lacks);
  if (count == 0 || count == std::ssize(images)) return {};
  return fmt::format("{} of {} {} images have no class, {} for one", count, images.size(), what, std::ranges::find_if(images, lacks)->name);
}

namespace {

Json whole_json(const SearchResult& result, std::span<const MappedFigures> figures, std::span<const LabelledImage> test, const SearchReport& report) {
  Json json = search_json(result, figures);
  if (figures.front().accuracy) json.update({{"float_accuracy_pct", float_accuracy(result, test)}, {"test_labels", labels_json(test)}});
  json.update(report.facts);
  if (report.seed) {
    json["seed"] = *report.seed;
    for (Json& each : json["mappings"]) each["seed"] = *report.seed;
  }
  json.update({{"labels", result.own_classes ? "own" : "given"}, {"calibration_images", report.calibration}, {"test_images", test.size()}});
  return json;
}

std::string whole_text(const SearchResult& result, std::span<const MappedFigures> figures, std::span<const LabelledImage> test,
                       const SearchReport& report) {
  std::string text =
      fmt::format("{}: {} images to calibrate, tested on {}; cycles and energies are modelled\n\n", report.title, report.calibration, test.size());
  text += search_table(result, figures);
  if (figures.front().accuracy) text += fmt::format("\nThe float network is right on {:.1f} % of these images.", float_accuracy(result, test));
  text += fmt::format("\nSensitivities are to {}.", result.own_classes ? "the float network's own classes" : "the classes given");
  if (std::ranges::any_of(result.mapped, [](const MappedNetwork& each) { return each.method == MappingMethod::kOdimo; }))
    text += "\nODiMO: after its method, with a schedule of minutes where its authors take days (docs/training.md has all differences).";
  text += fmt::format(
      "\nThe front of proxy and exact cost has {} points{}.\n", result.front,
      result.excess > 0 ? fmt::format(" and may miss better ones by a factor of at most {:.3f} in the proxy", 1 + result.excess) : ", proved whole");
  return text;
}

}  // namespace

Result<void> show_search(const SearchResult& result, std::span<const LabelledImage> test, const Board& board, const SearchReport& report,
                         const SearchCommand& command) {
  const std::vector<MappedFigures> figures = figures_of(result, test, command.kind());
  if (const auto missing = missing_labels(test, "test")) note(*missing + ": accuracies are left out");
  // First what hours were spent on, then what a full disk may spoil.
  command.json ? print_json(whole_json(result, figures, test, report)) : print(whole_text(result, figures, test, report));
  if (command.output.empty()) return {};
  MOSAIC_RETURN_IF_ERROR(write_search(result, figures, report.title, command.output));
  MOSAIC_RETURN_IF_ERROR(write_plans(result, board, command.accelerators, command.objective, command.output));
  if (!command.json)
    print(fmt::format("Page, mappings, models in integers and their plans: {}/front.html; run one: mosaic run {}/All-8bit.integers.json\n",
                      command.output, command.output));
  return {};
}

}  // namespace mosaic::cli
