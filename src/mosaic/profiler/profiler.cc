#include "mosaic/profiler/profiler.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "mosaic/base/statistics.h"
#include "mosaic/plan/validate.h"
#include "mosaic/profiler/groupings.h"
#include "mosaic/profiler/links.h"
#include "mosaic/profiler/support.h"
#include "mosaic/runtime/executor.h"
#include "mosaic/runtime/quiet.h"

namespace mosaic {
namespace {

struct Cutting {
  std::size_t size;
  std::size_t offset;
};
/// The most useful first: with little memory only the first few are measured.
constexpr std::array<Cutting, 7> kCuttings{{{1, 0}, {2, 0}, {4, 0}, {8, 0}, {2, 1}, {4, 2}, {8, 4}}};
constexpr std::size_t kFewestCuttings = 3;

Bytes quarter_of_free_memory() { return {::sysconf(_SC_AVPHYS_PAGES) / 4 * ::sysconf(_SC_PAGESIZE)}; }

double load_average() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0;
}

/// An executor and where the times of its steps go.
struct Subject {
  std::unique_ptr<Executor> executor;
  ConfigurationId configuration;
  std::vector<std::pair<std::size_t, std::size_t>> slices;  // step -> index into Profile::slices
  std::optional<std::size_t> whole;                         // index into Profile::wholes
};

}  // namespace

class Profiler::Impl {
 public:
  Impl(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, const Backends& backends, ProfilerOptions options)
      : prepared_(prepared), graph_(graph), board_(board), unlimited_(without_limits(board)), backends_(backends), options_(std::move(options)) {}

  Result<void> prepare(const Profile* resume) {
    describe();
    const auto show = [&](double share) { report("asking what can run where", share); };
    MOSAIC_TRY(support_, find_support(prepared_, graph_, board_, backends_, show));
    for (std::size_t c = 0; c < support_.size(); ++c) {
      for (std::size_t l = 0; l < support_[c].size(); ++l) {
        if (support_[c][l]) note_unsupported(c, l, *support_[c][l]);
      }
    }
    MOSAIC_RETURN_IF_ERROR(compile());
    MOSAIC_TRY(links_, LinkBenchmark::create(board_, backends_, devices_in_use()));
    profile_.links = links_->links();
    return resume == nullptr ? Result<void>() : go_on_from(*resume);
  }

  [[nodiscard]] bool done() const { return profile_.rounds >= options_.rounds; }

