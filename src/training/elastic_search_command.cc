#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "mosaic/base/statistics.h"
#include "output.h"
#include "output_folder.h"
#include "training/commands.h"
#include "training/elastic_command.h"
#include "training/elastic_search.h"

namespace mosaic::training {
namespace {

using cli::Context;
using cli::ElasticSearchCommand;

double percent_of(elastic::Millipoints accuracy) { return static_cast<double>(accuracy.value) / 1000; }
double milliseconds(Nanoseconds time) { return cli::json_ms(Microseconds(time)); }

Json json_of(const LevelSearch& found, const std::vector<CutOut>& cuts, const ElasticDesk& desk, const ElasticSearchCommand& command) {
  Json tables = Json::array();
  for (const TableQuality& each : found.tables)
    tables.push_back({{"threads", each.threads}, {"mean_error_pct", each.mean_error_percent}, {"most_error_pct", each.most_error_percent}});
  Json levels = Json::array();
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const Level& level = found.levels[i];
    const Interval interval = share_interval(cuts[i].right, desk.data.test.size());
    Json latencies = Json::array();
    for (std::size_t t = 0; t < command.threads.size(); ++t)
      latencies.push_back({{"threads", command.threads[t]}, {"measured_ms", milliseconds(level.latencies[t])}});
    levels.push_back({{"name", cuts[i].name},
                      {"sub_network", describe(desk.model.design.space, level.network)},
                      {"macs", cuts[i].macs},
                      {"predicted_ms", milliseconds(level.predicted.latency)},
                      {"latencies", std::move(latencies)},
                      {"predicted_accuracy_pct", percent_of(level.predicted.accuracy)},
                      {"held_out_accuracy_pct", percent_of(level.measured.accuracy)},
                      {"accuracy_pct", 100 * static_cast<double>(cuts[i].right) / static_cast<double>(desk.data.test.size())},
                      {"accuracy_low_pct", 100 * interval.low},
                      {"accuracy_high_pct", 100 * interval.high}});
  }
  return {{"model", command.model},
          {"data", desk.data.name},
          {"seed", command.seed},
          {"space_sub_networks", desk.model.design.space.sub_networks()},
          {"samples", command.samples},
          {"held_out_images", desk.held_out.size()},
          {"test_images", desk.data.test.size()},
          {"accuracy_error_points", found.accuracy.mean_error},
          {"accuracy_rank_correlation", found.accuracy.rank_correlation},
          {"latency_tables", std::move(tables)},
          {"front", found.front},
          {"front_share_of_exact_pct", found.exact_share_percent},
          {"measured", found.measured},
          {"levels", std::move(levels)}};
}

void show(const LevelSearch& found, const std::vector<CutOut>& cuts, const ElasticDesk& desk, const ElasticSearchCommand& command) {
  cli::print(fmt::format("accuracy predicted from {} sub-networks: error {:.2f} points, Kendall's tau {:.2f} on those left out\n", command.samples,
                         found.accuracy.mean_error, found.accuracy.rank_correlation));
  for (const TableQuality& each : found.tables) {
    cli::print(fmt::format("latency table with {} thread{}: error {:.1f} % on average, {:.1f} % at most, on whole sub-networks\n", each.threads,
                           each.threads == 1 ? "" : "s", each.mean_error_percent, each.most_error_percent));
  }
  cli::print(fmt::format("predicted front: {} sub-networks, {:.2f} % of the exact one's hypervolume; {} measured\n\n", found.front,
                         found.exact_share_percent, found.measured));
  std::vector<std::string> titles{"level", ">predicted ms"};
  for (const int threads : command.threads) titles.push_back(fmt::format(">ms, {} thread{}", threads, threads == 1 ? "" : "s"));
  titles.insert(titles.end(), {">held out %", ">test %", ">MMACs", "sub-network"});
  cli::Table table(std::move(titles));
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const Level& level = found.levels[i];
    std::vector<std::string> cells{cuts[i].name, cli::ms(Microseconds(level.predicted.latency))};
    for (const Nanoseconds time : level.latencies) cells.push_back(cli::ms(Microseconds(time)));
    cells.push_back(fmt::format("{:.2f}", percent_of(level.measured.accuracy)));
    cells.push_back(fmt::format("{:.2f}", 100 * static_cast<double>(cuts[i].right) / static_cast<double>(desk.data.test.size())));
    cells.push_back(fmt::format("{:.3f}", static_cast<double>(cuts[i].macs) / 1e6));
    cells.push_back(describe(desk.model.design.space, level.network));
    table.add(std::move(cells));
  }
  cli::print(table.text());
}

Result<void> search(const ElasticSearchCommand& command, const Context& context) {
  if (!command.output.empty()) MOSAIC_RETURN_IF_ERROR(cli::check_output_folder(command.output));
  MOSAIC_TRY(const auto desk, ElasticDesk::open(command));
  if (!desk->model.only.empty())
    return invalid(fmt::format("{} was trained as '{}' alone: there is nothing to search", command.model, desk->model.only));
  cli::Progress progress(command.json);
  LevelSearchOptions options{.levels = command.levels,
                             .threads = command.threads,
                             .samples = command.samples,
                             .runs = command.runs,
                             .evolution = {.population = command.population, .generations = command.generations, .seed = command.seed},
                             .progress = [&](std::string_view what, double share) { progress.show(what, share); },
                             .stop = context.stop};
  MOSAIC_TRY(const LevelSearch found, search_levels(*desk->extractor, desk->held_out, options));
  std::vector<CutOut> cuts;
  for (const Level& level : found.levels) {
    progress.show("test images", static_cast<double>(cuts.size()) / static_cast<double>(found.levels.size()));
    MOSAIC_TRY(CutOut cut, cut_out(*desk, fmt::format("level_{}", cuts.size() + 1), level.network, context.stop));
    cuts.push_back(std::move(cut));
  }
  progress.clear();
  if (!command.output.empty()) MOSAIC_RETURN_IF_ERROR(write_family(*desk, cuts, command.output));
  if (command.json) {
    cli::print_json(json_of(found, cuts, *desk, command));
  } else {
    show(found, cuts, *desk, command);
  }
  return {};
}

}  // namespace

void add_elastic_search(CLI::App& group, Context& context) {
  auto options = std::make_shared<ElasticSearchCommand>();
  options->declare_command(group).callback([options, &context] { context.action = [options, &context] { return search(*options, context); }; });
}

}  // namespace mosaic::training
