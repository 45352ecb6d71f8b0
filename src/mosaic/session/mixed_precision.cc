#include "mosaic/session/mixed_precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "mosaic/base/statistics.h"
#include "mosaic/onnx/rewrite.h"
#include "mosaic/precision/select.h"
#include "mosaic/session/engine_runner.h"
#include "mosaic/session/form_noise.h"
#include "mosaic/session/quantize_model.h"
#include "mosaic/session/variants.h"

namespace mosaic {
namespace {

using precision::Assignment;
using precision::Form;

/// The assignments worth trying, the least noisy first, all in int8 among them.
std::vector<Tried> to_try(const Variants& variants, const FormTimes& times, const MixedOptions& options) {
  const Assignment whole = assess(times.table, variants.all(Form::kInt8));
  std::vector<Assignment> all = candidates(precision_front(times.table), times.float_microseconds, options.least_speedup, options.candidates);
  std::erase_if(all, [&](const Assignment& each) { return !variants.quantises(each.forms) || each.forms == whole.forms; });
  all.push_back(whole);
  std::ranges::stable_sort(all, {}, &Assignment::noise);
  std::vector<Tried> out;
  for (Assignment& each : all) {
    Tried tried{.assignment = std::move(each)};
    tried.all_int8 = tried.assignment.forms == whole.forms;
    for (std::size_t l = 0; l < variants.forms().size(); ++l) {
      if (!variants.forms()[l].integer) continue;
      ++tried.integer_layers;
      tried.int8_layers += tried.assignment.forms[l] != Form::kFloat ? 1 : 0;
    }
    out.push_back(std::move(tried));
  }
  return out;
}

/// The models that are tried, against the float one.
class Trials {
 public:
  Trials(const Variants& variants, const MixedOptions& options, std::vector<Tried>& tried) : variants_(variants), options_(options), tried_(tried) {}

  Result<void> write() {
    for (const Tried& each : tried_) {
      MOSAIC_TRY(quantize::Quantized made, variants_.make(each.assignment.forms));
      models_.push_back(std::move(made.model));
    }
    return {};
  }

  /// Answers on all held-out images. No thread spins: the sessions take turns image by image.
  Result<void> compare(const quantize::Examples& held_out) {
    const quantize::Open open = open_on_engine(options_.threads);
    MOSAIC_TRY(const auto exact, open(variants_.prepared().model));
    std::vector<std::unique_ptr<quantize::Runner>> others;
    for (const onnx::Model& model : models_) {
      MOSAIC_TRY(auto session, open(model));
      others.push_back(std::move(session));
    }
    std::size_t done = 0;
    const auto compare_on = [&](const quantize::Example& example) -> Result<void> {
      MOSAIC_RETURN_IF_ERROR(options_.watch.at("comparing answers", done++, held_out.about));
      MOSAIC_TRY(const std::vector<Tensor> expected, exact->run(example.inputs));
      for (std::size_t i = 0; i < tried_.size(); ++i) {
        MOSAIC_TRY(const std::vector<Tensor> outputs, others[i]->run(example.inputs));
        tried_[i].evidence.add(expected, outputs, example.label);
      }
      return {};
    };
    MOSAIC_RETURN_IF_ERROR(held_out.visit(compare_on));
    if (done == 0) return fail(ErrorCode::kInvalidInput, "there is no image to compare on: hold some back from the calibration");
    for (Tried& each : tried_) each.judgement = judge(each.evidence, options_.limit_percent);
    return {};
  }

  /// Times of single runs, in turn with those of the float file, whose median comes back.
  Result<Microseconds> time(const std::filesystem::path& float_model, const quantize::Example& example) {
    std::vector<std::unique_ptr<EngineRunner>> sessions;
    MOSAIC_TRY(auto reference, ort::Reference::open(float_model, {.threads = options_.threads}));
    sessions.push_back(std::make_unique<EngineRunner>(std::move(reference)));
    for (const onnx::Model& model : models_) {
      MOSAIC_TRY(auto session, ort::Reference::open(model, {.threads = options_.threads}));
      sessions.push_back(std::make_unique<EngineRunner>(std::move(session)));
    }
    std::vector<Runner> runners;
    for (const auto& session : sessions) {
      const auto bound = session->run(example.inputs);
      if (!bound) return std::unexpected(bound.error());
      runners.push_back({.name = fmt::format("model {}", runners.size()), .run = [one = session.get()] { return one->time(); }});
    }
    RaceOptions race_options = options_.race;
    if (options_.watch.progress) race_options.progress = [&](double share) { options_.watch.progress("timing", share); };
    MOSAIC_TRY(const auto times, race(runners, race_options));
    for (std::size_t i = 0; i < tried_.size(); ++i) {
      tried_[i].time = Microseconds(median(times[i + 1]));
      tried_[i].speedup = paired_ratio(times[0], times[i + 1]);
    }
    return Microseconds(median(times[0]));
  }

  onnx::Model take(std::size_t i) { return std::move(models_[i]); }

