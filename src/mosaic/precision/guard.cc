#include "mosaic/precision/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "mosaic/base/check.h"
#include "mosaic/precision/paired_drop.h"

namespace mosaic::precision {
namespace {

double drop_of(const Evidence& evidence) {
  const auto images = static_cast<double>(counted(evidence));
  switch (evidence.measure()) {
    case Measure::kTop1:
      return (static_cast<double>(evidence.lost) - static_cast<double>(evidence.gained)) / images;
    case Measure::kAgreement:
      return static_cast<double>(evidence.changed) / images;
    case Measure::kError:
      break;
  }
  return evidence.error();
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
    case Measure::kError:
      break;
  }
  if (images < static_cast<double>(kFewestErrors)) return {.low = 0, .high = 1};
  return mean_limits(evidence.error(), evidence.error_deviation(), images, z);
}

/// The upper bound of the drop if `images` were seen: of the score test, or the exact one of what is lost net, if that is larger.
double upper_bound(const Evidence& evidence, double images, std::size_t tries) {
  constexpr double kMany = 1e6;  // from here on the two agree
  const double upper = limits(evidence, images, one_sided_quantile(tries)).high;
  if (evidence.measure() == Measure::kError || images > kMany) return upper;
  return std::max(upper, exact_upper_share(std::max(0.0, drop_of(evidence)) * images, images, risk_of_try(tries)));
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
    case Verdict::kUntested:
      return "not tested";
  }
  return "";
}

std::size_t counted(const Evidence& evidence) {
  switch (evidence.measure()) {
    case Measure::kTop1:
      return evidence.labelled;
    case Measure::kAgreement:
      return evidence.scored;
    case Measure::kError:
      break;
  }
  return evidence.images;
}

Judgement untested(const Evidence& evidence) {
  MOSAIC_CHECK(evidence.images > 0);
  const Interval both = limits(evidence, static_cast<double>(counted(evidence)), kTwoSided95);
  return {.drop = 100 * drop_of(evidence), .interval = {.low = 100 * both.low, .high = 100 * both.high}, .images_needed = {}};
}

Judgement judge(const Evidence& evidence, double limit_percent, std::size_t tries) {
  MOSAIC_CHECK(limit_percent > 0);
  Judgement out = untested(evidence);
  const double limit = limit_percent / 100;
  const double upper = upper_bound(evidence, static_cast<double>(counted(evidence)), tries);
  out.verdict = Verdict::kUnresolved;
  out.upper = 100 * upper;
  out.level = 100 * (1 - risk_of_try(tries));
  if (upper < limit) {
    out.verdict = Verdict::kPasses;
  } else if (drop_of(evidence) >= limit) {
    out.verdict = Verdict::kFails;
  } else {
    out.images_needed = fewest([&](double more) { return upper_bound(evidence, more, tries) < limit; });
  }
  return out;
}

Result<void> check_float(const Evidence& evidence, double limit_percent) {
  if (evidence.measure() != Measure::kTop1) return {};
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the float model has {} of {} images right{}: are these the classes that it has ({}, from 0 on), "
                            "and the pixels what it wants?",
                            evidence.right_float, evidence.labelled, why, evidence.classes));
  };
  const double chance = 1 / static_cast<double>(evidence.classes);
  if (share_interval(evidence.right_float, evidence.labelled).low <= chance) return refuse(", no more than chance would have");
  Evidence wreck = evidence;
  wreck.lost = evidence.right_float;
  wreck.gained = 0;
  if (limit_percent < 100 && judge(wreck, limit_percent).verdict == Verdict::kPasses)
    return refuse(fmt::format(", so few that one which is wrong everywhere would pass at {:.2f} points", limit_percent));
  return {};
}

std::size_t fewest_images(Measure measure, double limit_percent) {
  if (measure == Measure::kError) return kFewestErrors;
  Evidence spotless{.images = 1, .scored = 1, .labelled = measure == Measure::kTop1 ? std::size_t{1} : std::size_t{0}};
  const auto needed = fewest([&](double images) { return upper_bound(spotless, images, 1) < limit_percent / 100; });
  return needed.value_or(std::numeric_limits<std::size_t>::max());
}

std::string describe(const Judgement& judgement, const Evidence& evidence, double limit_percent) {
  const std::size_t images = counted(evidence);
  std::string text = fmt::format("{} {:.2f} points (95 % {:.2f} to {:.2f})", name(evidence.measure()), judgement.drop, judgement.interval.low,
                                 judgement.interval.high);
  if (judgement.verdict == Verdict::kUntested) return text + fmt::format(" on {} images: not tested", images);
  text += fmt::format(", upper {:.4g} % bound {:.2f}, limit {:.2f}: ", judgement.level, judgement.upper, limit_percent);
  switch (judgement.verdict) {
    case Verdict::kPasses:
      return text + fmt::format("passes on {} images", images);
    case Verdict::kFails:
      return text + fmt::format("fails on {} images", images);
    case Verdict::kUnresolved:
    case Verdict::kUntested:
      break;
  }
  text += fmt::format("cannot resolve with {} images", images);
  return judgement.images_needed ? text + fmt::format(", {} would do", *judgement.images_needed) : text;
}

}  // namespace mosaic::precision
