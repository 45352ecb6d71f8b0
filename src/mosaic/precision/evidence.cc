#include "mosaic/precision/evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mosaic/base/check.h"

namespace mosaic::precision {

namespace {

bool is_integer(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
    case ElementType::kFloat64:
    case ElementType::kFloat16:
    case ElementType::kBfloat16:
      return false;
    default:
      return true;
  }
}

/// How all outputs of two networks on one image differ.
struct Difference {
  double dot = 0;
  double exact_squares = 0;
  double other_squares = 0;
  double squares = 0;           // of the differences
  double real_squares = 0;      // the same of outputs in floating point ...
  double real_differences = 0;  // ... alone
  std::size_t integers = 0;     // values of outputs in integers,
  std::size_t unequal = 0;      // and how many differ
  bool sound = true;            // else values are no numbers, beyond all bounds or of other shapes: as wrong as can be

  [[nodiscard]] double angle() const {
    if (!sound) return 1;
    const double norms = std::sqrt(exact_squares * other_squares);
    if (norms > 0) return std::max(0.0, 1 - dot / norms);
    return exact_squares == other_squares ? 0 : 1;
  }
  [[nodiscard]] double error() const {
    if (!sound) return 1;
    const double real = real_differences == 0 ? 0 : real_squares > 0 ? std::min(1.0, real_differences / (2 * real_squares)) : 1;
    return integers == 0 ? real : std::max(real, static_cast<double>(unequal) / static_cast<double>(integers));
  }
};

Difference difference_of(std::span<const Tensor> exact, std::span<const Tensor> other) {
  Difference out;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    out.sound = out.sound && exact[i].type() == other[i].type() && exact[i].shape() == other[i].shape();
    const bool integer = is_integer(exact[i].type());
    const std::vector<double> a = exact[i].to_doubles();
    const std::vector<double> b = other[i].to_doubles();
    for (std::size_t j = 0; j < a.size(); ++j) {
      out.exact_squares += a[j] * a[j];
      if (!out.sound) continue;
      const double difference = (a[j] - b[j]) * (a[j] - b[j]);
      out.dot += a[j] * b[j];
      out.other_squares += b[j] * b[j];
      out.squares += difference;
      if (integer) {
        ++out.integers;
        out.unequal += a[j] != b[j] ? 1 : 0;
      } else {
        out.real_squares += a[j] * a[j];
        out.real_differences += difference;
      }
    }
  }
  out.sound = out.sound && std::isfinite(out.squares);
  return out;
}

}  // namespace

std::string_view name(Measure measure) {
  switch (measure) {
    case Measure::kTop1:
      return "net drop of top-1";
    case Measure::kAgreement:
      return "share of other classes";
    case Measure::kError:
      return "error of the outputs";
  }
  return "";
}

std::optional<std::size_t> class_count(const Shape& shape) {
  const auto above = [](std::int64_t extent) { return extent > 1; };
  if (std::ranges::count_if(shape, above) != 1 || std::ranges::find(shape, 0) != shape.end()) return std::nullopt;
  return static_cast<std::size_t>(*std::ranges::find_if(shape, above));
}

Result<void> check_class(std::int64_t label, std::size_t classes) {
  if (label >= 0 && static_cast<std::size_t>(label) < classes) return {};
  return fail(ErrorCode::kInvalidInput, fmt::format("its class is {}, the model has {} (0 to {})", label, classes, classes - 1));
}

std::optional<std::size_t> best_class(const Tensor& scores) {
  if (!class_count(scores.shape())) return std::nullopt;
  const std::vector<double> values = scores.to_doubles();
  return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

Result<void> Evidence::add(std::span<const Tensor> exact, std::span<const Tensor> other, const std::optional<std::int64_t>& label) {
  MOSAIC_CHECK(exact.size() == other.size() && !exact.empty());
  const auto scores = class_count(exact[0].shape());
  if (scores && label) MOSAIC_RETURN_IF_ERROR(check_class(*label, *scores));
  const Difference difference = difference_of(exact, other);
  ++images;
  signal += difference.exact_squares;
  noise += difference.sound ? difference.squares : std::numeric_limits<double>::infinity();
  angles += difference.angle();
  errors += difference.error();
  errors_squared += difference.error() * difference.error();
  if (!scores) return {};
  classes = std::max(classes, *scores);
  const auto before = best_class(exact[0]);
  const auto now = difference.sound ? best_class(other[0]) : std::nullopt;
  ++scored;
  changed += before != now ? 1 : 0;
  if (!label) return {};
  ++labelled;
  const bool was_right = static_cast<std::int64_t>(*before) == *label;
  const bool is_right = now && static_cast<std::int64_t>(*now) == *label;
  right_float += was_right ? 1 : 0;
  lost += was_right && !is_right ? 1 : 0;
  gained += !was_right && is_right ? 1 : 0;
  return {};
}

Measure Evidence::measure() const {
  if (labelled > 0) return Measure::kTop1;
  return scored > 0 ? Measure::kAgreement : Measure::kError;
}

double Evidence::cosine() const { return images > 0 ? 1 - angles / static_cast<double>(images) : 1; }

double Evidence::error() const { return images > 0 ? errors / static_cast<double>(images) : 0; }

double Evidence::error_deviation() const {
  if (images < 2) return 0;
  const auto count = static_cast<double>(images);
  return std::sqrt(std::max(0.0, (errors_squared - errors * errors / count) / (count - 1)));
}

double Evidence::sqnr_db() const { return noise > 0 ? 10 * std::log10(signal / noise) : std::numeric_limits<double>::infinity(); }

double Evidence::noise_to_signal() const {
  if (noise == 0) return 0;
  return signal > 0 ? noise / signal : std::numeric_limits<double>::infinity();
}

}  // namespace mosaic::precision
