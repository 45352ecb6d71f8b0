#include "mosaic/session/mixed_precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <span>
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
    out.push_back(std::move(tried));
  }
  return out;
}

/// Nodes that compute on integers, by what they make: models with the same ones are the same.
std::vector<std::string> integer_nodes(const quantize::Scheme& scheme) {
  std::vector<std::string> out;
  for (const quantize::Site& site : scheme.sites) out.push_back(site.result);
  return out;
}

/// The models that are tried, against the float one.
class Trials {
 public:
  Trials(const Variants& variants, const MixedOptions& options, std::vector<Tried>& tried) : variants_(variants), options_(options), tried_(tried) {}

  /// Writes them. Of assignments that come to the same model one is left, that with all in int8 first: the other forms of layers without an integer
  /// one make no difference.
  Result<void> write() {
    std::vector<quantize::Quantized> made;
    std::set<std::vector<std::string>> known;
    for (Tried& each : tried_) {
      MOSAIC_TRY(quantize::Quantized one, variants_.make(each.assignment.forms));
      each.written = variants_.written(one.scheme, each.assignment.forms);
      if (each.all_int8) known.insert(integer_nodes(one.scheme));
      made.push_back(std::move(one));
    }
    std::vector<Tried> left;
    for (std::size_t i = 0; i < tried_.size(); ++i) {
      if (!tried_[i].all_int8 && !known.insert(integer_nodes(made[i].scheme)).second) continue;
      for (std::size_t l = 0; l < variants_.forms().size(); ++l) {
        tried_[i].integer_layers += variants_.forms()[l].integer ? 1 : 0;
        tried_[i].int8_layers += tried_[i].written[l] != Form::kFloat ? 1 : 0;
      }
      left.push_back(std::move(tried_[i]));
      models_.push_back(std::move(made[i].model));
    }
    tried_ = std::move(left);
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
        MOSAIC_RETURN_IF_ERROR(tried_[i].evidence.add(expected, outputs, example.label));
      }
      return {};
    };
    MOSAIC_RETURN_IF_ERROR(held_out.visit(compare_on));
    for (Tried& each : tried_) each.judgement = precision::untested(each.evidence);
    return {};
  }

  /// Times of single runs of the float file, then of these models, in turn.
  Result<std::vector<std::vector<double>>> time(const std::filesystem::path& float_model, const quantize::Example& example,
                                                std::span<const std::size_t> which) {
    std::vector<std::unique_ptr<EngineRunner>> sessions;
    MOSAIC_TRY(auto reference, ort::Reference::open(float_model, {.threads = options_.threads}));
    sessions.push_back(std::make_unique<EngineRunner>(std::move(reference)));
    for (const std::size_t i : which) {
      MOSAIC_TRY(auto session, ort::Reference::open(models_[i], {.threads = options_.threads}));
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
    return race(runners, race_options);
  }

  onnx::Model take(std::size_t i) { return std::move(models_[i]); }

 private:
  const Variants& variants_;
  const MixedOptions& options_;
  std::vector<Tried>& tried_;
  std::vector<onnx::Model> models_;
};

/// Times all that are tried.
Result<void> time_all(Trials& trials, const std::filesystem::path& float_model, const quantize::Example& example, MixedPrecision& made) {
  std::vector<std::size_t> all(made.tried.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  MOSAIC_TRY(const auto times, trials.time(float_model, example, all));
  made.float_time = Microseconds(median(times[0]));
  made.runs = times[0].size();
  for (const std::size_t i : all) {
    made.tried[i].time = Microseconds(median(times[i + 1]));
    made.tried[i].speedup = paired_ratio(times[0], times[i + 1]);
  }
  return {};
}

/// Tests accuracies, the fastest first, until one passes that is as fast when it is timed alone.
Result<void> choose(Trials& trials, const std::filesystem::path& float_model, const quantize::Example& example, const MixedOptions& options,
                    MixedPrecision& made) {
  std::vector<precision::Trial> speeds;
  for (const Tried& each : made.tried) speeds.push_back({.speedup = each.speedup.ratio, .speedup_low = each.speedup.interval.low});
  const std::size_t most = precision::longest_sequence(made.tried.front().evidence.measure());
  const std::vector<std::size_t> order = precision::sequence(speeds, options.least_speedup, most);
  const auto holds = [&](std::size_t trial, std::size_t tries) -> Result<bool> {
    Tried& tried = made.tried[trial];
    tried.judgement = judge(tried.evidence, options.limit_percent, tries);
    made.sequence.push_back(trial);
    if (tried.judgement.verdict != precision::Verdict::kPasses) return false;
    MOSAIC_TRY(const auto times, trials.time(float_model, example, std::span(&trial, 1)));
    tried.confirmed = paired_ratio(times[0], times[1]);
    return tried.confirmed->interval.low >= options.least_speedup;
  };
  MOSAIC_TRY(made.chosen, precision::select(order, holds));
  return {};
}

std::string times_as_fast(const PairedRatio& speedup) {
  return fmt::format("{:.2f} times as fast as float (95 % {:.2f} to {:.2f})", speedup.ratio, speedup.interval.low, speedup.interval.high);
}

std::string layers_of(const Tried& tried) { return fmt::format("{} of {} layers in int8", tried.int8_layers, tried.integer_layers); }

/// Why the network is what it is.
std::string reason(const MixedPrecision& made, const MixedOptions& options) {
  const auto guard = [&](const Tried& tried) {
    std::string text = describe(tried.judgement, tried.evidence, options.limit_percent);
    if (!tried.confirmed || tried.confirmed->interval.low >= options.least_speedup) return text;
    return fmt::format("{}, but timed once more it is {}", text, times_as_fast(*tried.confirmed));
  };
  const precision::Evidence& seen = made.held_out.evidence;
  const std::string right = seen.labelled == 0 ? "" : fmt::format(", where float has {} of {} right", seen.right_float, seen.labelled);
  if (made.chosen) {
    const Tried& chosen = made.tried[*made.chosen];
    return fmt::format("{}: {}; {}{} at try {}", layers_of(chosen), times_as_fast(*chosen.confirmed), guard(chosen), right, made.sequence.size());
  }
  std::string text;
  for (const Tried& each : made.tried) {
    if (each.all_int8) text = fmt::format("all in int8 is {}; {}{}", times_as_fast(each.speedup), guard(each), right);
  }
  if (made.tried.size() == 1) return text + fmt::format("; no mixture promises to be {:.2f} times as fast", options.least_speedup);
  if (made.sequence.empty()) return text + fmt::format("; nothing tried is at least {:.2f} times as fast beyond doubt", options.least_speedup);
  const Tried& last = made.tried[made.sequence.back()];
  if (!last.all_int8)
    text += fmt::format("; the last of {} tries, {}, is {}; {}", made.sequence.size(), layers_of(last), times_as_fast(last.speedup), guard(last));
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
    record.speedup = made.tried[*made.chosen].confirmed->ratio;
    record.speedup_interval = made.tried[*made.chosen].confirmed->interval;
  }
  record.images = made.held_out.evidence.images;
  record.images_set = made.held_out.set;
  const std::vector<Form>& written = made.chosen ? made.tried[*made.chosen].written : as_float.forms;
  record.layers = explain_layers(variants.graph(), made.times.table, variants.forms(), chosen, written, made.chosen.has_value());
  onnx::set_metadata(made.model, std::string(precision::kRecordKey), format_record(record));
}

