#include "mosaic/session/calibrate.h"

#include <fmt/format.h>

#include "command.h"
#include "mosaic/base/file.h"
#include "mosaic/session/measure.h"
#include "output.h"
#include "steps.h"

namespace mosaic::cli {
namespace {

Json to_json(const std::string& model, const Calibrated& calibrated) {
  const BoardCalibration& of = calibrated.calibration;
  Json json{{"model", model},
            {"board", of.board_name},
            {"simulated", of.simulated},
            {"error_before_pct", calibrated.before_percent},
            {"error_left_out_pct", calibrated.left_out_percent},
            {"coefficients", Json::array()},
            {"plans", Json::array()}};
  for (std::size_t t = 0; t < of.calibration.terms.size(); ++t) {
    json["coefficients"].push_back({{"term", of.calibration.terms[t].name},
                                    {"expected", of.calibration.terms[t].expected},
                                    {"value", of.calibration.coefficients[t]},
                                    {"deviation", of.calibration.deviations[t]}});
  }
  for (const CalibrationPlan& plan : calibrated.plans) {
    json["plans"].push_back({{"steps", plan.steps},
                             {"predicted_ms", json_ms(plan.predicted)},
                             {"left_out_ms", json_ms(plan.left_out)},
                             {"measured_ms", json_ms(plan.measured)}});
  }
  return json;
}

std::string describe(const Calibrated& calibrated, const Board& board) {
  const Calibration& of = calibrated.calibration.calibration;
  Table coefficients({"term", ">expected", ">fitted", ">+-"});
  for (std::size_t t = 0; t < of.terms.size(); ++t) {
    coefficients.add({of.terms[t].name, fmt::format("{:g}", of.terms[t].expected), fmt::format("{:.3f}", of.coefficients[t]),
                      fmt::format("{:.3f}", of.deviations[t])});
  }
  Table plans({"plan", ">predicted ms", ">calibrated ms", ">measured ms"});
  for (const CalibrationPlan& plan : calibrated.plans) plans.add({shorten(plan.steps, 60), ms(plan.predicted), ms(plan.left_out), ms(plan.measured)});
  return plans.text() + '\n' + coefficients.text() +
         fmt::format("\nmean error of {} plans: {:.1f} % as predicted, {:.1f} % calibrated (each plan by a calibration that did not see it){}\n",
                     calibrated.plans.size(), calibrated.before_percent, calibrated.left_out_percent, simulated_note(board));
}

}  // namespace

void add_calibrate(CLI::App& app, Context& context) {
  auto& command = add_command(app, "calibrate", "Run a handful of plans and correct the predictions by what they took",
                              "  mosaic calibrate model.onnx -o calibration.json\n"
                              "  mosaic plan model.onnx --profile profile.json --calibration calibration.json");
  struct Options : ModelOptions {
    std::string profile;
    std::string output;
    CalibrateOptions calibrate;
  };
  auto options = std::make_shared<Options>();
  options->declare(command);
  command.add_option("-p,--profile", options->profile, "Profile (default: from the cache, or measured now)");
  command.add_option("-o,--output", options->output, "File for the calibration");
  command.add_option("--plans", options->calibrate.plans, "Random plans to run")->check(CLI::Range(2, 1000))->capture_default_str();
  command.add_option("-r,--runs", options->calibrate.runs, "Timed runs of each")->check(CLI::Range(5, 100000))->capture_default_str();
  command.add_option("--seed", options->calibrate.seed, "Seed of plans and inputs")->capture_default_str();
  command.callback([options, &context] {
    context.action = [options, &context]() -> Result<void> {
      Progress progress(options->json);
      const auto show = [&](std::string_view what, double share) { progress.show(what, share); };
      MOSAIC_RETURN_IF_ERROR(keep_inputs(options->output, {options->model, options->profile, options->board}));
      MOSAIC_TRY(const Workspace::Options workspace_options, options->workspace(options->profile));
      MOSAIC_TRY(const auto workspace, Workspace::open(workspace_options));
      ProfilerOptions profiler;
      profiler.progress = show;
      MOSAIC_TRY(const Profile profile,
                 options->profile.empty() ? cached_profile(*workspace, profiler, context.stop) : read_profile_of(*workspace, options->profile));
      options->calibrate.stop = context.stop;
      options->calibrate.progress = show;
      MOSAIC_TRY(const Calibrated calibrated, calibrate_workspace(*workspace, profile, options->calibrate));
      progress.clear();
      if (!options->output.empty()) MOSAIC_RETURN_IF_ERROR(write_file(options->output, format_calibration(calibrated.calibration)));
      if (options->output.empty()) note("not kept: -o FILE keeps it for 'mosaic plan --calibration FILE'");
      options->json ? print_json(to_json(options->model, calibrated)) : print(describe(calibrated, workspace->board()));
      return {};
    };
  });
}

}  // namespace mosaic::cli
