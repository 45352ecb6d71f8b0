#include "quantize_mixed.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mosaic/onnx/model.h"
#include "mosaic/plan/plan.h"
#include "mosaic/session/workspace.h"
#include "precision_report.h"

namespace mosaic::cli {
namespace {

constexpr std::size_t kCalibrationFiles = 100;  // of a folder, or half of it where it has fewer than twice as many

/// Divides the files of --calibrate where no others are given to compare on.
Result<void> hold_out(MixedRequest& request) {
  if (!request.test.paths.empty()) return {};
  request.test.paths = request.calibrate.paths;
  MOSAIC_TRY(const std::size_t files, count_files(request.calibrate));
  if (request.calibrate.limit == 0) request.calibrate.limit = std::min(kCalibrationFiles, files / 2);
  if (files < 2 || request.calibrate.limit >= files) {
    return fail(
        ErrorCode::kInvalidInput,
        fmt::format("{} files, and all are for the calibration: accuracy is judged on images that it has not seen; give fewer with --limit, or "
                    "others with --images",
                    files));
  }
  request.test.all_but = request.calibrate.limit;
  return {};
}

Json to_json(const PairedRatio& speedup) { return {{"ratio", speedup.ratio}, {"low", speedup.interval.low}, {"high", speedup.interval.high}}; }

Json to_json(const Tried& tried) {
  const precision::Evidence& evidence = tried.evidence;
  const precision::Judgement& judgement = tried.judgement;
  Json json{{"int8_layers", tried.int8_layers},
            {"of_layers", tried.integer_layers},
            {"all_int8", tried.all_int8},
            {"predicted_ms", json_ms(Microseconds(tried.assignment.microseconds))},
            {"predicted_noise", tried.assignment.noise},
            {"ms", json_ms(tried.time)},
            {"speedup", to_json(tried.speedup)},
            {"images", evidence.images},
            {"cosine", evidence.cosine()},
            {"error", evidence.error()},
            {"noise", evidence.noise_to_signal()}};
  json["agreement"] = evidence.scored > 0 ? Json(1 - static_cast<double>(evidence.changed) / static_cast<double>(evidence.scored)) : Json(nullptr);
  json["confirmed"] = tried.confirmed ? to_json(*tried.confirmed) : Json(nullptr);
  json["labelled"] = evidence.labelled;
  json["right_float"] = evidence.right_float;
  json["lost"] = evidence.lost;
  json["gained"] = evidence.gained;
  json["guard"] = {{"measure", name(evidence.measure())}, {"verdict", name(judgement.verdict)},  {"drop_pct", judgement.drop},
                   {"low_pct", judgement.interval.low},   {"high_pct", judgement.interval.high}, {"upper_pct", nullptr},
                   {"upper_level_pct", nullptr}};
  if (judgement.verdict != precision::Verdict::kUntested) {
    json["guard"]["upper_pct"] = judgement.upper;
    json["guard"]["upper_level_pct"] = judgement.level;
  }
  json["guard"]["images_needed"] = judgement.images_needed ? Json(*judgement.images_needed) : Json(nullptr);
  return json;
}

Json to_json(const MixedRequest& request, const MixedPrecision& made) {
  Json json{{"model", request.model},
            {"output", request.output},
            {"images", made.calibration_images},
            {"calibration_set", made.calibration_set},
            {"weight_bits", request.options.quantize.weight_bits},
            {"float_ms", json_ms(made.float_time)},
            {"runs", made.runs}};
  json["held_out"] = {{"images", made.held_out.evidence.images},
                      {"set", made.held_out.set},
                      {"calibration_left_out", made.held_out.calibrated},
                      {"repeated_left_out", made.held_out.repeated}};
  json["conversion_us"] = {{"fixed", made.times.conversion.fixed}, {"by_kib", made.times.conversion.by_kib}};
  json["tried"] = Json::array();
  for (const Tried& each : made.tried) json["tried"].push_back(to_json(each));
  json["sequence"] = made.sequence;
  json["chosen"] = made.chosen ? Json(*made.chosen) : Json(nullptr);
  json["precision"] = record_json(made.record);
  return json;
}

/// "96.0 % agree, top-1 0.520 to 0.530", the second where classes are known.
std::string answers(const precision::Evidence& evidence) {
  if (evidence.scored == 0) return fmt::format("cosine {:.4f}", evidence.cosine());
  std::string agree = fmt::format("{:.1f} % agree", 100 * (1 - static_cast<double>(evidence.changed) / static_cast<double>(evidence.scored)));
  if (evidence.labelled == 0) return agree;
  const auto labelled = static_cast<double>(evidence.labelled);
  const auto right = static_cast<double>(evidence.right_float);
  return agree + fmt::format(", top-1 {:.3f} to {:.3f}", right / labelled,
                             (right - static_cast<double>(evidence.lost) + static_cast<double>(evidence.gained)) / labelled);
}

void print_tried(const MixedPrecision& made, double limit) {
  Table table({"", ">in int8", ">promised", ">measured", ">95 %", "answers", "guard"});
  for (std::size_t i = 0; i < made.tried.size(); ++i) {
    const Tried& each = made.tried[i];
    const bool tested = std::ranges::find(made.sequence, i) != made.sequence.end();
    const std::string mark = tested ? "x" : "";
    table.add({made.chosen == i ? "->" : mark, fmt::format("{}/{}", each.int8_layers, each.integer_layers),
               fmt::format("{:.2f}x", made.times.float_microseconds / each.assignment.microseconds), fmt::format("{:.2f}x", each.speedup.ratio),
               fmt::format("{:.2f} to {:.2f}", each.speedup.interval.low, each.speedup.interval.high), answers(each.evidence),
               describe(each.judgement, each.evidence, limit)});
  }
  print(table.text());
}

void print_all(const MixedRequest& request, const MixedPrecision& made) {
  print_record(made.record);
  print("\n");
  print_tried(made, request.options.limit_percent);
  print(fmt::format("{}: {}, by {} images to calibrate and {} to compare; the model carries the table above ('mosaic explain {}')\n", request.output,
                    made.record.outcome, made.calibration_images, made.held_out.evidence.images, request.output));
}

Result<void> write_plan_of(const MixedRequest& request) {
  MOSAIC_TRY(const Board board, board_with_threads(request.options.threads));
  MOSAIC_TRY(const Graph graph, read_graph(request.output, {}));
  Plan plan;
  plan.graph_name = graph.name;
  plan.graph = graph.fingerprint;
  plan.steps = chain_steps({0, graph.layers.size()}, {board.configurations.front().name});
  plan.sources.model = request.output;
  return write_plan(plan, request.plan);
}

}  // namespace

Result<void> quantize_mixed(MixedRequest request, const onnx::PreparedModel& model, Progress& progress) {
  MOSAIC_RETURN_IF_ERROR(hold_out(request));
  MOSAIC_TRY(const quantize::Examples calibration, read_examples(model, request.calibrate));
  MOSAIC_TRY(const quantize::Examples held_out, read_examples(model, request.test));
  request.options.remark = [&](const std::string& text) {
    progress.clear();
    note(text);
  };
  auto made = choose_precision(request.model, model, calibration, held_out, request.options);
  if (!made) return within(request.model, made.error());
  MOSAIC_RETURN_IF_ERROR(onnx::save_model(made->model, request.output));
  progress.clear();
  request.json ? print_json(to_json(request, *made)) : print_all(request, *made);
  if (request.plan.empty()) return {};
  const auto planned = write_plan_of(request);
  return planned ? planned : within(request.output + " is written, but no plan", planned.error());
}

}  // namespace mosaic::cli
