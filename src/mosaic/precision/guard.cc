#include "mosaic/precision/guard.h"

#include <fmt/format.h>

#include <functional>
#include <limits>

#include "mosaic/base/check.h"
#include "mosaic/precision/paired_drop.h"

namespace mosaic::precision {
namespace {

/// How many images count.
std::size_t counted(const Evidence& evidence) {
  switch (evidence.measure()) {
    case Measure::kTop1:
      return evidence.labelled;
    case Measure::kAgreement:
      return evidence.scored;
    case Measure::kCosine:
      break;
  }
  return evidence.images;
}

double drop_of(const Evidence& evidence) {
  const auto images = static_cast<double>(counted(evidence));
  switch (evidence.measure()) {
    case Measure::kTop1:
      return (static_cast<double>(evidence.lost) - static_cast<double>(evidence.gained)) / images;
    case Measure::kAgreement:
      return static_cast<double>(evidence.changed) / images;
    case Measure::kCosine:
      break;
  }
  return 1 - evidence.cosine();
}

/// Limits of the drop if `images` were seen that behave like those of the evidence.
Interval limits(const Evidence& evidence, double images, double z) {
  const double scale = images / static_cast<double>(counted(evidence));
  const auto scaled = [&](std::size_t count) { return static_cast<double>(count) * scale; };
  switch (evidence.measure()) {
    case Measure::kTop1:
      return net_drop_limits({.images = images, .lost = scaled(evidence.lost), .gained = scaled(evidence.gained)}, z);
    case Measure::kAgreement:
      return share_limits(scaled(evidence.changed), images, z);
    case Measure::kCosine:
      break;
  }
  if (images < 2) return {.low = -1, .high = 1};  // one image says nothing of how they scatter
  return mean_limits(1 - evidence.cosine(), evidence.cosine_deviation(), images, z);
}

/// The fewest images of which `holds` is true, which stays so for more; none up to 10^12.
std::optional<std::size_t> fewest(const std::function<bool(double images)>& holds) {
  constexpr std::size_t kMost = 1'000'000'000'000;
  std::size_t enough = 1;
  while (enough < kMost && !holds(static_cast<double>(enough))) enough *= 2;
  if (enough >= kMost) return std::nullopt;
  std::size_t too_few = enough / 2;
  while (enough - too_few > 1) {
    const std::size_t middle = too_few + (enough - too_few) / 2;
    (holds(static_cast<double>(middle)) ? enough : too_few) = middle;
  }
  return enough;
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPasses:
      return "passes";
    case Verdict::kFails:
      return "fails";
    case Verdict::kUnresolved:
      return "unresolved";
  }
  return "";
}

Judgement judge(const Evidence& evidence, double limit_percent, std::size_t tries) {
  MOSAIC_CHECK(evidence.images > 0 && limit_percent > 0);
  const auto images = static_cast<double>(counted(evidence));
  const double limit = limit_percent / 100;
  const double drop = drop_of(evidence);
  const Interval both = limits(evidence, images, kTwoSided95);
  const double quantile = one_sided_quantile(tries);
  const double upper = limits(evidence, images, quantile).high;
  Judgement out{.verdict = Verdict::kUnresolved,
                .drop = 100 * drop,
                .interval = {.low = 100 * both.low, .high = 100 * both.high},
                .upper = 100 * upper,
                .images_needed = {}};
  if (upper < limit) {
    out.verdict = Verdict::kPasses;
  } else if (drop >= limit) {
    out.verdict = Verdict::kFails;
  } else {
    out.images_needed = fewest([&](double more) { return limits(evidence, more, quantile).high < limit; });
  }
  return out;
}

std::size_t fewest_images(Measure measure, double limit_percent) {
  if (measure == Measure::kCosine) return 2;
  Evidence spotless{.images = 1, .scored = 1, .labelled = measure == Measure::kTop1 ? std::size_t{1} : std::size_t{0}};
  const auto needed = fewest([&](double images) { return limits(spotless, images, kOneSided95).high < limit_percent / 100; });
  return needed.value_or(std::numeric_limits<std::size_t>::max());
}

std::string describe(const Judgement& judgement, const Evidence& evidence, double limit_percent) {
  const std::size_t images = counted(evidence);
  std::string text = fmt::format("{} {:.2f} points (95 % {:.2f} to {:.2f}), upper bound {:.2f}, limit {:.2f}: ", name(evidence.measure()),
                                 judgement.drop, judgement.interval.low, judgement.interval.high, judgement.upper, limit_percent);
  switch (judgement.verdict) {
    case Verdict::kPasses:
      return text + fmt::format("passes on {} images", images);
    case Verdict::kFails:
      return text + fmt::format("fails on {} images", images);
    case Verdict::kUnresolved:
      break;
  }
  text += fmt::format("cannot resolve with {} images", images);
  return judgement.images_needed ? text + fmt::format(", {} would do", *judgement.images_needed) : text;
}

}  // namespace mosaic::precision
