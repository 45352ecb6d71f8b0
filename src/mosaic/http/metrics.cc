#include "mosaic/http/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/base/statistics.h"

namespace mosaic::http {
namespace {

constexpr std::size_t kLatest = 4096;

/// "histogram" and the like, by the place in `Series`.
constexpr std::array kKinds{"counter", "gauge", "histogram", "summary"};

bool is_name(std::string_view name, std::string_view also) {
  const auto letter = [&](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || also.contains(c); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && !digit(name.front()) && std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); });
}

std::string escape(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c == '\n' ? "\\n" : std::string(1, c);
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

/// {a="1",b="2"}, with one more label where `key` is not empty; empty for none.
std::string braces(const Labels& labels, std::string_view key = {}, std::string_view value = {}) {
  std::string out;
  for (const auto& [name, text] : labels) out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", name, escape(text, true));
  if (!key.empty()) out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", key, value);
  return out.empty() ? out : "{" + out + "}";
}

void print_series(const std::string& name, const Labels& labels, const Counter& counter, std::string& out) {
  out += fmt::format("{}{} {}\n", name, braces(labels), counter.value());
}

void print_series(const std::string& name, const Labels& labels, const Gauge& gauge, std::string& out) {
  out += fmt::format("{}{} {}\n", name, braces(labels), number(gauge.value()));
}

void print_series(const std::string& name, const Labels& labels, const Histogram& histogram, std::string& out) {
  const Histogram::Snapshot now = histogram.snapshot();
  for (std::size_t i = 0; i < now.at_most.size(); ++i)
    out += fmt::format("{}_bucket{} {}\n", name, braces(labels, "le", number(histogram.limits()[i])), now.at_most[i]);
  out += fmt::format("{}_bucket{} {}\n", name, braces(labels, "le", "+Inf"), now.count);
  out += fmt::format("{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, braces(labels), number(now.sum), now.count);
}

void print_series(const std::string& name, const Labels& labels, const Summary& summary, std::string& out) {
  const Summary::Snapshot now = summary.snapshot();
  for (const double q : {0.5, 0.95, 0.99}) {
    const double value = now.latest.empty() ? std::numeric_limits<double>::quiet_NaN() : quantile(now.latest, q);
    out += fmt::format("{}{} {}\n", name, braces(labels, "quantile", number(q)), number(value));
  }
  out += fmt::format("{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, braces(labels), number(now.sum), now.count);
}

}  // namespace

Histogram::Histogram(std::vector<double> limits) : limits_(std::move(limits)), buckets_(limits_.size() + 1) {
  MOSAIC_CHECK(std::ranges::is_sorted(limits_, std::ranges::less_equal()));  // each above the one before
}

void Histogram::observe(double value) {
  const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(limits_, value) - limits_.begin());
  const std::scoped_lock lock(mutex_);
  ++buckets_[bucket];
  sum_ += value;
}

Histogram::Snapshot Histogram::snapshot() const {
  const std::scoped_lock lock(mutex_);
  Snapshot now{.sum = sum_};
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    now.count += buckets_[i];
    if (i < limits_.size()) now.at_most.push_back(now.count);
  }
  return now;
}

void Summary::observe(double value) {
  const std::scoped_lock lock(mutex_);
  if (latest_.size() < kLatest) {
    latest_.push_back(value);
  } else {
    latest_[count_ % kLatest] = value;
  }
  ++count_;
  sum_ += value;
}

Summary::Snapshot Summary::snapshot() const {
  const std::scoped_lock lock(mutex_);
  return {.latest = latest_, .count = count_, .sum = sum_};
}

template <class T, class... Arguments>
T& Metrics::find(const std::string& name, std::string_view help, const Labels& labels, const Arguments&... arguments) {
  MOSAIC_CHECK(is_name(name, ":"));
  for (const auto& [key, value] : labels) MOSAIC_CHECK(is_name(key, ""));
  const std::scoped_lock lock(mutex_);
  auto& [known_help, series] = families_.try_emplace(name, Family{.help = std::string(help), .series = {}}).first->second;
  MOSAIC_CHECK(known_help == help && (series.empty() || std::holds_alternative<std::unique_ptr<T>>(series.begin()->second)));
  const auto [found, is_new] = series.try_emplace(labels);
  if (is_new) found->second = std::make_unique<T>(arguments...);
  return *std::get<std::unique_ptr<T>>(found->second);
}

Counter& Metrics::counter(const std::string& name, std::string_view help, const Labels& labels) { return find<Counter>(name, help, labels); }
Gauge& Metrics::gauge(const std::string& name, std::string_view help, const Labels& labels) { return find<Gauge>(name, help, labels); }
Summary& Metrics::summary(const std::string& name, std::string_view help, const Labels& labels) { return find<Summary>(name, help, labels); }

Histogram& Metrics::histogram(const std::string& name, std::string_view help, const std::vector<double>& limits, const Labels& labels) {
  auto& found = find<Histogram>(name, help, labels, limits);
  MOSAIC_CHECK(found.limits() == limits);
  return found;
}

std::string Metrics::text() const {
  std::string out;
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, escape(family.help, false), kKinds.at(family.series.begin()->second.index()));
    for (const auto& [labels, series] : family.series)
      std::visit([&, &shown = labels](const auto& each) { print_series(name, shown, *each, out); }, series);
  }
  return out;
}

}  // namespace mosaic::http
