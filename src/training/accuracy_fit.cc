#include "training/accuracy_fit.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "mosaic/base/statistics.h"

namespace mosaic::training {
namespace {

using elastic::AdditiveScores;
using elastic::Knob;
using elastic::Millipoints;
using elastic::Space;
using elastic::SubNetwork;

constexpr double kPenalty = 1;
constexpr std::size_t kFolds = 5;

/// Numbers what a layer can have: at each place that it is there, then the values of its knobs; before them the resolutions.
class Features {
 public:
  explicit Features(const Space& space) : space_(space), count_(space.resolutions.size()) {
    for_each_place(space, [&](std::size_t stage, std::size_t, std::size_t) {
      first_.push_back(count_);
      ++count_;
      for (const Knob& knob : space.stages[stage].knobs) count_ += knob.values.size();
    });
  }

  [[nodiscard]] std::size_t count() const { return count_; }

  /// Calls visit for each feature of a layer's option.
  template <class Visit>
  void of_layer(std::size_t stage, std::size_t place, std::size_t option, Visit visit) const {
    std::size_t next = first_[place];
    visit(next++);
    const std::vector<int> values = knob_values(space_.stages[stage], option);
    for (std::size_t k = 0; k < values.size(); ++k) {
      const Knob& knob = space_.stages[stage].knobs[k];
      for (std::size_t v = 0; v < knob.values.size(); ++v, ++next) {
        if (knob.values[v] == values[k]) visit(next);
      }
    }
  }

  [[nodiscard]] std::vector<double> row(const SubNetwork& network) const {
    std::vector<double> row(count_);
    row[network.resolution] = 1;
    for_each_place(space_, [&](std::size_t stage, std::size_t layer, std::size_t place) {
      const auto depth = static_cast<std::size_t>(space_.stages[stage].depths[network.depths[stage]]);
      if (layer < depth) of_layer(stage, place, network.options[place], [&](std::size_t feature) { row[feature] = 1; });
    });
    return row;
  }

 private:
  const Space& space_;
  std::size_t count_;
  std::vector<std::size_t> first_;  ///< by place
};

Millipoints millipoints(double percent) { return {std::llround(1000 * percent)}; }

}  // namespace

void fit_accuracy(AdditiveScores& scores, std::span<const AccuracySample> samples) {
  const Space& space = scores.space();
  const Features features(space);
  const auto rows = static_cast<std::int64_t>(samples.size());
  const auto columns = static_cast<std::int64_t>(features.count());
  std::vector<double> percents;
  at::Tensor x = at::empty({rows, columns}, at::kDouble);
  for (std::int64_t i = 0; i < rows; ++i) {
    const AccuracySample& sample = samples[static_cast<std::size_t>(i)];
    percents.push_back(sample.percent);
    const std::vector<double> row = features.row(sample.network);
    std::ranges::copy(row, x.data_ptr<double>() + i * columns);
  }
  // About the samples' means, so that the penalty leaves these alone.
  const at::Tensor middle = x.mean(0, true);
  const at::Tensor centred = x - middle;
  const at::Tensor y = at::from_blob(percents.data(), {rows, 1}, at::kDouble);
  const double mean_percent = mean(percents);
  const at::Tensor normal = centred.t().matmul(centred) + kPenalty * at::eye(columns, at::kDouble);
  const at::Tensor weights = at::linalg_solve(normal, centred.t().matmul(y - mean_percent)).contiguous();
  const double constant = mean_percent - middle.matmul(weights).item<double>();
  const double* const w = weights.data_ptr<double>();

  for (std::size_t r = 0; r < space.resolutions.size(); ++r) {
    scores.fixed(r).accuracy = millipoints(constant + w[r]);
    for_each_place(space, [&](std::size_t stage, std::size_t, std::size_t place) {
      for (std::size_t option = 0; option < space.stages[stage].options(); ++option) {
        double sum = 0;
        features.of_layer(stage, place, option, [&](std::size_t feature) { sum += w[feature]; });
        scores.layer(r, place, option).accuracy = millipoints(sum);
      }
    });
  }
}

AccuracyFitQuality judge_accuracy_fit(const Space& space, std::span<const AccuracySample> samples) {
  std::vector<double> seen;
  std::vector<double> predicted;
  std::vector<double> errors;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<AccuracySample> others;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (i % kFolds != fold) others.push_back(samples[i]);
    }
    AdditiveScores scores(space);
    fit_accuracy(scores, others);
    for (std::size_t i = fold; i < samples.size(); i += kFolds) {
      seen.push_back(samples[i].percent);
      predicted.push_back(static_cast<double>(scores(samples[i].network).accuracy.value) / 1000);
      errors.push_back(std::fabs(predicted.back() - seen.back()));
    }
  }
  return {.mean_error = mean(errors), .rank_correlation = kendall_tau(seen, predicted)};
}

double kendall_tau(std::span<const double> a, std::span<const double> b) {
  int agreeing = 0;
  int counted = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double sign = (a[i] - a[j]) * (b[i] - b[j]);
      if (sign == 0) continue;
      agreeing += sign > 0 ? 1 : -1;
      ++counted;
    }
  }
  return counted == 0 ? 0 : static_cast<double>(agreeing) / counted;
}

}  // namespace mosaic::training
