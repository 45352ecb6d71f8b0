#include "mosaic/session/form_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "mosaic/backend/ort/evaluator.h"
#include "mosaic/base/statistics.h"
#include "mosaic/cost/fit.h"
#include "mosaic/onnx/import.h"
#include "mosaic/profiler/profiler.h"
#include "mosaic/session/boards.h"
#include "mosaic/session/engine_runner.h"

namespace mosaic {
namespace {

using precision::Form;
using precision::kForms;

/// A network with all layers in one form, and its profile in the making. Neither moves: the profiler refers to them.
struct Subject {
  onnx::PreparedModel prepared;
  Graph graph;
  std::unique_ptr<Profiler> profiler;
};

Result<std::unique_ptr<Subject>> make_subject(onnx::PreparedModel prepared, const Board& board, const Backends& backends,
                                              const ProfilerOptions& options) {
  auto subject = std::make_unique<Subject>();
  subject->prepared = std::move(prepared);
  MOSAIC_TRY(subject->graph, onnx::import_graph(subject->prepared, "variant"));
  MOSAIC_TRY(subject->profiler, Profiler::create(subject->prepared, subject->graph, board, backends, options));
  return subject;
}

Result<std::vector<double>> layer_times(const Subject& subject, const Board& board, const Graph& float_graph) {
  MOSAIC_TRY(const Fit fit, fit_profile(subject.profiler->profile(), subject.graph, board));
  std::vector<double> times;
  for (const auto& time : fit.configurations.at(0).layers) times.push_back(time.value_or(0));
  return precision::times_by_float_layer(float_graph, subject.graph, times);
}

/// Layers in int8 and in float by turns of `period` layers.
std::vector<Form> alternating(const Variants& variants, std::size_t period, std::size_t phase) {
  std::vector<Form> forms = variants.all(Form::kInt8);
  for (std::size_t l = 0; l < forms.size(); ++l) {
    if ((l / period + phase) % 2 == 1) forms[l] = Form::kFloat;
  }
  return forms;
}

class Measurement {
 public:
  Measurement(const Variants& variants, const quantize::Example& example, const FormTimesOptions& options)
      : variants_(variants), example_(example), options_(options) {}

  Result<FormTimes> run() {
    MOSAIC_RETURN_IF_ERROR(make_networks());
    MOSAIC_RETURN_IF_ERROR(profile());
    MOSAIC_RETURN_IF_ERROR(race_wholes());
    FormTimes out;
    out.float_microseconds = wholes_.at(0);
    out.int8_microseconds = wholes_.at(1);
    out.table = table();
    out.conversion = fit_conversions(alternations(out.table));
    for (std::size_t cut = 1; cut < variants_.graph().layers.size(); ++cut)
      out.table.conversion[cut] = out.conversion.fixed + out.conversion.by_kib * kib_at(cut);
    return out;
  }

 private:
  /// The float network is the first; then come those of one form, then those of alternating ones.
  Result<void> make_networks() {
    networks_.push_back(variants_.all(Form::kFloat));
    networks_.push_back(variants_.all(Form::kInt8));
    if (std::ranges::any_of(variants_.forms(), &precision::LayerForms::sum)) networks_.push_back(variants_.all(Form::kInt8FloatSum));
    uniform_ = networks_.size();
    for (const std::size_t period : {1U, 2U, 4U}) {
      for (const std::size_t phase : {0U, 1U}) {
        std::vector<Form> forms = alternating(variants_, period, phase);
        if (variants_.quantises(forms)) networks_.push_back(std::move(forms));
      }
    }
    for (const std::vector<Form>& forms : networks_) {
      if (!variants_.quantises(forms)) {
        models_.push_back(variants_.prepared().model.copy());
        continue;
      }
      MOSAIC_TRY(quantize::Quantized made, variants_.make(forms));
      models_.push_back(std::move(made.model));
    }
    return {};
  }

  Result<void> profile() {
    MOSAIC_TRY(const Board board, board_with_threads(options_.threads));
    MOSAIC_TRY(const Backends backends, make_backends(board));
    MOSAIC_TRY(const auto evaluator, ort::make_evaluator());
    std::vector<std::unique_ptr<Subject>> subjects;
    for (std::size_t i = 0; i < uniform_; ++i) {
      MOSAIC_TRY(onnx::PreparedModel prepared, onnx::prepare(models_[i].copy(), {}, *evaluator));
      MOSAIC_TRY(auto subject, make_subject(std::move(prepared), board, backends, {.rounds = options_.rounds}));
      subjects.push_back(std::move(subject));
    }
    for (std::size_t round = 0; round < options_.rounds; ++round) {
      MOSAIC_RETURN_IF_ERROR(options_.watch.at("timing layers", round, options_.rounds));
      for (std::size_t i = 0; i < subjects.size(); ++i) {
        const std::size_t turn = round % 2 == 0 ? i : subjects.size() - 1 - i;
        MOSAIC_RETURN_IF_ERROR(subjects[turn]->profiler->round(options_.watch.stop));
      }
    }
    for (const auto& subject : subjects) {
      MOSAIC_TRY(std::vector<double> times, layer_times(*subject, board, variants_.graph()));
      layers_.push_back(std::move(times));
    }
    return {};
  }

