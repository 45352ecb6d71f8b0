#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cases.h"
#include "classes.h"
#include "command.h"
#include "energy.h"
#include "mapped.h"
#include "mosaic/base/file.h"
#include "mosaic/base/statistics.h"
#include "mosaic/base/text.h"
#include "mosaic/input/array_file.h"
#include "mosaic/input/samples.h"
#include "mosaic/runtime/trace.h"
#include "mosaic/session/race.h"
#include "mosaic/session/session.h"
#include "mosaic/session/unsliced.h"
#include "output.h"
#include "run_mapped.h"
#include "steps.h"

namespace mosaic::cli {
namespace {

struct RunArguments : ModelOptions {
  std::string plan;
  std::vector<std::string> inputs;
  std::string preprocess = "raw";
  std::string labels;
  std::string truth;
  std::size_t top = 5;
  std::size_t repeat = 20;
  std::string trace;
  std::string output;
  std::string meter = "auto";
  std::optional<double> analog_noise;
  bool check = false;
  ProfilerOptions profiler;
};

struct Outcome {
  std::vector<std::vector<std::size_t>> rankings;  // by case
  Score score;
  bool equal_bits = true;
  double worst_difference = 0;
};

Result<void> save_outputs(const std::filesystem::path& folder, std::size_t index, const Graph& graph, const std::vector<Tensor>& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    std::string name = graph.tensor(graph.outputs[i]).name;
    std::ranges::replace(name, '/', '_');
    MOSAIC_RETURN_IF_ERROR(write_file(folder / fmt::format("{}_{}.npy", index, name), format_npy(outputs[i])));
  }
  return {};
}

/// Times of many runs, as measured and as predicted.
struct Timing {
  std::vector<double> totals;                  // microseconds
  std::vector<std::vector<double>> transfers;  // by step
  std::vector<std::vector<double>> executes;
  Microseconds first{};
  std::vector<RunReport> reports;
  std::optional<RunEnergy> energy;
  std::vector<double> joules;  // of each run, where nothing measures them but they can be computed
  bool simulated = false;

  [[nodiscard]] std::optional<ComputedEnergy> computed_energy() const {
    if (joules.empty()) return std::nullopt;
    return ComputedEnergy{.of_run = Joules{median(joules)}, .simulated = simulated};
  }
};

void add_report(Timing& timing, const RunReport& report, const Session& session) {
  timing.totals.push_back(Microseconds(report.total).count());
  timing.transfers.resize(report.steps.size());
  timing.executes.resize(report.steps.size());
  for (std::size_t s = 0; s < report.steps.size(); ++s) {
    timing.transfers[s].push_back(Microseconds(report.steps[s].transfer()).count());
    timing.executes[s].push_back(Microseconds(report.steps[s].execute()).count());
  }
  timing.simulated = report.simulated;
  const auto energy = report.simulated ? report.energy : modelled_energy(report, session.plan().plan(), session.workspace().board());
  if (energy) timing.joules.push_back(energy->value);
  constexpr std::size_t kMostTraced = 1000;
  if (timing.reports.size() < kMostTraced) timing.reports.push_back(report);
}

std::int64_t peak_memory() {
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * 1024 : 0;
}

Json to_json(const Session& session, const std::vector<Case>& cases, const Outcome& outcome, const Timing& timing, const EnergyProbe& probe,
             const RunArguments& options) {
  const Plan& plan = session.plan().plan();
  Json json{{"model", options.model},
            {"board", session.workspace().board().name},
            {"simulated", session.workspace().board().simulated()},
            {"slices", plan.steps.size()}};
  json["predicted_ms"] = plan.prediction ? Json(json_ms(plan.prediction->expected)) : Json(nullptr);
  json["measured_ms"] = {{"p50", json_ms(Microseconds(median(timing.totals)))},
                         {"p95", json_ms(Microseconds(quantile(timing.totals, 0.95)))},
                         {"p99", json_ms(Microseconds(quantile(timing.totals, 0.99)))}};
  json["cold_start_ms"] = json_ms(session.compile_time() + timing.first);
  json["peak_memory_bytes"] = peak_memory();
  const bool knows_energy = plan.prediction && plan.prediction->energy;
  json["predicted_mj"] = knows_energy ? Json(std::round(plan.prediction->energy->value * 1e6) / 1e3) : Json(nullptr);
  json["energy"] = energy_json(timing.energy, probe, timing.computed_energy());
  json["steps"] = Json::array();
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    Json entry{{"layers", format_layers(step.layers)},
               {"configuration", step.configuration},
               {"transfer_ms", json_ms(Microseconds(median(timing.transfers[s])))},
               {"execute_ms", json_ms(Microseconds(median(timing.executes[s])))}};
    entry["predicted_transfer_ms"] = step.predicted ? Json(json_ms(step.predicted->transfer)) : Json(nullptr);
    entry["predicted_execute_ms"] = step.predicted ? Json(json_ms(step.predicted->execute)) : Json(nullptr);
    json["steps"].push_back(std::move(entry));
  }
  json["noisy"] = session.choice().noisy;
  json["samples"] = Json::array();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    json["samples"].push_back(
        {{"name", cases[i].name}, {"top", outcome.rankings[i]}, {"label", cases[i].label ? Json(*cases[i].label) : Json(nullptr)}});
  }
  if (outcome.score.labelled > 0) json["accuracy"] = outcome.score.json();
  if (options.check) json["check"] = {{"bit_equal", outcome.equal_bits}, {"worst_relative_difference", outcome.worst_difference}};
  return json;
}

