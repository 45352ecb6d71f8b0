#include "mosaic/power/monitor_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/power/csv.h"

namespace mosaic {
namespace {

double in_seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

enum class Role { kTime, kVolts, kAmperes };
constexpr std::array kRoles{Role::kTime, Role::kVolts, Role::kAmperes};

std::string_view name(Role role) {
  switch (role) {
    case Role::kTime:
      return "time";
    case Role::kVolts:
      return "volts";
    case Role::kAmperes:
      return "amperes";
  }
  return "";
}

struct Unit {
  std::string_view name;
  Role role;
  double factor;
};
// Micro is written u, with the micro sign or with the Greek letter.
constexpr std::array<Unit, 23> kUnits{{{"s", Role::kTime, 1},
                                       {"sec", Role::kTime, 1},
                                       {"seconds", Role::kTime, 1},
                                       {"ms", Role::kTime, 1e-3},
                                       {"us", Role::kTime, 1e-6},
                                       {"\xc2\xb5s", Role::kTime, 1e-6},
                                       {"\xce\xbcs", Role::kTime, 1e-6},
                                       {"ns", Role::kTime, 1e-9},
                                       {"v", Role::kVolts, 1},
                                       {"volt", Role::kVolts, 1},
                                       {"volts", Role::kVolts, 1},
                                       {"mv", Role::kVolts, 1e-3},
                                       {"uv", Role::kVolts, 1e-6},
                                       {"\xc2\xb5v", Role::kVolts, 1e-6},
                                       {"a", Role::kAmperes, 1},
                                       {"amp", Role::kAmperes, 1},
                                       {"amps", Role::kAmperes, 1},
                                       {"ampere", Role::kAmperes, 1},
                                       {"amperes", Role::kAmperes, 1},
                                       {"ma", Role::kAmperes, 1e-3},
                                       {"ua", Role::kAmperes, 1e-6},
                                       {"\xc2\xb5"
                                        "a",
                                        Role::kAmperes, 1e-6},
                                       {"\xce\xbc"
                                        "a",
                                        Role::kAmperes, 1e-6}}};

constexpr std::array<std::pair<std::string_view, Role>, 9> kNames{{{"time", Role::kTime},
                                                                   {"timestamp", Role::kTime},
                                                                   {"t", Role::kTime},
                                                                   {"voltage", Role::kVolts},
                                                                   {"u", Role::kVolts},
                                                                   {"vbus", Role::kVolts},
                                                                   {"current", Role::kAmperes},
                                                                   {"i", Role::kAmperes},
                                                                   {"ibus", Role::kAmperes}}};

/// What a column holds, and what makes its numbers seconds, volts or amperes.
struct Meaning {
  Role role = Role::kTime;
  double factor = 1;
};

std::optional<Meaning> meaning_of_unit(std::string_view unit) {
  const auto* const found = std::ranges::find(kUnits, unit, &Unit::name);
  return found == kUnits.end() ? std::nullopt : std::optional(Meaning{.role = found->role, .factor = found->factor});
}

std::optional<Meaning> by_name(std::string_view title) {
  const auto* const named = std::ranges::find(kNames, title, &std::pair<std::string_view, Role>::first);
  return named == kNames.end() ? std::nullopt : std::optional(Meaning{.role = named->second});
}

/// "Main Voltage (mV)" by "mv", "i_ma" by "ma", "volts" by itself, "current" by its name.
std::optional<Meaning> meaning_of(std::string title) {
  for (char& c : title) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::size_t open = title.find_last_of("([");
  if (open != std::string::npos) {
    const std::size_t close = title.find_first_of(")]", open);
    if (close != std::string::npos) {
      if (const auto by_unit = meaning_of_unit(std::string_view(title).substr(open + 1, close - open - 1))) return by_unit;
    }
    title.erase(open);
    title.erase(title.find_last_not_of(" _") + 1);
  }
  if (const auto named = by_name(title)) return named;
  const std::size_t last = title.find_last_of(" _/");
  title.erase(0, last == std::string::npos ? 0 : last + 1);
  if (const auto by_unit = meaning_of_unit(title)) return by_unit;
  return by_name(title);
}

struct Column {
  std::size_t index = 0;
  double factor = 1;
  std::string title;
};
using Columns = std::array<Column, kRoles.size()>;

Result<Columns> find_columns(const std::vector<std::string>& titles) {
  std::array<std::optional<Column>, kRoles.size()> found;
  for (std::size_t i = 0; i < titles.size(); ++i) {
    const auto meaning = meaning_of(titles[i]);
    if (!meaning) continue;
    auto& column = found.at(static_cast<std::size_t>(meaning->role));
    if (column) return invalid(fmt::format("two columns of {}: '{}' and '{}'; leave one", name(meaning->role), column->title, titles[i]));
    column = Column{.index = i, .factor = meaning->factor, .title = titles[i]};
  }
  Columns columns;
  for (const Role role : kRoles) {
    const auto& column = found.at(static_cast<std::size_t>(role));
    if (!column)
      return invalid(fmt::format("no column of {}: the first line must name columns such as 'time,volts,amperes' or 'Time (ms)'", name(role)));
    columns.at(static_cast<std::size_t>(role)) = *column;
  }
  return columns;
}

/// A number and the value of its last digit; none where it is written with an exponent.
struct Reading {
  double value = 0;
  std::optional<double> step;
};

std::optional<Reading> parse_number(std::string& cell, char separator) {
  if (separator != ',') std::ranges::replace(cell, ',', '.');
  Reading reading;
  const std::size_t begin = cell.starts_with('+') ? 1 : 0;
  const auto parsed = std::from_chars(cell.data() + begin, cell.data() + cell.size(), reading.value);
  if (parsed.ec != std::errc() || parsed.ptr != cell.data() + cell.size() || !std::isfinite(reading.value)) return std::nullopt;
  const std::size_t point = cell.find('.');
  const bool plain = cell.find_first_of("eE") == std::string::npos;
  if (plain) reading.step = point == std::string::npos ? 1 : std::pow(10, -static_cast<double>(cell.size() - point - 1));
  return reading;
}

constexpr double kMostSeconds = 4e9;  // as nanoseconds this fits an integer

class LogParser {
 public:
  explicit LogParser(std::string_view text) : rows_(text) {}

