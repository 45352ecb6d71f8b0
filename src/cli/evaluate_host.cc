#include <fmt/format.h>

#include <algorithm>

#include "command.h"
#include "mosaic/base/statistics.h"
#include "mosaic/session/bench.h"
#include "mosaic/session/measure.h"
#include "output.h"

namespace mosaic::cli {
namespace {

struct EvaluateHostArguments {
  std::vector<std::string> models;
  std::string board;
  BenchOptions bench;
  bool json = false;
};

/// One model's line: the plan as predicted and measured, and what a user would have had without it.
struct Line {
  std::string model;
  std::size_t slices = 1;
  Microseconds predicted{};
  Microseconds measured{};
  std::string best_single;
  std::optional<Microseconds> single;
  std::optional<Microseconds> engine;       ///< ONNX Runtime as it comes
  std::optional<Microseconds> best_engine;  ///< at its best settings

  [[nodiscard]] double error_percent() const { return 100 * (predicted / measured - 1); }
};

Microseconds median_of(const BenchVersion& version) { return Microseconds(median(version.microseconds)); }

Line make_line(const std::string& model, const std::vector<BenchVersion>& versions) {
  Line line{.model = std::filesystem::path(model).stem().string()};
  for (const BenchVersion& version : versions) {
    const Microseconds time = median_of(version);
    if (version.name == "mosaic") {
      line.slices = version.slices;
      line.predicted = version.predicted.value_or(Microseconds(0));
      line.measured = time;
    } else if (version.name.starts_with("single:") && (!line.single || time < *line.single)) {
      line.best_single = version.name.substr(7);
      line.single = time;
    } else if (version.name == "ort_default") {
      line.engine = time;
    } else if (version.name == "ort_best") {
      line.best_engine = time;
    }
  }
  return line;
}

Result<Line> evaluate(const std::string& model, const EvaluateHostArguments& options, const std::stop_token& stop, Progress& progress) {
  MOSAIC_TRY(const auto workspace, Workspace::open({.model = model, .board = options.board, .shapes = {}}));
  ProfilerOptions profiler;
  const std::string name = workspace->graph().name;
  profiler.progress = [&](std::string_view what, double share) { progress.show(fmt::format("{}: {}", name, what), share); };
  MOSAIC_TRY(const Profile profile, cached_profile(*workspace, profiler, stop));
  for (const std::string& noisy : profile.noisy) note(fmt::format("{}: noisy while profiling: {}", model, noisy));
  BenchOptions bench_options = options.bench;
  bench_options.stop = stop;
  bench_options.progress = profiler.progress;
  MOSAIC_TRY(const std::vector<BenchVersion> versions, bench(*workspace, profile, bench_options));
  return make_line(model, versions);
}

Json to_json(const std::vector<Line>& lines) {
  Json json = Json::array();
  const auto optional = [](const std::optional<Microseconds>& time) { return time ? Json(json_ms(*time)) : Json(nullptr); };
  for (const Line& line : lines) {
    json.push_back({{"model", line.model},
                    {"slices", line.slices},
                    {"predicted_ms", json_ms(line.predicted)},
                    {"measured_ms", json_ms(line.measured)},
                    {"error_pct", line.error_percent()},
                    {"best_single", line.best_single},
                    {"best_single_ms", optional(line.single)},
                    {"ort_default_ms", optional(line.engine)},
                    {"ort_best_ms", optional(line.best_engine)}});
  }
  return json;
}

void print_lines(const std::vector<Line>& lines) {
  Table table({"model", ">slices", ">predicted ms", ">measured ms", ">error %", "best single", ">ms", ">ONNX Runtime ms", ">at its best ms",
               ">ratio to best"});
  double error = 0;
  for (const Line& line : lines) {
    const auto optional = [](const std::optional<Microseconds>& time) { return time ? ms(*time) : std::string(); };
    const auto best = line.best_engine ? line.best_engine : line.single;
    table.add({line.model, std::to_string(line.slices), ms(line.predicted), ms(line.measured), fmt::format("{:+.1f}", line.error_percent()),
               line.best_single, optional(line.single), optional(line.engine), optional(line.best_engine),
               best ? fmt::format("{:.2f}", *best / line.measured) : ""});
    error += std::abs(line.error_percent()) / static_cast<double>(lines.size());
  }
  print(
      fmt::format("{}mean error of the prediction {:.1f} %. Medians of interleaved runs; ratio above 1: the plan is faster.\n", table.text(), error));
}

}  // namespace

void add_evaluate_host(CLI::App& group, Context& context) {
  auto& command = add_command(group, "host", "Plan models on this machine, and hold prediction and plan against what runs",
                              "  mosaic evaluate host model.onnx other.onnx\n"
                              "  mosaic evaluate host models/*.onnx --board host.yaml --json > host.json");
  auto options = std::make_shared<EvaluateHostArguments>();
  command.add_option("MODEL", options->models, "ONNX files")->required();
  command.add_option("-b,--board", options->board, "Board: host (default), host-split, the name of a board or a board file");
  command.add_option("-r,--runs", options->bench.runs, "Timed runs of each version")->check(CLI::Range(5, 100'000))->capture_default_str();
  command.add_option("--seed", options->bench.seed, "Seed of inputs and random plans")->capture_default_str();
  command.add_flag("--json", options->json, "Print JSON for scripts");
  command.callback([options, &context] {
    context.action = [options, &context]() -> Result<void> {
      Progress progress(options->json);
      std::vector<Line> lines;
      for (const std::string& model : options->models) {
        MOSAIC_TRY(Line line, evaluate(model, *options, context.stop, progress));
        lines.push_back(std::move(line));
      }
      progress.clear();
      options->json ? print_json(to_json(lines)) : print_lines(lines);
      return {};
    };
  });
}

}  // namespace mosaic::cli