std::string with_error(double measured, const std::optional<Microseconds>& predicted) {
  return predicted && measured > 0 ? fmt::format("{:+.1f}", 100 * (predicted->count() / measured - 1)) : "";
}

void print_timing(const Session& session, const Timing& timing) {
  const Plan& plan = session.plan().plan();
  const Board& board = session.workspace().board();
  Table table({">step", "layers", "on", ">transfer predicted", ">measured", ">execute predicted", ">measured ms", ">error %"});
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    const auto predicted = step.predicted ? std::optional(step.predicted->execute) : std::nullopt;
    const double measured = median(timing.executes[s]);
    table.add({std::to_string(s), format_layers(step.layers), step.configuration, step.predicted ? ms(step.predicted->transfer) : "",
               ms(Microseconds(median(timing.transfers[s]))), predicted ? ms(*predicted) : "", ms(Microseconds(measured)),
               with_error(measured, predicted)});
  }
  print(table.text());
  const double total = median(timing.totals);
  const auto predicted = plan.prediction ? std::optional(plan.prediction->expected) : std::nullopt;
  print(fmt::format("whole run: predicted {} ms, measured {} ms{}{} (p95 {}, p99 {}); cold start {} ms; peak memory {}\n",
                    predicted ? ms(*predicted) : "nothing", ms(Microseconds(total)),
                    predicted ? ", error " + with_error(total, predicted) + " %" : "", simulated_note(board),
                    ms(Microseconds(quantile(timing.totals, 0.95))), ms(Microseconds(quantile(timing.totals, 0.99))),
                    ms(session.compile_time() + timing.first), format_bytes({peak_memory()})));
}

void print_confirmation(const Session& session) {
  const auto& confirmation = session.choice().confirmation;
  if (!confirmation || confirmation->contenders.size() < 2) return;
  Table table({"confirmed", ">slices", ">predicted ms", ">measured ms", ""});
  for (std::size_t i = 0; i < confirmation->contenders.size(); ++i) {
    const Contender& each = confirmation->contenders[i];
    table.add({each.name, std::to_string(each.plan.steps.size()), ms(each.plan.prediction->expected), ms(Microseconds(median(each.microseconds))),
               i == confirmation->chosen ? "kept" : ""});
  }
  print(table.text() + "\n");
}

void print_results(const std::vector<Case>& cases, const Outcome& outcome, const std::vector<std::string>& labels) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (outcome.rankings[i].empty()) continue;
    print(classes_text(cases[i].name, outcome.rankings[i], labels) + "\n");
  }
}

/// Names that do not fit the classes would name the wrong ones. Errors: kInvalidInput.
Result<void> check_labels(const std::vector<std::string>& labels, const Graph& graph, const std::string& file) {
  const GraphTensor& output = graph.tensor(graph.outputs[0]);
  const auto values = output.shape ? element_count(*output.shape) : std::nullopt;
  if (!values || output.shape->empty() || output.shape->front() < 1) return {};
  const std::int64_t classes = *values / output.shape->front();
  if (static_cast<std::int64_t>(labels.size()) == classes) return {};
  return fail(ErrorCode::kInvalidInput, fmt::format("{} has {} names, the model has {} classes", file, labels.size(), classes));
}