/// Looks at the images held out before minutes are spent on measuring.
Result<HeldOut> look_ahead(const Variants& variants, const quantize::Examples& held_out, const quantize::Open& open, const MixedOptions& options) {
  MOSAIC_TRY(const auto network, open(variants.prepared().model));
  MOSAIC_TRY(HeldOut held, hold_out(held_out, variants.calibration().members, *network, options.watch));
  if (options.needs_classes && held.evidence.labelled == 0)
    return fail(ErrorCode::kInvalidInput, "right classes were given, and none counts: the first output is no vector of scores, or no image has one");
  MOSAIC_RETURN_IF_ERROR(check_float(held.evidence, options.limit_percent));
  const auto remark = [&](const std::string& text) {
    if (options.remark) options.remark(text);
  };
  if (held.calibrated + held.repeated > 0) {
    remark(fmt::format("{} images are compared on; left out are {} that the calibration has and {} that came before, by whatever name",
                       held.evidence.images, held.calibrated, held.repeated));
  }
  const std::size_t needed = precision::fewest_images(held.evidence.measure(), options.limit_percent);
  if (counted(held.evidence) < needed) {
    remark(fmt::format("nothing can pass: {:.2f} points take {} images even where no answer changes, and {} are held out", options.limit_percent,
                       needed, counted(held.evidence)));
  }
  return held;
}

}  // namespace

Result<MixedPrecision> choose_precision(const std::filesystem::path& float_model, const onnx::PreparedModel& prepared,
                                        const quantize::Examples& calibration, const quantize::Examples& held_out, const MixedOptions& options) {
  const quantize::Open open = open_on_engine(options.threads);
  MOSAIC_TRY(const Variants variants, Variants::create(prepared, calibration, open, options.quantize, options.watch));
  MixedPrecision made;
  made.calibration_set = variants.calibration().set;
  made.calibration_images = variants.calibration().examples;
  MOSAIC_TRY(made.held_out, look_ahead(variants, held_out, open, options));
  MOSAIC_TRY(const std::vector<quantize::Example> samples,
             sample_examples(quantize::without_repeats(calibration), made.calibration_images, options.sensitivity_images));
  const FormTimesOptions timing{.threads = options.threads, .rounds = options.rounds, .race = options.race, .watch = options.watch};
  MOSAIC_TRY(made.times, measure_forms(variants, samples.front(), timing));
  MOSAIC_RETURN_IF_ERROR(measure_noise(variants, samples, open, options.watch, made.times.table));
  made.tried = to_try(variants, made.times, options);
  Trials trials(variants, options, made.tried);
  MOSAIC_RETURN_IF_ERROR(trials.write());
  MOSAIC_RETURN_IF_ERROR(trials.compare(made.held_out.examples));
  MOSAIC_RETURN_IF_ERROR(time_all(trials, float_model, samples.front(), made));
  MOSAIC_RETURN_IF_ERROR(choose(trials, float_model, samples.front(), options, made));
  made.model = made.chosen ? trials.take(*made.chosen) : prepared.model.copy();
  write_record(variants, options, made);
  return made;
}

}  // namespace mosaic