  Result<MonitorLog> run() {
    std::vector<std::string> cells;
    if (!rows_.next(cells)) return invalid("it is empty");
    MOSAIC_TRY(columns_, find_columns(cells));
    while (rows_.next(cells)) {
      auto added = add(cells);
      if (!added) return within(fmt::format("line {}", rows_.line()), added.error());
    }
    if (log_.samples.size() < 2) return invalid(fmt::format("it holds {} samples, at least two are needed", log_.samples.size()));
    const auto& [time, volts, amperes] = extents_;
    log_.step.value = volts.largest * amperes.step.value_or(0) + amperes.largest * volts.step.value_or(0);
    return std::move(log_);
  }

 private:
  Result<void> add(std::vector<std::string>& cells) {
    std::array<Reading, kRoles.size()> readings;
    for (std::size_t r = 0; r < kRoles.size(); ++r) {
      const Column& column = columns_.at(r);
      if (column.index >= cells.size()) return invalid(fmt::format("column '{}' is missing", column.title));
      const auto reading = parse_number(cells[column.index], rows_.separator());
      if (!reading) return invalid(fmt::format("'{}' in column '{}' is no number", cells[column.index].substr(0, 40), column.title));
      readings.at(r).value = reading->value * column.factor;
      Extent& extent = extents_.at(r);
      extent.largest = std::max(extent.largest, std::fabs(readings.at(r).value));
      if (reading->step) extent.step = std::min(extent.step.value_or(*reading->step * column.factor), *reading->step * column.factor);
    }
    const auto& [time, volts, amperes] = readings;
    if (std::fabs(time.value) > kMostSeconds) return invalid(fmt::format("a time of {:g} s is none", time.value));
    const Watts power{volts.value * amperes.value};
    if (!std::isfinite(power.value)) return invalid(fmt::format("{:g} V x {:g} A is no power", volts.value, amperes.value));
    const Nanoseconds at(std::llround(time.value * 1e9));
    if (!log_.samples.empty() && at < log_.samples.back().time)
      return invalid(fmt::format("time goes back from {:.6f} s to {:.6f} s", in_seconds(log_.samples.back().time), time.value));
    log_.samples.push_back({.time = at, .power = power});
    return {};
  }

