#include "training/elastic_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "mosaic/base/random.h"
#include "mosaic/base/statistics.h"
#include "training/latency_table.h"

namespace mosaic::training {
namespace {

using elastic::AdditiveScores;
using elastic::Candidate;
using elastic::Millipoints;
using elastic::Space;
using elastic::SubNetwork;

/// Whole sub-networks that a table of latencies is compared with.
constexpr std::size_t kJudges = 30;
/// Sub-networks that are measured for each level that is wanted.
constexpr std::size_t kMeasuredPerLevel = 3;

class LevelSearcher {
 public:
  LevelSearcher(const Extractor& extractor, const ImageSet& images, const LevelSearchOptions& options)
      : extractor_(extractor), images_(images), options_(options), space_(extractor.design().space), random_(options.evolution.seed) {}

  Result<LevelSearch> run() {
    AdditiveScores scores(space_);
    MOSAIC_RETURN_IF_ERROR(tabulate(scores));
    MOSAIC_RETURN_IF_ERROR(sample(scores));
    const std::vector<Candidate> front = evolved_front(space_, scores, options_.evolution);
    result_.front = front.size();
    result_.exact_share_percent = share_of_exact(front, scores);
    MOSAIC_RETURN_IF_ERROR(measure(worth_measuring(front, scores)));
    return std::move(result_);
  }

 private:
  /// `count` different ones, or all kinds of random ones where the space has few.
  std::vector<SubNetwork> draw(std::size_t count, std::set<SubNetwork> seen) {
    std::vector<SubNetwork> drawn;
    const auto most = static_cast<std::size_t>(std::min(space_.sub_networks() - static_cast<double>(seen.size()), static_cast<double>(count)));
    while (drawn.size() < most) {
      SubNetwork network = canonical(space_, random_sub_network(space_, random_));
      if (seen.insert(network).second) drawn.push_back(std::move(network));
    }
    return drawn;
  }

  Result<void> tabulate(AdditiveScores& scores) {
    const std::vector<SubNetwork> table = table_networks(space_);
    const std::vector<SubNetwork> judges = draw(kJudges, {});
    std::vector<SubNetwork> all = table;
    all.insert(all.end(), judges.begin(), judges.end());
    MOSAIC_TRY(const auto times, time_networks(extractor_, all, latency_options()));
    for (std::size_t t = times.size(); t-- > 0;) {  // the first last: its latencies stay
      fill_latencies(scores, std::span(times[t]).first(table.size()));
      std::vector<double> errors;
      for (std::size_t i = 0; i < judges.size(); ++i) {
        const double real = Microseconds(times[t][table.size() + i]).count();
        errors.push_back(100 * std::fabs(Microseconds(scores(judges[i]).latency).count() / real - 1));
      }
      result_.tables.insert(result_.tables.begin(),
                            {.threads = options_.threads[t], .mean_error_percent = mean(errors), .most_error_percent = std::ranges::max(errors)});
    }
    return {};
  }

  Result<void> sample(AdditiveScores& scores) {
    if (space_.sub_networks() < static_cast<double>(options_.samples))
      return invalid(
          fmt::format("{} has {} sub-networks, {} are to be tried: give fewer --samples", space_.name, space_.sub_networks(), options_.samples));
    std::vector<SubNetwork> networks{canonical(space_, largest(space_)), canonical(space_, smallest(space_))};
    const std::vector<SubNetwork> others = draw(options_.samples - networks.size(), {networks.begin(), networks.end()});
    networks.insert(networks.end(), others.begin(), others.end());
    for (const SubNetwork& network : networks) {
      MOSAIC_TRY(const double percent, accuracy(network, "accuracies", samples_.size(), networks.size()));
      samples_.push_back({.network = network, .percent = percent});
    }
    result_.accuracy = judge_accuracy_fit(space_, samples_);
    fit_accuracy(scores, samples_);
    return {};
  }

