#include "precision_report.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <string>

#include "mosaic/onnx/model.h"
#include "mosaic/onnx/rewrite.h"
#include "output.h"

namespace mosaic::cli {
namespace {

using precision::LayerRecord;

/// Decibels below the outputs' signal.
std::string decibels(double noise) { return noise > 0 ? fmt::format("{:.1f} dB", 10 * std::log10(noise)) : "none"; }

std::string instead(const LayerRecord& layer) {
  if (!layer.instead) return "";
  return fmt::format("{}: {:+.1f} us{}", name(layer.instead->form), layer.instead->microseconds,
                     layer.instead->noise > 0 ? ", noise " + decibels(layer.noise + layer.instead->noise) : "");
}

}  // namespace

Result<std::optional<precision::Record>> read_record(const std::filesystem::path& model) {
  auto loaded = onnx::load_model(model);
  if (!loaded) return std::unexpected(loaded.error());
  const auto pairs = onnx::metadata(*loaded);
  const auto found = pairs.find(std::string(precision::kRecordKey));
  if (found == pairs.end()) return std::optional<precision::Record>();
  auto record = precision::parse_record(found->second);
  if (!record) return within(model.string(), record.error());
  return std::optional(*std::move(record));
}

void print_record(const precision::Record& record) {
  Table table({">layer", "name", "operators", "computes in", ">us", ">noise", "why", "instead"});
  std::map<std::string_view, std::size_t> by_form;
  for (std::size_t l = 0; l < record.layers.size(); ++l) {
    const LayerRecord& layer = record.layers[l];
    ++by_form[name(layer.form)];
    table.add({std::to_string(l), shorten(layer.name, 28), shorten(layer.kind, 28), std::string(name(layer.form)),
               fmt::format("{:.1f}", layer.microseconds), decibels(layer.noise), std::string(name(layer.why)), instead(layer)});
  }
  print(table.text());
  print(fmt::format("{}: {}\n", record.outcome, record.reason));
  if (record.predicted_speedup) print(fmt::format("the layers' times promised {:.2f} times as fast as float\n", *record.predicted_speedup));
}

Json record_json(const precision::Record& record) { return parse_json(format_record(record)).value(); }

}  // namespace mosaic::cli