  Result<void> round(const std::stop_token& stop) {
    std::vector<Sample> slices(profile_.slices.size());
    std::vector<Sample> wholes(profile_.wholes.size());
    const Subject* before = nullptr;
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      const bool backwards = profile_.rounds % 2 == 1;
      const Subject& subject = subjects_[backwards ? subjects_.size() - 1 - i : i];
      if (!profile_.simulated && (before == nullptr || before->configuration != subject.configuration)) wait_until_quiet();
      before = &subject;
      MOSAIC_RETURN_IF_ERROR(measure(subject, slices, wholes, stop));
      report("measuring", (static_cast<double>(profile_.rounds) + static_cast<double>(i + 1) / static_cast<double>(subjects_.size())) /
                              static_cast<double>(options_.rounds));
    }
    MOSAIC_TRY(const std::vector<double> links, links_->round(stop));
    add(slices, profile_.slices);
    add(wholes, profile_.wholes);
    auto sample = links.begin();
    for (LinkSamples& link : profile_.links) {
      for (LinkSamples::Point& point : link.points) point.microseconds.push_back(*sample++);
    }
    ++profile_.rounds;
    return {};
  }

  [[nodiscard]] Profile profile() const {
    Profile profile = profile_;
    for (const SliceSamples& whole : profile.wholes) {
      const double spread = spread_percent(whole.microseconds);
      if (spread <= options_.noisy_percent) continue;
      profile.noisy.push_back(fmt::format("{}: the whole model's times spread by {:.0f} % (limit {:.0f} %), load was {:.1f}", whole.configuration,
                                          spread, options_.noisy_percent, profile.load));
    }
    return profile;
  }

 private:
  void describe() {
    profile_.graph_name = graph_.name;
    profile_.graph = graph_.fingerprint;
    for (const Layer& layer : graph_.layers) profile_.signatures.push_back(layer.signature);
    profile_.board_name = board_.name;
    profile_.board = board_.fingerprint;
    profile_.machine = board_.machine;
    profile_.simulated = board_.simulated();
    profile_.load = board_.simulated() ? 0 : load_average();
    const EngineInfo engine = backends_.at(board_.devices.front().backend)->engine();
    profile_.engine = engine.name + " " + engine.version;
    profile_.engine_fingerprint = engine.fingerprint;
  }

  void report(std::string_view what, double share) const {
    if (options_.progress) options_.progress(what, share);
  }

  /// Devices with a configuration that takes part in the measurement.
  [[nodiscard]] std::vector<std::size_t> devices_in_use() const {
    std::vector<std::size_t> devices;
    for (std::size_t c = 0; c < support_.size(); ++c) {
      const std::size_t device = board_.configurations[c].device.index();
      const bool runs = std::ranges::any_of(support_[c], [](const auto& reason) { return !reason.has_value(); });
      if (runs && (devices.empty() || devices.back() != device)) devices.push_back(device);
    }
    return devices;
  }

  /// How many cuttings of each configuration fit into memory, each with its own copy of the weights.
  [[nodiscard]] std::size_t affordable_cuttings() const {
    const Bytes budget = options_.memory.value > 0 ? options_.memory : quarter_of_free_memory();
    const std::int64_t copy = std::max<std::int64_t>(1, weight_bytes(graph_).value * static_cast<std::int64_t>(board_.configurations.size()));
    return std::clamp(static_cast<std::size_t>(budget.value / copy), kFewestCuttings, kCuttings.size());
  }

  Result<void> compile() {
    const std::size_t cuttings = affordable_cuttings();
    const auto total = static_cast<double>(board_.configurations.size() * (cuttings + 1));
    double made = 0;
    for (std::size_t c = 0; c < board_.configurations.size(); ++c) {
      MOSAIC_RETURN_IF_ERROR(add_whole(ConfigurationId(c)));
      report("compiling", ++made / total);
    }
    MOSAIC_TRY(inputs_, random_inputs(graph_, options_.seed));
    MOSAIC_RETURN_IF_ERROR(drop_hopeless());
    for (std::size_t c = 0; c < board_.configurations.size(); ++c) {
      for (std::size_t i = 0; i < cuttings; ++i) {
        if (i == 0 || kCuttings.at(i).size < graph_.layers.size()) MOSAIC_RETURN_IF_ERROR(add_cutting(ConfigurationId(c), kCuttings.at(i)));
        report("compiling", ++made / total);
      }
    }
    return {};
  }

  /// A device on which the whole model takes many times longer than on the fastest, at its best, is not measured further: a graphics driver that runs
  /// on the CPU would take hours and never be chosen.
  Result<void> drop_hopeless() {
    constexpr double kHopeless = 30;
    std::vector<double> times;
    std::vector<Sample> slices;
    std::vector<Sample> wholes(profile_.wholes.size());
    for (const Subject& subject : subjects_) {
      MOSAIC_RETURN_IF_ERROR(measure(subject, slices, wholes, {}));
      times.push_back(wholes[*subject.whole].microseconds);
    }
    const double fastest = times.empty() ? 0 : std::ranges::min(times);
    std::map<DeviceId, double> best;  // of each device: a low clock may be slow, and yet need least energy
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      double& time = best.try_emplace(board_.configuration(subjects_[i].configuration).device, times[i]).first->second;
      time = std::min(time, times[i]);
    }
    std::vector<Subject> kept;
    std::vector<SliceSamples> kept_wholes;
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      if (best.at(board_.configuration(subjects_[i].configuration).device) <= kHopeless * fastest) {
        subjects_[i].whole = kept_wholes.size();
        kept_wholes.push_back(profile_.wholes[i]);
        kept.push_back(std::move(subjects_[i]));
        continue;
      }
      const std::size_t c = subjects_[i].configuration.index();
      const std::string reason =
          fmt::format("the whole model takes {:.0f} times longer than on the fastest configuration: not measured further", times[i] / fastest);
      for (std::size_t l = 0; l < graph_.layers.size(); ++l) exclude(c, l, reason);
    }
    subjects_ = std::move(kept);
    profile_.wholes = std::move(kept_wholes);
    return {};
  }

  void exclude(std::size_t configuration, std::size_t layer, const std::string& reason) {
    support_[configuration][layer] = reason;
    note_unsupported(configuration, layer, reason);
  }

  void note_unsupported(std::size_t configuration, std::size_t layer, const std::string& reason) {
    profile_.unsupported.push_back({.configuration = board_.configurations[configuration].name, .layer = layer, .reason = reason});
  }

  Result<std::unique_ptr<Executor>> make_executor(std::vector<Step> steps) const {
    MOSAIC_TRY(const ValidPlan plan, validate(graph_, unlimited_, Plan{.steps = std::move(steps)}));
    return Executor::create(prepared_, graph_, board_, plan, backends_, {.inline_steps = false});
  }

  Result<void> add_whole(ConfigurationId configuration) {
    const auto grouping = make_grouping(graph_, board_, support_, configuration, graph_.layers.size(), 0);
    if (!grouping || grouping->steps.size() != 1 || !grouping->measured[0]) return {};
    MOSAIC_TRY(auto executor, make_executor(grouping->steps));
    subjects_.push_back({.executor = std::move(executor), .configuration = configuration, .slices = {}, .whole = profile_.wholes.size()});
    profile_.wholes.push_back(
        {.begin = 0, .end = graph_.layers.size(), .configuration = board_.configuration(configuration).name, .microseconds = {}});
    return {};
  }

  Result<void> add_cutting(ConfigurationId configuration, const Cutting& cutting) {
    const auto grouping = make_grouping(graph_, board_, support_, configuration, cutting.size, cutting.offset);
    if (!grouping || std::ranges::find(grouping->measured, true) == grouping->measured.end()) return {};
    MOSAIC_TRY(auto executor, make_executor(grouping->steps));
    Subject subject{.executor = std::move(executor), .configuration = configuration, .slices = {}, .whole = {}};
    for (std::size_t s = 0; s < grouping->steps.size(); ++s) {
      if (!grouping->measured[s]) continue;
      const auto& layers = grouping->steps[s].layers;
      subject.slices.emplace_back(s, profile_.slices.size());
      profile_.slices.push_back({.begin = layers.front().index(),
                                 .end = layers.back().index() + 1,
                                 .configuration = board_.configuration(configuration).name,
                                 .microseconds = {}});
    }
    subjects_.push_back(std::move(subject));
    return {};
  }

  /// What a step took in one round.
  struct Sample {
    double microseconds = 0;
    std::optional<double> microjoules;
  };

  static Sample sample_of(const StepTimes& step) {
    Sample sample{.microseconds = Microseconds(step.execute()).count()};
    if (step.energy) sample.microjoules = step.energy->value * 1e6;
    return sample;
  }

  /// Energies only where every slice has one, in every round.
  static void add(const std::vector<Sample>& round, std::vector<SliceSamples>& slices) {
    const bool metered = std::ranges::all_of(round, [](const Sample& sample) { return sample.microjoules.has_value(); });
    for (std::size_t i = 0; i < round.size(); ++i) {
      slices[i].microseconds.push_back(round[i].microseconds);
      if (metered) slices[i].microjoules.push_back(*round[i].microjoules);
    }
  }

  Result<void> measure(const Subject& subject, std::vector<Sample>& slices, std::vector<Sample>& wholes, const std::stop_token& stop) {
    MOSAIC_TRY([[maybe_unused]] const RunReport warm_up, subject.executor->run(pointers(inputs_), outputs_, {.stop = stop}));
    MOSAIC_TRY(const RunReport timed, subject.executor->run(pointers(inputs_), outputs_, {.stop = stop}));
    if (subject.whole) wholes[*subject.whole] = sample_of(timed.steps[0]);
    for (const auto& [step, slice] : subject.slices) slices[slice] = sample_of(timed.steps[step]);
    return {};
  }

  /// A simulated board's noise goes by the number of calls: its rounds are run again, which takes no time, so that what follows is what would have
  /// followed.
  Result<void> go_on_from(const Profile& old) {
    if (old.rounds > options_.rounds || !check_profile(old, graph_, board_, profile_.engine_fingerprint)) return {};
    const auto same_slices = [](const std::vector<SliceSamples>& a, const std::vector<SliceSamples>& b) {
      return std::ranges::equal(a, b, [](const SliceSamples& x, const SliceSamples& y) {
        return x.begin == y.begin && x.end == y.end && x.configuration == y.configuration;
      });
    };
    const bool same_links = std::ranges::equal(old.links, profile_.links, [](const LinkSamples& x, const LinkSamples& y) {
      return x.from == y.from && x.to == y.to && std::ranges::equal(x.points, y.points, {}, &LinkSamples::Point::bytes, &LinkSamples::Point::bytes);
    });
    if (!same_links || !same_slices(old.slices, profile_.slices) || !same_slices(old.wholes, profile_.wholes)) return {};
    while (board_.simulated() && profile_.rounds < old.rounds) MOSAIC_RETURN_IF_ERROR(round({}));
    profile_ = old;
    profile_.noisy.clear();
    return {};
  }

  const onnx::PreparedModel& prepared_;
  const Graph& graph_;
  const Board board_;
  const Board unlimited_;
  const Backends backends_;
  const ProfilerOptions options_;
  Support support_;
  std::vector<Subject> subjects_;
  std::unique_ptr<LinkBenchmark> links_;
  std::vector<Tensor> inputs_;
  std::vector<Tensor> outputs_;
  Profile profile_;
};

Profiler::Profiler(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Profiler::~Profiler() = default;

Result<std::unique_ptr<Profiler>> Profiler::create(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board,
                                                   const Backends& backends, ProfilerOptions options, const Profile* resume) {
  if (options.rounds < 1) return fail(ErrorCode::kInvalidInput, "a profile needs at least one round");
  auto impl = std::make_unique<Impl>(prepared, graph, board, backends, std::move(options));
  MOSAIC_RETURN_IF_ERROR(impl->prepare(resume));
  return std::unique_ptr<Profiler>(new Profiler(std::move(impl)));
}

bool Profiler::done() const { return impl_->done(); }
Result<void> Profiler::round(const std::stop_token& stop) { return impl_->round(stop); }
Profile Profiler::profile() const { return impl_->profile(); }

}  // namespace mosaic