  /// Along the predicted front, and along that of the samples: the largest and the smallest, which every step has trained, are better than their
  /// parts promise. Each has its predicted score.
  std::vector<Candidate> worth_measuring(const std::vector<Candidate>& front, const AdditiveScores& scores) const {
    const std::size_t count = kMeasuredPerLevel * options_.levels;
    std::vector<Candidate> seen;
    for (const AccuracySample& each : samples_)
      seen.push_back({.network = each.network, .score = {.latency = scores(each.network).latency, .accuracy = {std::llround(1000 * each.percent)}}});
    std::vector<Candidate> chosen = levels_of(front, count);
    for (Candidate& each : levels_of(front_of(std::move(seen)), count)) {
      each.score = scores(each.network);
      if (std::ranges::find(chosen, each.network, &Candidate::network) == chosen.end()) chosen.push_back(std::move(each));
    }
    return chosen;
  }

  Result<double> accuracy(const SubNetwork& network, std::string_view what, std::size_t done, std::size_t all) const {
    if (options_.stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while trying sub-networks");
    if (options_.progress) options_.progress(what, static_cast<double>(done) / static_cast<double>(all));
    MOSAIC_TRY(const std::size_t right, extractor_.right(network, images_));
    return 100 * static_cast<double>(right) / static_cast<double>(images_.size());
  }

  /// Both measured up to what is slower and less accurate than all.
  static double share_of_exact(const std::vector<Candidate>& front, const AdditiveScores& scores) {
    const std::vector<Candidate> exact = exact_front(scores);
    const elastic::Score reference{.latency = std::max(exact.back().score.latency, front.back().score.latency) * 11 / 10,
                                   .accuracy = std::min(exact.front().score.accuracy, front.front().score.accuracy)};
    const double whole = hypervolume(exact, reference);
    return whole > 0 ? 100 * hypervolume(front, reference) / whole : 100;
  }

  Result<void> measure(const std::vector<Candidate>& chosen) {
    result_.measured = chosen.size();
    MOSAIC_TRY(const std::vector<Level> first, measured(chosen));
    const std::vector<Candidate> spread = levels_of(front_of(measured_candidates(first)), options_.levels);
    // Once more, among each other: what was chosen for its luck falls back.
    MOSAIC_TRY(std::vector<Level> again, measured(spread));
    for (const Candidate& each : front_of(measured_candidates(again))) {
      Level level = *std::ranges::find(again, each.network, &Level::network);
      level.predicted = std::ranges::find(chosen, each.network, &Candidate::network)->score;
      result_.levels.push_back(std::move(level));
    }
    return {};
  }

  static std::vector<Candidate> measured_candidates(const std::vector<Level>& levels) {
    std::vector<Candidate> candidates;
    for (const Level& each : levels) candidates.push_back({.network = each.network, .score = each.measured});
    return candidates;
  }

  Result<std::vector<Level>> measured(const std::vector<Candidate>& candidates) const {
    std::vector<SubNetwork> networks;
    for (const Candidate& each : candidates) networks.push_back(each.network);
    MOSAIC_TRY(const auto times, time_networks(extractor_, networks, latency_options()));
    std::vector<Level> levels;
    for (std::size_t i = 0; i < networks.size(); ++i) {
      MOSAIC_TRY(const double percent, accuracy(networks[i], "levels", i, networks.size()));
      Level level{.network = networks[i], .measured = {.latency = times[0][i], .accuracy = {std::llround(1000 * percent)}}, .latencies = {}};
      for (const std::vector<Nanoseconds>& each : times) level.latencies.push_back(each[i]);
      levels.push_back(std::move(level));
    }
    return levels;
  }

  LatencyOptions latency_options() const {
    return {.threads = options_.threads, .runs = options_.runs, .progress = options_.progress, .stop = options_.stop};
  }

  const Extractor& extractor_;
  const ImageSet& images_;
  const LevelSearchOptions& options_;
  const Space& space_;
  Random random_;
  std::vector<AccuracySample> samples_;
  LevelSearch result_;
};

}  // namespace

Result<LevelSearch> search_levels(const Extractor& extractor, const ImageSet& images, const LevelSearchOptions& options) {
  return LevelSearcher(extractor, images, options).run();
}

}  // namespace mosaic::training
