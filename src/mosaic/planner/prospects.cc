#include "mosaic/planner/prospects.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mosaic/cost/time_and_energy.h"

namespace mosaic {
namespace {

/// More than any chain costs: the dearest of everything, a slice a layer.
std::int64_t most_of(const ChainCosts& costs) {
  const auto dearest = [](const std::vector<std::int64_t>& values) { return values.empty() ? 0 : *std::ranges::max_element(values); };
  std::int64_t a_layer = dearest(costs.execute) + dearest(costs.enter) + dearest(costs.leave) + dearest(costs.transfer);
  if (costs.clocks) {
    for (const auto& domain : costs.clocks->change) a_layer += dearest(domain);
  }
  return a_layer * static_cast<std::int64_t>(costs.layers) + 1;
}

std::int64_t divide_upwards(std::int64_t a, std::int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

}  // namespace

Prospects::Prospects(const ChainCosts& first, const ChainCosts* second) : first_(&first), second_(second) {
  most_[0] = most_of(first);
  lines_.push_back(std::make_unique<Line>(Costs{1, 0}, first));
  if (second == nullptr) return;
  most_[1] = most_of(*second);
  lines_.push_back(std::make_unique<Line>(Costs{0, 1}, *second));
}

const ChainCosts* Prospects::add_line(double first_weight, double second_weight) {
  // Integers in the same proportion, as large as sums allow.
  const double scale = 0x1p61 / (first_weight * static_cast<double>(most_[0]) + second_weight * static_cast<double>(most_[1]));
  const Costs weight{std::llround(std::floor(first_weight * scale)), std::llround(std::floor(second_weight * scale))};
  if (weight[0] < 1 || weight[1] < 1) return nullptr;
  const auto steepness = [](const Costs& w) { return static_cast<double>(w[1]) / static_cast<double>(w[0]); };
  const auto place =
      std::ranges::find_if(lines_, [&](const auto& line) { return line->weight[0] == 0 || steepness(line->weight) > steepness(weight); });
  const auto alike = [&](const Line& line) {  // lines that are nearly parallel meet where rounding says
    return line.weight[0] != 0 && line.weight[1] != 0 && std::fabs(steepness(line.weight) / steepness(weight) - 1) < 1e-4;
  };
  if (alike(**place) || (place != lines_.begin() && alike(**(place - 1)))) return nullptr;
  return &(*lines_.insert(place, std::make_unique<Line>(weight, weighted_sum(*first_, weight[0], *second_, weight[1]))))->costs;
}

bool Prospects::hopeless(const Costs& so_far, std::size_t cut, std::size_t c) const {
  const Cost first = lines_.front()->at_least(so_far, cut, c);
  if (!first.feasible() || (goal_.most[0] && first.count() > *goal_.most[0])) return true;
  if (second_ != nullptr && goal_.most[1] && lines_.back()->at_least(so_far, cut, c).count() > *goal_.most[1]) return true;
  if (goal_.first_below && least_first(so_far, cut, c) >= *goal_.first_below) return true;
  return goal_.product_below && least_product(so_far, cut, c) >= *goal_.product_below;
}

std::int64_t Prospects::least_first(const Costs& so_far, std::size_t cut, std::size_t c) const {
  std::int64_t least = lines_.front()->at_least(so_far, cut, c).count();
  if (second_ == nullptr || !goal_.most[1]) return least;
  // Whatever the second criterion may still take, the sum leaves no less than this for the first.
  const std::int64_t second = std::min(*goal_.most[1], most_[1]);
  for (const auto& line : lines_) {
    if (line->weight[0] == 0) break;
    least = std::max(least, divide_upwards(line->at_least(so_far, cut, c).count() - line->weight[1] * second, line->weight[0]));
  }
  return least;
}

double Prospects::least_product(const Costs& so_far, std::size_t cut, std::size_t c) const {
  constexpr double kSure = 1 - 1e-9;  // what the corners' coordinates may be off by rounding
  double least = std::numeric_limits<double>::infinity();
  // The product is smallest at a corner of what the lines leave, for it falls towards both ends of any straight piece.
  for (std::size_t i = 0; i + 1 < lines_.size(); ++i) {
    const Line& a = *lines_[i];
    const Line& b = *lines_[i + 1];
    const auto a_least = static_cast<double>(a.at_least(so_far, cut, c).count());
    const auto b_least = static_cast<double>(b.at_least(so_far, cut, c).count());
    const std::array<double, 4> w{static_cast<double>(a.weight[0]), static_cast<double>(a.weight[1]), static_cast<double>(b.weight[0]),
                                  static_cast<double>(b.weight[1])};
    const double determinant = w[0] * w[3] - w[1] * w[2];
    const double first = (a_least * w[3] - b_least * w[1]) / determinant;
    const double second = (b_least * w[0] - a_least * w[2]) / determinant;
    least = std::min(least, std::max(first, 0.0) * std::max(second, 0.0));
  }
  return least * kSure;
}

}  // namespace mosaic
