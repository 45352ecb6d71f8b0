#include "mosaic/precision/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "mosaic/base/json.h"

namespace mosaic::precision {
namespace {

constexpr std::array<Why, 6> kWhys{Why::kFaster, Why::kNoIntegerForm, Why::kNotFaster, Why::kSensitive, Why::kBehindFloat, Why::kNotProven};

/// The value of this name.
template <class Values>
auto by_name(const Values& values, std::string_view wanted, std::string_view what) -> Result<typename Values::value_type> {
  for (const auto& each : values) {
    if (name(each) == wanted) return each;
  }
  return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is no {}", wanted, what));
}

Json to_json(const LayerRecord& layer) {
  Json json{{"name", layer.name},       {"kind", layer.kind},   {"form", name(layer.form)}, {"why", name(layer.why)},
            {"us", layer.microseconds}, {"noise", layer.noise}, {"instead", nullptr}};
  if (layer.instead)
    json["instead"] = {{"form", name(layer.instead->form)}, {"us_more", layer.instead->microseconds}, {"noise_more", layer.instead->noise}};
  return json;
}

Result<LayerRecord::Instead> parse_instead(const Json& json, const std::string& where) {
  LayerRecord::Instead instead;
  std::string form;
  Fields fields(json, where);
  fields.required("form", form).required("us_more", instead.microseconds).required("noise_more", instead.noise);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  MOSAIC_TRY(instead.form, by_name(kForms, form, "form of a layer"));
  return instead;
}

Result<LayerRecord> parse_layer(const Json& json, const std::string& where) {
  LayerRecord layer;
  std::string form;
  std::string why;
  std::optional<Json> instead;
  Fields fields(json, where);
  fields.required("name", layer.name).required("kind", layer.kind).required("form", form).required("why", why);
  fields.required("us", layer.microseconds).required("noise", layer.noise).optional("instead", instead);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  MOSAIC_TRY(layer.form, by_name(kForms, form, "form of a layer"));
  MOSAIC_TRY(layer.why, by_name(kWhys, why, "reason for a layer's form"));
  if (instead && !instead->is_null()) {
    MOSAIC_TRY(layer.instead, parse_instead(*instead, where + ", instead"));
  }
  return layer;
}

}  // namespace

std::string_view name(Why why) {
  switch (why) {
    case Why::kFaster:
      return "faster";
    case Why::kNoIntegerForm:
      return "no integer form";
    case Why::kNotFaster:
      return "int8 not faster";
    case Why::kSensitive:
      return "sensitive";
    case Why::kBehindFloat:
      return "behind float";
    case Why::kNotProven:
      return "not proven";
  }
  return "";
}

std::vector<LayerRecord> explain_layers(const Graph& graph, const FormTable& table, const std::vector<LayerForms>& has, const Assignment& chosen,
                                        const std::vector<Form>& written, bool proven) {
  std::vector<LayerRecord> out;
  for (std::size_t l = 0; l < chosen.forms.size(); ++l) {
    const Form form = chosen.forms[l];
    const auto& entry = *table.layers[l][static_cast<std::size_t>(form)];
    LayerRecord record{.name = graph.layers[l].name,
                       .kind = graph.layers[l].kind,
                       .form = written[l],
                       .why = Why::kNoIntegerForm,
                       .microseconds = entry.microseconds,
                       .noise = entry.noise,
                       .instead = {}};
    for (const Form other : kForms) {
      if (!has[l].integer || other == form || !has[l].has(other)) continue;
      std::vector<Form> forms = chosen.forms;
      forms[l] = other;
      const Assignment changed = assess(table, std::move(forms));
      const LayerRecord::Instead instead{
          .form = other, .microseconds = changed.microseconds - chosen.microseconds, .noise = changed.noise - chosen.noise};
      if (!record.instead || instead.microseconds < record.instead->microseconds) record.instead = instead;
    }
    if (form != Form::kFloat && has[l].integer) record.why = written[l] != Form::kFloat ? Why::kFaster : Why::kBehindFloat;
    if (form == Form::kFloat && record.instead) {
      record.why = !proven ? Why::kNotProven : record.instead->microseconds < 0 ? Why::kSensitive : Why::kNotFaster;
    }
    out.push_back(std::move(record));
  }
  return out;
}

std::string format_record(const Record& record) {
  Json json{{"schema_version", 1},
            {"outcome", record.outcome},
            {"reason", record.reason},
            {"threads", record.threads},
            {"limit_pct", record.limit_percent},
            {"images", record.images},
            {"images_set", record.images_set}};
  if (record.predicted_speedup) json["predicted_speedup"] = *record.predicted_speedup;
  if (record.speedup) json["speedup"] = *record.speedup;
  json["speedup_low"] = record.speedup_interval.low;
  json["speedup_high"] = record.speedup_interval.high;
  json["layers"] = Json::array();
  for (const LayerRecord& layer : record.layers) json["layers"].push_back(to_json(layer));
  return json.dump();
}

Result<Record> parse_record(std::string_view text) {
  MOSAIC_TRY(const Json json, parse_json(text));
  Record record;
  std::int64_t version = 0;
  std::int64_t threads = 0;
  std::optional<std::int64_t> images;
  std::optional<std::string> images_set;
  std::vector<Json> layers;
  Fields fields(json, std::string(kRecordKey));
  fields.required("schema_version", version).required("outcome", record.outcome).required("reason", record.reason);
  fields.required("threads", threads).required("limit_pct", record.limit_percent);
  fields.optional("images", images).optional("images_set", images_set);
  fields.optional("predicted_speedup", record.predicted_speedup).optional("speedup", record.speedup);
  fields.required("speedup_low", record.speedup_interval.low).required("speedup_high", record.speedup_interval.high);
  fields.required("layers", layers);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  if (version != 1) return fail(ErrorCode::kInvalidInput, fmt::format("{}: schema_version is {}, this mosaic reads 1", kRecordKey, version));
  record.threads = static_cast<int>(threads);
  record.images = static_cast<std::size_t>(std::max<std::int64_t>(0, images.value_or(0)));
  record.images_set = images_set.value_or("");
  for (std::size_t l = 0; l < layers.size(); ++l) {
    MOSAIC_TRY(LayerRecord layer, parse_layer(layers[l], fmt::format("{}: layer {}", kRecordKey, l)));
    record.layers.push_back(std::move(layer));
  }
  return record;
}

}  // namespace mosaic::precision