Result<Outcome> run_cases(Session& session, std::vector<Case>& cases, Timing& timing, const RunArguments& options, const std::stop_token& stop,
                          Progress& progress) {
  std::optional<Unsliced> unsliced;
  if (options.check) {
    MOSAIC_TRY(unsliced, Unsliced::open(session.workspace()));
  }
  Outcome outcome;
  std::vector<Tensor> outputs;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    MOSAIC_TRY(const RunReport report, session.executor().run(pointers(cases[i].inputs), outputs, {.stop = stop}));
    if (i == 0) timing.first = Microseconds(report.total);
    outcome.rankings.push_back(ranking(outputs[0], std::max<std::size_t>(options.top, 5)));
    if (cases[i].label) MOSAIC_RETURN_IF_ERROR(outcome.score.add(cases[i].name, *cases[i].label, outputs[0], outcome.rankings.back()));
    outcome.rankings.back().resize(std::min(outcome.rankings.back().size(), options.top));
    if (unsliced) {
      MOSAIC_TRY(const std::vector<Tensor> expected, unsliced->outputs_of(cases[i].inputs));
      const Difference difference = compare_all(expected, outputs);
      outcome.equal_bits = outcome.equal_bits && difference.equal_bits;
      outcome.worst_difference = std::max(outcome.worst_difference, difference.relative);
    }
    if (!options.output.empty()) MOSAIC_RETURN_IF_ERROR(save_outputs(options.output, i, session.workspace().graph(), outputs));
    progress.show("running", static_cast<double>(i + 1) / static_cast<double>(cases.size()));
  }
  for (std::size_t i = 0; i < options.repeat; ++i) {
    MOSAIC_TRY(const RunReport report, session.executor().run(pointers(cases[0].inputs), outputs, {.stop = stop}));
    add_report(timing, report, session);
  }
  return outcome;
}

Result<std::optional<RunEnergy>> measure_energy(Session& session, const Case& subject, EnergyProbe& probe, const std::stop_token& stop,
                                                Progress& progress) {
  if (probe.has_meter()) progress.show("measuring energy", 0);
  std::vector<Tensor> outputs;
  return probe.measure([&]() -> Result<void> {
    MOSAIC_TRY([[maybe_unused]] const RunReport report, session.executor().run(pointers(subject.inputs), outputs, {.stop = stop}));
    return {};
  });
}

Result<void> run_split(const RunArguments& options, const Context& context) {
  if (!options.trace.empty()) return fail(ErrorCode::kUnsupported, "--trace: a network in integers is simulated, and nothing of it is timed");
  const MappedRunOptions mapped{.model = options.model,
                                .plan = options.plan,
                                .board = options.board,
                                .inputs = options.inputs,
                                .preprocess = options.preprocess,
                                .labels = options.labels,
                                .truth = options.truth,
                                .top = options.top,
                                .output = options.output,
                                .analog_noise = options.analog_noise,
                                .check = options.check,
                                .json = options.json};
  return run_in_integers(mapped, context);
}

