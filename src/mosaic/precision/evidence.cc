#include "mosaic/precision/evidence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mosaic/base/check.h"

namespace mosaic::precision {

std::string_view name(Measure measure) {
  switch (measure) {
    case Measure::kTop1:
      return "net drop of top-1";
    case Measure::kAgreement:
      return "share of other classes";
    case Measure::kCosine:
      return "1 - cosine";
  }
  return "";
}

std::optional<std::size_t> best_class(const Tensor& scores) {
  if (std::ranges::count_if(scores.shape(), [](std::int64_t extent) { return extent > 1; }) != 1) return std::nullopt;
  const std::vector<double> values = scores.to_doubles();
  return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

void Evidence::add(std::span<const Tensor> exact, std::span<const Tensor> other, const std::optional<std::int64_t>& label) {
  MOSAIC_CHECK(exact.size() == other.size() && !exact.empty());
  double dot = 0;
  double exact_squares = 0;
  double other_squares = 0;
  double error = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const std::vector<double> a = exact[i].to_doubles();
    const std::vector<double> b = other[i].to_doubles();
    for (std::size_t j = 0; j < std::min(a.size(), b.size()); ++j) {
      dot += a[j] * b[j];
      exact_squares += a[j] * a[j];
      other_squares += b[j] * b[j];
      error += (a[j] - b[j]) * (a[j] - b[j]);
    }
  }
  const bool sound = std::isfinite(error);  // else values are no numbers, or beyond all bounds: as wrong as can be
  ++images;
  signal += exact_squares;
  noise += sound ? error : std::numeric_limits<double>::infinity();
  const double norms = std::sqrt(exact_squares * other_squares);
  const double cosine = !sound ? 0 : norms > 0 ? dot / norms : exact_squares == other_squares ? 1 : 0;
  const double distance = std::max(0.0, 1 - cosine);
  distances += distance;
  distances_squared += distance * distance;
  const auto before = best_class(exact[0]);
  if (!before) return;
  const auto now = sound ? best_class(other[0]) : std::nullopt;
  ++scored;
  changed += before != now ? 1 : 0;
  if (!label) return;
  ++labelled;
  const bool was_right = static_cast<std::int64_t>(*before) == *label;
  const bool is_right = now && static_cast<std::int64_t>(*now) == *label;
  right_float += was_right ? 1 : 0;
  lost += was_right && !is_right ? 1 : 0;
  gained += !was_right && is_right ? 1 : 0;
}

Measure Evidence::measure() const {
  if (labelled > 0) return Measure::kTop1;
  return scored > 0 ? Measure::kAgreement : Measure::kCosine;
}

double Evidence::cosine() const { return images > 0 ? 1 - distances / static_cast<double>(images) : 1; }

double Evidence::cosine_deviation() const {
  if (images < 2) return 0;
  const auto count = static_cast<double>(images);
  return std::sqrt(std::max(0.0, (distances_squared - distances * distances / count) / (count - 1)));
}

double Evidence::sqnr_db() const { return noise > 0 ? 10 * std::log10(signal / noise) : std::numeric_limits<double>::infinity(); }

double Evidence::noise_to_signal() const {
  if (noise == 0) return 0;
  return signal > 0 ? noise / signal : std::numeric_limits<double>::infinity();
}

}  // namespace mosaic::precision