  /// Of a column: its largest number, and its finest last digit (exporters leave out zeros at the end).
  struct Extent {
    double largest = 0;
    std::optional<double> step;
  };

  CsvReader rows_;
  Columns columns_;
  std::array<Extent, kRoles.size()> extents_;
  MonitorLog log_;
};

/// What the straight line between two samples says.
PowerSample interpolate(const PowerSample& a, const PowerSample& b, Nanoseconds time) {
  const double share = a.time == b.time ? 0 : in_seconds(time - a.time) / in_seconds(b.time - a.time);
  return {.time = time, .power = {a.power.value + share * (b.power.value - a.power.value)}};
}

}  // namespace

Result<MonitorLog> parse_monitor_log(std::string_view text) { return LogParser(text).run(); }

Nanoseconds usual_interval(const MonitorLog& log) {
  std::vector<Nanoseconds> intervals;
  for (std::size_t i = 1; i < log.samples.size(); ++i) {
    const Nanoseconds interval = log.samples[i].time - log.samples[i - 1].time;
    if (interval.count() > 0) intervals.push_back(interval);
  }
  if (intervals.empty()) return {};
  const auto middle = intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2);
  std::ranges::nth_element(intervals, middle);
  return *middle;
}

std::vector<LogGap> find_gaps(const MonitorLog& log) {
  constexpr int kUsualIntervals = 5;
  const Nanoseconds usual = usual_interval(log);
  std::vector<LogGap> gaps;
  for (std::size_t i = 1; i < log.samples.size(); ++i) {
    const LogGap between{.begin = log.samples[i - 1].time, .end = log.samples[i].time};
    if ((between.end - between.begin) / kUsualIntervals > usual) gaps.push_back(between);  // a product might overflow
  }
  return gaps;
}

Result<EnergyReading> energy_between(const MonitorLog& log, Nanoseconds begin, Nanoseconds end) {
  MOSAIC_CHECK(begin < end);
  const auto& all = log.samples;
  if (begin < all.front().time || end > all.back().time) {
    return invalid(
        fmt::format("it holds {:.6f} s to {:.6f} s, not the window from {:.6f} s to {:.6f} s: see that the monitor runs all the while, and "
                    "give '@SECONDS' behind the file's name: what is to be added to its times to make them seconds since 1970",
                    in_seconds(all.front().time), in_seconds(all.back().time), in_seconds(begin), in_seconds(end)));
  }
  for (const LogGap& gap : find_gaps(log)) {
    if (gap.end <= begin || gap.begin >= end) continue;
    return invalid(
        fmt::format("it has a gap from {:.6f} s to {:.6f} s, {:.3g} ms without samples, in the window: what was used then is not known; "
                    "measure again",
                    in_seconds(gap.begin), in_seconds(gap.end), 1e3 * in_seconds(gap.end - gap.begin)));
  }
  const auto first = std::ranges::upper_bound(all, begin, {}, &PowerSample::time);  // the first behind the beginning
  const auto last = std::ranges::lower_bound(all, end, {}, &PowerSample::time);     // the first not before the end
  std::vector<PowerSample> inside{first == all.end() ? all.back() : interpolate(*(first - 1), *first, begin)};
  if (first < last) inside.insert(inside.end(), first, last);
  inside.push_back(last == all.begin() ? all.front() : interpolate(*(last - 1), *last, end));
  EnergyReading reading{.kind = MeterKind::kVoltsTimesAmperes, .energy = trapezoid(inside)};
  reading.error = trapezoid_error(inside, log.step, usual_interval(log));
  reading.window = end - begin;
  reading.samples = inside.size();
  return reading;
}

}  // namespace mosaic