 private:
  const Variants& variants_;
  const MixedOptions& options_;
  std::vector<Tried>& tried_;
  std::vector<onnx::Model> models_;
};

/// Tests accuracies, the fastest first, until one passes.
void choose(const MixedOptions& options, MixedPrecision& made) {
  std::vector<precision::Trial> trials;
  for (const Tried& each : made.tried) trials.push_back({.speedup = each.speedup.ratio, .speedup_low = each.speedup.interval.low});
  const std::size_t most = precision::longest_sequence(made.tried.front().evidence.measure());
  const std::vector<std::size_t> order = precision::sequence(trials, options.least_speedup, most);
  made.chosen = precision::select(order, [&](std::size_t trial, std::size_t tries) {
    Tried& tried = made.tried[trial];
    tried.judgement = judge(tried.evidence, options.limit_percent, tries);
    made.sequence.push_back(trial);
    return tried.judgement.verdict;
  });
}

std::string times_as_fast(const Tried& tried) {
  return fmt::format("{:.2f} times as fast as float (95 % {:.2f} to {:.2f})", tried.speedup.ratio, tried.speedup.interval.low,
                     tried.speedup.interval.high);
}

std::string layers_of(const Tried& tried) { return fmt::format("{} of {} layers in int8", tried.int8_layers, tried.integer_layers); }

/// Why the network is what it is.
std::string reason(const MixedPrecision& made, const MixedOptions& options) {
  const auto guard = [&](const Tried& tried) { return describe(tried.judgement, tried.evidence, options.limit_percent); };
  if (made.chosen) {
    const Tried& chosen = made.tried[*made.chosen];
    return fmt::format("{}: {}; {} at try {}", layers_of(chosen), times_as_fast(chosen), guard(chosen), made.sequence.size());
  }
  std::string text;
  for (const Tried& each : made.tried) {
    if (each.all_int8) text = fmt::format("all in int8 is {}; {}", times_as_fast(each), guard(each));
  }
  if (made.tried.size() == 1) return text + fmt::format("; no mixture promises to be {:.2f} times as fast", options.least_speedup);
  if (made.sequence.empty()) return text + fmt::format("; nothing tried is at least {:.2f} times as fast beyond doubt", options.least_speedup);
  const Tried& last = made.tried[made.sequence.back()];
  if (!last.all_int8)
    text += fmt::format("; the last of {} tries, {}, is {}; {}", made.sequence.size(), layers_of(last), times_as_fast(last), guard(last));
  return text;
}

void write_record(const Variants& variants, const MixedOptions& options, MixedPrecision& made) {
  precision::Record& record = made.record;
  const Assignment as_float = assess(made.times.table, variants.all(Form::kFloat));
  const Assignment& chosen = made.chosen ? made.tried[*made.chosen].assignment : as_float;
  record.outcome = !made.chosen ? "float" : made.tried[*made.chosen].all_int8 ? "int8" : "mixed";
  record.reason = reason(made, options);
  record.threads = options.threads;
  record.limit_percent = options.limit_percent;
  if (made.chosen) {
    record.predicted_speedup = as_float.microseconds / chosen.microseconds;
    record.speedup = made.tried[*made.chosen].speedup.ratio;
    record.speedup_interval = made.tried[*made.chosen].speedup.interval;
  }
  record.layers = explain_layers(variants.graph(), made.times.table, variants.forms(), chosen, made.chosen.has_value());
  onnx::set_metadata(made.model, std::string(precision::kRecordKey), format_record(record));
}

}  // namespace

Result<MixedPrecision> choose_precision(const std::filesystem::path& float_model, const onnx::PreparedModel& prepared,
                                        const quantize::Examples& calibration, const quantize::Examples& held_out, const MixedOptions& options) {
  const quantize::Open open = open_on_engine(options.threads);
  MOSAIC_TRY(const Variants variants, Variants::create(prepared, calibration, open, options.quantize, options.watch));
  MOSAIC_TRY(const std::vector<quantize::Example> samples, sample_examples(calibration, options.sensitivity_images));
  MixedPrecision made;
  const FormTimesOptions timing{.threads = options.threads, .rounds = options.rounds, .race = options.race, .watch = options.watch};
  MOSAIC_TRY(made.times, measure_forms(variants, samples.front(), timing));
  MOSAIC_RETURN_IF_ERROR(measure_noise(variants, samples, open, options.watch, made.times.table));
  made.tried = to_try(variants, made.times, options);
  made.calibration_set = variants.calibration().set;
  made.calibration_images = variants.calibration().examples;
  Trials trials(variants, options, made.tried);
  MOSAIC_RETURN_IF_ERROR(trials.write());
  MOSAIC_RETURN_IF_ERROR(trials.compare(held_out));
  MOSAIC_TRY(made.float_time, trials.time(float_model, samples.front()));
  choose(options, made);
  made.model = made.chosen ? trials.take(*made.chosen) : prepared.model.copy();
  write_record(variants, options, made);
  return made;
}

}  // namespace mosaic
