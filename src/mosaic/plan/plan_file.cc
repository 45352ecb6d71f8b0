#include <fmt/format.h>

#include <cmath>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"
#include "mosaic/plan/plan.h"

namespace mosaic {
namespace {

constexpr std::int64_t kSchemaVersion = 1;
constexpr std::size_t kMostLayers = 1'000'000;  // a few bytes of text can stand for as many as one step may have

/// Thousandths of a microsecond are enough for a prediction, and read better.
double rounded(Microseconds time) { return std::round(time.count() * 1e3) / 1e3; }

/// Whether a number can be a time, or a difference of times: 11 days at most, up to where thousandths survive being written and read.
bool is_time(double microseconds) { return std::isfinite(microseconds) && std::fabs(microseconds) < 1e12; }

/// Energies are written in microjoules with as many digits, and bounded likewise: a megajoule at most.
double rounded(Joules energy) { return std::round(energy.value * 1e9) / 1e3; }
bool is_energy(double microjoules) { return std::isfinite(microjoules) && std::fabs(microjoules) < 1e12; }

std::optional<Joules> from_microjoules(const std::optional<double>& microjoules) {
  return microjoules ? std::optional(Joules{*microjoules / 1e6}) : std::nullopt;
}

Json to_json(const Step& step, std::size_t id) {
  Json json;
  json["id"] = id;
  json["layers"] = format_layers(step.layers);
  if (step.channels) {
    json["part"] = {{"axis", step.channels->axis}, {"begin", step.channels->begin}, {"end", step.channels->end}};
  } else {
    json["part"] = "whole";
  }
  json["configuration"] = step.configuration;
  json["after"] = Json::array();
  for (const StepId each : step.after) json["after"].push_back(each.value);
  if (step.predicted) {
    Json& predicted = json["predicted"];
    predicted = {{"transfer_us", rounded(step.predicted->transfer)}, {"execute_us", rounded(step.predicted->execute)}};
    if (step.predicted->clocks.count() != 0) predicted["clocks_us"] = rounded(step.predicted->clocks);
    if (step.predicted->energy) predicted["energy_uj"] = rounded(*step.predicted->energy);
  }
  return json;
}

Result<std::optional<Channels>> read_part(const Json& json, const std::string& where) {
  if (json.is_null() || json == "whole") return std::nullopt;
  Fields fields(json, where + ", key 'part' (\"whole\" or channels)");
  Channels channels;
  fields.required("axis", channels.axis).required("begin", channels.begin).required("end", channels.end);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return channels;
}

Result<Step> read_step(const Json& json, std::size_t id, const std::string& where) {
  Fields fields(json, where);
  Step step;
  auto given_id = static_cast<std::int64_t>(id);
  std::string layers;
  Json part;
  Json predicted;
  std::vector<std::int64_t> after;
  if (id > 0) after.push_back(static_cast<std::int64_t>(id) - 1);
  fields.optional("id", given_id).required("layers", layers).optional("part", part).required("configuration", step.configuration);
  fields.optional("after", after).optional("predicted", predicted);
  if (given_id != static_cast<std::int64_t>(id)) fields.reject(fmt::format("has id {}, steps are numbered from 0 in their order", given_id));
  MOSAIC_RETURN_IF_ERROR(fields.finish());

  auto parsed = parse_layers(layers);
  if (!parsed) return within(where, parsed.error());
  step.layers = *std::move(parsed);
  MOSAIC_TRY(step.channels, read_part(part, where));
  for (const std::int64_t each : after) {
    if (each < 0 || each >= 1'000'000)
      return fail(ErrorCode::kInvalidInput, fmt::format("{}: comes after step {}, which does not exist", where, each));
    step.after.emplace_back(static_cast<std::size_t>(each));
  }
  if (!predicted.is_null()) {
    double transfer = 0;
    double clocks = 0;
    double execute = 0;
    std::optional<double> energy;
    Fields costs(predicted, where + ", key 'predicted'");
    costs.required("transfer_us", transfer).optional("clocks_us", clocks).required("execute_us", execute).optional("energy_uj", energy);
    if (!is_time(transfer) || !is_time(clocks) || !is_time(execute)) costs.reject("has a number that is no time");
    if (!is_energy(energy.value_or(0))) costs.reject("has a number that is no energy");
    MOSAIC_RETURN_IF_ERROR(costs.finish());
    step.predicted = Step::Predicted{
        .transfer = Microseconds(transfer), .clocks = Microseconds(clocks), .execute = Microseconds(execute), .energy = from_microjoules(energy)};
  }
  return step;
}

Result<void> read_named(const Json& json, const std::string& where, std::string& name, Fingerprint& fingerprint) {
  if (json.is_null()) return {};
  Fields fields(json, where);
  fields.optional("name", name).optional("fingerprint", fingerprint);
  return fields.finish();
}

Result<std::optional<Prediction>> read_prediction(const Json& json, const std::string& where) {
  if (json.is_null()) return std::nullopt;
  Fields fields(json, where);
  double expected = 0;
  double low = 0;
  double high = 0;
  std::optional<double> energy;
  std::string source;
  fields.required("latency_us", expected).required("low_us", low).required("high_us", high);
  fields.optional("energy_uj", energy).optional("energy_source", source);
  if (!is_time(expected) || !is_time(low) || !is_time(high)) fields.reject("has a number that is no time");
  if (!is_energy(energy.value_or(0))) fields.reject("has a number that is no energy");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return Prediction{.expected = Microseconds(expected),
                    .low = Microseconds(low),
                    .high = Microseconds(high),
                    .energy = from_microjoules(energy),
                    .energy_source = source};
}

Result<Plan::Sources> read_sources(const Json& json, const std::string& where) {
  Plan::Sources sources;
  if (json.is_null()) return sources;
  Fields fields(json, where);
  fields.optional("model", sources.model)
      .optional("board", sources.board)
      .optional("profile", sources.profile)
      .optional("calibration", sources.calibration);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return sources;
}

}  // namespace

std::string format_plan(const Plan& plan) {
  Json json;
  json["schema_version"] = kSchemaVersion;
  json["graph"] = {{"name", plan.graph_name}, {"fingerprint", plan.graph}};
  json["variant"] = plan.variant;
  json["board"] = {{"name", plan.board_name}, {"fingerprint", plan.board}};
  json["objective"] = plan.objective;
  if (plan.prediction) {
    json["prediction"] = {
        {"latency_us", rounded(plan.prediction->expected)}, {"low_us", rounded(plan.prediction->low)}, {"high_us", rounded(plan.prediction->high)}};
    if (plan.prediction->energy) json["prediction"]["energy_uj"] = rounded(*plan.prediction->energy);
    if (!plan.prediction->energy_source.empty()) json["prediction"]["energy_source"] = plan.prediction->energy_source;
  }
  json["made_from"] = {{"model", plan.sources.model}, {"board", plan.sources.board}, {"profile", plan.sources.profile}};
  if (!plan.sources.calibration.empty()) json["made_from"]["calibration"] = plan.sources.calibration;
  json["steps"] = Json::array();
  for (std::size_t s = 0; s < plan.steps.size(); ++s) json["steps"].push_back(to_json(plan.steps[s], s));
  return to_text(json);
}

Result<Plan> parse_plan(std::string_view text, std::string_view where) {
  const std::string label(where);
  auto json = parse_json(text);
  if (!json) return within(where, json.error());
  if (auto schema = check_schema(*json, kSchemaVersion, "plan"); !schema) return within(where, schema.error());

  Plan plan;
  std::int64_t version = 0;
  Json graph;
  Json board;
  Json prediction;
  Json sources;
  std::vector<Json> steps;
  Fields fields(*json, label);
  fields.required("schema_version", version).optional("graph", graph).optional("variant", plan.variant).optional("board", board);
  fields.optional("objective", plan.objective).optional("prediction", prediction).optional("made_from", sources).required("steps", steps);
  MOSAIC_RETURN_IF_ERROR(fields.finish());

  MOSAIC_RETURN_IF_ERROR(read_named(graph, label + ": key 'graph'", plan.graph_name, plan.graph));
  MOSAIC_RETURN_IF_ERROR(read_named(board, label + ": key 'board'", plan.board_name, plan.board));
  MOSAIC_TRY(plan.prediction, read_prediction(prediction, label + ": key 'prediction'"));
  MOSAIC_TRY(plan.sources, read_sources(sources, label + ": key 'made_from'"));
  std::size_t layers = 0;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    MOSAIC_TRY(Step step, read_step(steps[s], s, fmt::format("{}: step {}", where, s)));
    layers += step.layers.size();
    if (layers > kMostLayers) return fail(ErrorCode::kInvalidInput, fmt::format("{}: the steps have more than {} layers in all", where, kMostLayers));
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

Result<Plan> read_plan(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string text, read_file(path));
  return parse_plan(text, path.string());
}

Result<void> write_plan(const Plan& plan, const std::filesystem::path& path) { return write_file(path, format_plan(plan)); }

}  // namespace mosaic