  Result<void> race_wholes() {
    std::vector<std::unique_ptr<EngineRunner>> sessions;
    std::vector<Runner> runners;
    for (std::size_t i = 0; i < models_.size(); ++i) {
      MOSAIC_TRY(auto session, ort::Reference::open(models_[i], {.threads = options_.threads}));
      sessions.push_back(std::make_unique<EngineRunner>(std::move(session)));
      const auto bound = sessions.back()->run(example_.inputs);
      if (!bound) return std::unexpected(bound.error());
      runners.push_back({.name = fmt::format("variant {}", i), .run = [one = sessions.back().get()] { return one->time(); }});
    }
    RaceOptions race_options = options_.race;
    if (options_.watch.progress) race_options.progress = [&](double share) { options_.watch.progress("timing whole networks", share); };
    MOSAIC_TRY(const auto times, race(runners, race_options));
    for (const std::vector<double>& each : times) wholes_.push_back(median(each));
    return {};
  }

  /// Scaled to the wholes. A layer without sums has no third form.
  [[nodiscard]] precision::FormTable table() const {
    const std::size_t count = variants_.graph().layers.size();
    precision::FormTable out{.layers = {}, .conversion = std::vector<double>(count + 1, 0.0)};
    out.layers.resize(count);
    for (std::size_t i = 0; i < uniform_; ++i) {
      const double sum = std::accumulate(layers_[i].begin(), layers_[i].end(), 0.0);
      const double scale = sum > 0 ? wholes_[i] / sum : 1;
      for (std::size_t l = 0; l < count; ++l) {
        if (kForms[i] != Form::kInt8FloatSum || variants_.forms()[l].sum)
          out.layers[l][i] = precision::FormTable::Entry{.microseconds = layers_[i][l] * scale, .noise = 0};
      }
    }
    return out;
  }

  [[nodiscard]] std::vector<precision::Alternation> alternations(const precision::FormTable& table) const {
    std::vector<precision::Alternation> out;
    for (std::size_t i = uniform_; i < networks_.size(); ++i) {
      const std::vector<Form>& forms = networks_[i];
      precision::Alternation each{.changes = 0, .kib = 0, .extra = wholes_[i] - assess(table, forms).microseconds};
      for (std::size_t cut = 1; cut < forms.size(); ++cut) {
        if (forms[cut - 1] == forms[cut]) continue;
        each.changes += 1;
        each.kib += kib_at(cut);
      }
      out.push_back(each);
    }
    return out;
  }

  [[nodiscard]] double kib_at(std::size_t cut) const { return static_cast<double>(variants_.graph().cuts[cut - 1].bytes.value) / 1024; }

  const Variants& variants_;
  const quantize::Example& example_;
  const FormTimesOptions& options_;
  std::vector<std::vector<Form>> networks_;
  std::size_t uniform_ = 0;  // how many have one form, in the order of kForms
  std::vector<onnx::Model> models_;
  std::vector<std::vector<double>> layers_;  // microseconds, [uniform network][layer]
  std::vector<double> wholes_;               // microseconds, [network]
};

}  // namespace

Result<Board> board_with_threads(int threads) {
  MOSAIC_TRY(Board board, find_board(""));
  for (Device device : board.devices) {
    const auto point = std::ranges::find(device.points, threads, &OperatingPoint::cores);
    if (device.kind != DeviceKind::kCpu || device.backend != "ort" || point == device.points.end()) continue;
    device.points = {OperatingPoint(*point)};
    board.devices = {std::move(device)};
    board.configurations.clear();
    return make_board(std::move(board));
  }
  return fail(ErrorCode::kInvalidInput, fmt::format("no CPU device of this machine has {} cores to time layers on: give fewer --threads", threads));
}

Result<FormTimes> measure_forms(const Variants& variants, const quantize::Example& example, const FormTimesOptions& options) {
  return Measurement(variants, example, options).run();
}

}  // namespace mosaic
