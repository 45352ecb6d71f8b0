#include "mosaic/power/log_meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "mosaic/base/file.h"
#include "mosaic/power/monitor_log.h"

namespace mosaic {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::milliseconds kBetweenReads{500};

/// A file and what is to be added to its times.
struct Source {
  std::string file;
  Nanoseconds offset{};
};

std::optional<Nanoseconds> parse_seconds(std::string_view text) {
  double seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || !(std::fabs(seconds) < 4e9)) return std::nullopt;
  return Nanoseconds(std::llround(seconds * 1e9));
}

/// What follows the last '@' is the offset if it is a number: file names may have one, too.
Source parse_source(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos) return {.file = text};
  const auto offset = parse_seconds(std::string_view(text).substr(at + 1));
  return offset ? Source{.file = text.substr(0, at), .offset = *offset} : Source{.file = text};
}

Result<MonitorLog> read_log(const Source& source) {
  MOSAIC_TRY(const std::string text, read_file(source.file));
  // A line that the monitor is still writing is left for the next time.
  auto log = parse_monitor_log(std::string_view(text).substr(0, text.rfind('\n') + 1));
  if (!log) return within(source.file, log.error());
  return log;
}

class LogMeter final : public Meter {
 public:
  LogMeter(MeterInfo info, Source source, std::shared_ptr<Timekeeper> time)
      : info_(std::move(info)), source_(std::move(source)), time_(std::move(time)) {}

  const MeterInfo& info() const override { return info_; }

  Result<void> start() override {
    begin_ = time_->unix_time() - source_.offset;
    return {};
  }

  Result<EnergyReading> stop() override {
    const Nanoseconds end = std::max(time_->unix_time() - source_.offset, begin_ + Nanoseconds(1));
    MOSAIC_TRY(MonitorLog log, read_log(source_));
    // A monitor may write every few seconds, so that its log ends before the window begins; one that has ended for good lies further back.
    Nanoseconds patience = time_->now() + kPatience;
    while (log.samples.back().time < end && log.samples.back().time + kPatience >= begin_ && time_->now() < patience) {
      time_->sleep_until(time_->now() + kBetweenReads, {});
      const Nanoseconds before = log.samples.back().time;
      MOSAIC_TRY(log, read_log(source_));
      if (log.samples.back().time > before) patience = time_->now() + kPatience;
    }
    auto reading = energy_between(log, begin_, end);
    if (!reading) return within(source_.file, reading.error());
    reading->meter = info_.name;
    return reading;
  }

 private:
  const MeterInfo info_;
  const Source source_;
  const std::shared_ptr<Timekeeper> time_;
  Nanoseconds begin_{};
};

}  // namespace

Result<std::unique_ptr<Meter>> open_log_meter(const std::string& text, std::shared_ptr<Timekeeper> time) {
  Source source = parse_source(text);
  MOSAIC_TRY(const MonitorLog log, read_log(source));
  MeterInfo info{.name = "log:" + source.file,
                 .kind = MeterKind::kVoltsTimesAmperes,
                 .covers = "what the external monitor feeds",
                 .resolution = log.step,
                 .interval = usual_interval(log)};
  return std::make_unique<LogMeter>(std::move(info), std::move(source), std::move(time));
}

}  // namespace mosaic