Result<void> run_model(RunArguments& options, const Context& context) {
  if (is_in_integers(options.model)) return run_split(options, context);
  if (options.analog_noise)
    return fail(ErrorCode::kInvalidInput, fmt::format("--analog-noise is for networks in integers (NAME.integers.json), {} is none", options.model));
  Progress progress(options.json);
  MOSAIC_TRY(const Workspace::Options workspace_options, options.workspace());
  std::vector<std::string> read = options.inputs;
  read.insert(read.end(), {options.model, options.plan, options.board, options.labels, options.truth});
  MOSAIC_RETURN_IF_ERROR(keep_inputs(options.trace, read));
  options.profiler.progress = [&](std::string_view what, double share) { progress.show(what, share); };
  Session::Options session_options{.model = workspace_options.model,
                                   .board = workspace_options.board,
                                   .shapes = workspace_options.shapes,
                                   .plan = {},
                                   .profiler = options.profiler,
                                   .stop = context.stop,
                                   .executor = {},
                                   .accept = {}};
  session_options.remark = workspace_options.remark;
  std::vector<Case> cases;
  std::vector<std::string> labels;
  std::optional<EnergyProbe> probe;
  session_options.accept = [&](const Workspace& workspace) -> Result<void> {  // before minutes are spent on measuring
    MOSAIC_TRY(cases, read_cases(workspace, options.inputs, options.preprocess));
    MOSAIC_TRY(probe, EnergyProbe::open(options.meter, workspace.board(), context.stop));
    if (!options.truth.empty()) MOSAIC_RETURN_IF_ERROR(add_truth(cases, options.truth));
    if (!options.labels.empty()) {
      MOSAIC_TRY(labels, read_labels(options.labels));
      MOSAIC_RETURN_IF_ERROR(check_labels(labels, workspace.graph(), options.labels));
    }
    return {};
  };
  if (!options.plan.empty()) {
    session_options.plan = options.plan;
    MOSAIC_TRY(const Plan plan, read_plan(options.plan));
    if (session_options.board.empty()) session_options.board = plan.sources.board;
  }
  MOSAIC_TRY(const auto session, Session::open(std::move(session_options)));
  for (const std::string& noisy : session->choice().noisy) note("noisy while profiling: " + noisy);
  Timing timing;
  MOSAIC_TRY(const Outcome outcome, run_cases(*session, cases, timing, options, context.stop, progress));
  MOSAIC_TRY(timing.energy, measure_energy(*session, cases[0], *probe, context.stop, progress));
  progress.clear();
  const bool equal = outcome.worst_difference <= default_tolerance(session->workspace().graph());
  if (!options.trace.empty())
    MOSAIC_RETURN_IF_ERROR(
        write_file(options.trace, format_trace(timing.reports, session->plan(), session->workspace().graph(), session->workspace().board())));

  if (options.json) {
    print_json(to_json(*session, cases, outcome, timing, *probe, options));
  } else {
    print_confirmation(*session);
    print_timing(*session, timing);
    print(energy_text(timing.energy, *probe, timing.computed_energy()));
    if (const auto& prediction = session->plan().plan().prediction; prediction && prediction->energy)
      print(fmt::format("energy predicted by the plan: {} ({})\n", format_energy(*prediction->energy), prediction->energy_source));
    print_results(cases, outcome, labels);
    if (outcome.score.labelled > 0) print(fmt::format("accuracy on {} samples: {}\n", outcome.score.labelled, outcome.score.text()));
    if (options.check)
      print(equal ? fmt::format("outputs equal ({})\n",
                                outcome.equal_bits ? "bit for bit" : fmt::format("worst difference {:.2g} of the range", outcome.worst_difference))
                  : "outputs DIFFER\n");
  }
  if (options.check && !equal)
    return fail(ErrorCode::kCheckFailed,
                fmt::format("the outputs differ from the unsliced model's by {:.2g} of their range", outcome.worst_difference));
  return {};
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto& command = add_command(app, "run", "Run a model where it runs best, and compare prediction with measurement",
                              "  mosaic run model.onnx                               profile (once), plan, confirm, run on random input\n"
                              "  mosaic run model.onnx --input cat.jpg --preprocess torch --labels imagenet.txt\n"
                              "  mosaic run model.onnx --plan plan.json --input x.npy --check --trace trace.json\n"
                              "  mosaic run mnist.onnx --input t10k-images-idx3-ubyte.gz --truth t10k-labels-idx1-ubyte.gz\n"
                              "  mosaic run model.onnx --meter log:monitor.csv       with the energy of a run, from an external monitor's log\n"
                              "  mosaic run front/point_3.integers.json --plan front/point_3.plan.json --input cat.jpg --check\n"
                              "                                                      layers split over DIANA's arrays, as 'mosaic search' found:\n"
                              "                                                      simulated, with modelled cycles and energy of each layer\n"
                              "Open a trace at ui.perfetto.dev.");
  auto options = std::make_shared<RunArguments>();
  options->declare(command);
  command.add_option("-p,--plan", options->plan, "Plan (default: from the cache, or profiled, planned and confirmed now)");
  command.add_option("-i,--input", options->inputs,
                     "JPEG, PNG, .npy, MNIST idx or CIFAR-10 .bin files; NAME=FILE for a model with several inputs (default: random)");
  command.add_option("--preprocess", options->preprocess, "What is done to pixels: tf, torch, caffe or raw (docs/formats.md)")
      ->check(CLI::IsMember({"tf", "torch", "caffe", "raw"}))
      ->capture_default_str();
  command.add_option("--labels", options->labels, "Names of the classes, a line each");
  command.add_option("--truth", options->truth, "Right classes: CSV with columns file and class, or an MNIST idx file");
  command.add_option("--top", options->top, "How many classes to show")->check(CLI::Range(1, 1000000))->capture_default_str();
  command.add_option("--repeat", options->repeat, "Timed runs")->check(CLI::Range(1, 1000000000))->capture_default_str();
  command.add_option("--trace", options->trace, "Write a Chrome/Perfetto trace of the timed runs")->type_name("FILE");
  command.add_option("-o,--output", options->output, "Write the outputs as .npy files into this folder");
  declare_meter(command, options->meter);
  command.add_flag("--check", options->check, "Compare with a session on the unsliced model; of a network in integers every integer");
  command
      .add_option(
          "--analog-noise", options->analog_noise,
          "Of a network in integers: also with the analog array's 6-bit converter and noise of this deviation, in its codes; 0: the converter alone")
      ->check(CLI::Range(0.0, 1000.0));
  command.add_option("-r,--repetitions", options->profiler.rounds, "Rounds of measurement, if the model has to be profiled")
      ->check(CLI::Range(3, 10000))
      ->capture_default_str();
  command.callback([options, &context] { context.action = [options, &context] { return run_model(*options, context); }; });
}

}  // namespace mosaic::cli
