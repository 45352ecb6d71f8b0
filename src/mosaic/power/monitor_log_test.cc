#include "mosaic/power/monitor_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/base/random.h"
#include "mosaic/power/csv.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::error_of;
using test::expect;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string_view text) {
  CsvReader reader(text);
  Rows rows;
  for (std::vector<std::string> cells; reader.next(cells);) rows.push_back(cells);
  return rows;
}

TEST(CsvReader, PartsRowsIntoCells) {
  EXPECT_EQ(rows_of("a,b\n1, 2 \n"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(rows_of("a;b;c,d\r\n1;2"), (Rows{{"a", "b", "c,d"}, {"1", "2"}}));
  EXPECT_EQ(rows_of("a\tb\n\t2\n"), (Rows{{"a", "b"}, {"", "2"}}));
  EXPECT_EQ(rows_of("\xef\xbb\xbf# note\n\n a,b\n  \n1,2\n#end"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_THAT(rows_of(""), IsEmpty());
}

TEST(CsvReader, TakesQuotedCells) {
  EXPECT_EQ(rows_of("\"a,\"\"x\"\"\",b\n\"1\n2\",3\n"), (Rows{{"a,\"x\"", "b"}, {"1\n2", "3"}}));
  EXPECT_EQ(rows_of("a,\"never closed\n1"), (Rows{{"a", "never closed\n1"}}));
}

TEST(CsvReader, CountsLines) {
  CsvReader reader("# note\r\na,b\r\n\r\n\"1\r\n\",2\r\n3,4");
  std::vector<std::string> cells;
  std::vector<std::size_t> lines;
  while (reader.next(cells)) lines.push_back(reader.line());
  EXPECT_THAT(lines, ElementsAre(2U, 4U, 6U));
}

// 5 V at 0.2 A are 1 W, at 0.4 A they are 2 W. The last digits: 5 V x 0.1 A + 0.4 A x 0.1 V.
TEST(ParseMonitorLog, MultipliesVoltsAndAmperes) {
  const MonitorLog log = expect(parse_monitor_log("time,volts,amperes\n0,5.0,0.2\n0.5,5.0,0.4\n"));
  ASSERT_EQ(log.samples.size(), 2U);
  EXPECT_EQ(log.samples[1].time, milliseconds(500));
  EXPECT_DOUBLE_EQ(log.samples[0].power.value, 1);
  EXPECT_DOUBLE_EQ(log.samples[1].power.value, 2);
  EXPECT_NEAR(log.step.value, 0.54, 1e-12);
}

TEST(ParseMonitorLog, TellsColumnsByUnitsAndNames) {
  for (const char* header : {"Time (ms),Main (mA),Main Voltage (V)", "t_ms;I_mA;U_V", "\"Timestamp [ms]\",\"Current [mA]\",Vbus",
                             "time (ms),ibus [mA],volts", "elapsed ms\tmA\tOutput Voltage", "TIME (MS),i_ma,u"}) {
    const char separator = std::string_view(header).find(';') != std::string_view::npos    ? ';'
                           : std::string_view(header).find('\t') != std::string_view::npos ? '\t'
                                                                                           : ',';
    const std::string row = std::string("10") + separator + "250" + separator + "4\n";
    const auto log = parse_monitor_log(std::string(header) + "\n" + row + row);
    ASSERT_TRUE(log.has_value()) << header << ": " << log.error().message;
    EXPECT_EQ(log->samples[0].time, milliseconds(10)) << header;
    EXPECT_DOUBLE_EQ(log->samples[0].power.value, 1) << header;
  }
}

TEST(ParseMonitorLog, TakesMicroHoweverItIsWritten) {
  for (const char* unit : {"uA",
                           "\xc2\xb5"
                           "A",
                           "\xce\xbc"
                           "A"}) {
    const auto log = expect(parse_monitor_log(std::string("s,V,") + unit + "\n1,4,250000\n2,4,250000\n"));
    EXPECT_DOUBLE_EQ(log.samples[0].power.value, 1) << unit;
  }
}

TEST(ParseMonitorLog, TakesDecimalCommas) {
  const MonitorLog log = expect(parse_monitor_log("time;volts;amperes\r\n0,5;5,0;+0,25\r\n1,5;5,0;2,5e-1\r\n"));
  EXPECT_EQ(log.samples[0].time, milliseconds(500));
  EXPECT_DOUBLE_EQ(log.samples[1].power.value, 1.25);
}

TEST(ParseMonitorLog, NamesWhatIsWrong) {
  const std::string header = "time,volts,amperes\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "it is empty"},
      {"0,5,1\n1,5,1\n", "no column of time"},
      {"time,volts\n0,5\n", "no column of amperes"},
      {"time,volts,Main (mA),USB (mA)\n", "two columns of amperes: 'Main (mA)' and 'USB (mA)'"},
      {header + "0,5,1\n", "1 samples"},
      {header + "0,5,1\n0.1,5\n", "line 3: column 'amperes' is missing"},
      {header + "0,5,1\n0.1,five,1\n", "line 3: 'five' in column 'volts' is no number"},
      {header + "0,5,nan\n1,5,1\n", "'nan'"},
      {header + "1,5,1\n0.9,5,1\n", "line 3: time goes back from 1.000000 s to 0.900000 s"},
      {header + "0,1e200,1e200\n1,5,1\n", "is no power"},
      {header + "1e30,5,1\n", "a time of 1e+30 s"},
  };
  for (const auto& [text, said] : cases) EXPECT_THAT(error_of(parse_monitor_log(text)), HasSubstr(said)) << text;
}

/// A log at 5 kHz of `powers` for a second each.
MonitorLog steps_at_5_khz(const std::vector<double>& powers) {
  MonitorLog log;
  for (std::size_t i = 0; i <= 5000 * powers.size(); ++i)
    log.samples.push_back({.time = microseconds(200 * i), .power = {powers[std::min(i / 5000, powers.size() - 1)]}});
  return log;
}

// From 0.5 s to 2.25 s of 2 W, 6 W and 4 W: 1 J + 6 J + 1 J, and the straight lines that lead up to the steps, 0.2 ms of half of 4 W and of
// half of -2 W.
TEST(EnergyBetween, IntegratesAWindow) {
  const EnergyReading reading = expect(energy_between(steps_at_5_khz({2, 6, 4}), milliseconds(500), milliseconds(2250)));
  EXPECT_NEAR(reading.energy.value, 8 + 0.0002 * 2 - 0.0002 * 1, 1e-9);
  EXPECT_EQ(reading.window, milliseconds(1750));
  EXPECT_LT(reading.relative_error(), 0.01);
}

TEST(EnergyBetween, CutsBetweenSamples) {
  const MonitorLog log{.samples = {{seconds(0), {0}}, {seconds(1), {10}}}};  // 10 t: from 0.25 to 0.5 s that is 5 (0.25 - 0.0625)
  EXPECT_NEAR(expect(energy_between(log, milliseconds(250), milliseconds(500))).energy.value, 0.9375, 1e-12);
}

// However a window is parted, the parts add up.
TEST(EnergyBetween, AddsUpOverParts) {
  Random random(4);
  MonitorLog log;
  Nanoseconds time{};
  for (int i = 0; i < 400; ++i) {
    log.samples.push_back({.time = time, .power = {random.uniform(1, 9)}});
    time += Nanoseconds(random.below(3) * 100'000);
  }
  const Nanoseconds end = log.samples.back().time;
  const double whole = expect(energy_between(log, Nanoseconds(0), end)).energy.value;
  for (int i = 0; i < 50; ++i) {
    const Nanoseconds middle(1 + static_cast<std::int64_t>(random.below(static_cast<std::size_t>(end.count() - 2))));
    const double first = expect(energy_between(log, Nanoseconds(0), middle)).energy.value;
    EXPECT_NEAR(first + expect(energy_between(log, middle, end)).energy.value, whole, 1e-12);
  }
}

TEST(EnergyBetween, RefusesAWindowThatTheLogDoesNotHold) {
  const MonitorLog log = steps_at_5_khz({2});
  for (const auto& [begin, end] : {std::pair(-1, 500), std::pair(500, 1001), std::pair(2000, 3000)})
    EXPECT_THAT(error_of(energy_between(log, milliseconds(begin), milliseconds(end))),
                AllOf(HasSubstr("holds 0.000000 s to 1.000000 s"), HasSubstr("@SECONDS")));
}

// 5 kHz with 30 ms missing at 1 s: windows before and behind are good, those that touch it are not.
TEST(EnergyBetween, RefusesAGapInTheWindowAlone) {
  MonitorLog log = steps_at_5_khz({2, 2});
  std::erase_if(log.samples, [](const PowerSample& each) { return each.time > seconds(1) && each.time < milliseconds(1030); });
  ASSERT_EQ(find_gaps(log).size(), 1U);
  EXPECT_EQ(find_gaps(log)[0].begin, seconds(1));
  EXPECT_NEAR(expect(energy_between(log, Nanoseconds(0), milliseconds(999))).energy.value, 1.998, 1e-9);
  EXPECT_NEAR(expect(energy_between(log, milliseconds(1040), milliseconds(1900))).energy.value, 1.72, 1e-9);
  const auto gap = energy_between(log, milliseconds(900), milliseconds(1100));
  EXPECT_THAT(error_of(gap), AllOf(HasSubstr("gap from 1.000000 s to 1.030000 s"), HasSubstr("30 ms without samples")));
  EXPECT_FALSE(energy_between(log, milliseconds(1010), milliseconds(1020)).has_value());
}

// Times with three digits behind the point at 5 kHz: five samples of one moment each.
TEST(FindGaps, TakesTimesThatAreTooCoarse) {
  MonitorLog log;
  for (int i = 0; i < 5000; ++i) log.samples.push_back({.time = milliseconds(i / 5), .power = {3}});
  EXPECT_EQ(usual_interval(log), milliseconds(1));
  EXPECT_THAT(find_gaps(log), IsEmpty());
  EXPECT_NEAR(expect(energy_between(log, milliseconds(100), milliseconds(600))).energy.value, 1.5, 1e-9);
}

}  // namespace
}  // namespace mosaic
