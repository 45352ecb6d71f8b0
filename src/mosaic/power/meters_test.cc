// Meters on fake machines: what is found, what is taken, and what it measures.

#include "mosaic/power/meters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fake_machine.h"
#include "tests/manual_time.h"

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::error_of;
using test::expect;
using test::FakeMachine;
using test::ManualTime;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> names_of(const std::vector<FoundMeter>& meters) {
  std::vector<std::string> names;
  for (const FoundMeter& each : meters) names.push_back(each.info.name);
  return names;
}

const FoundMeter& meter_of(const std::vector<FoundMeter>& meters, const std::string& name) {
  return *std::ranges::find(meters, name, [](const FoundMeter& each) { return each.info.name; });
}

/// A meter of a fake machine and the time it goes by.
class Measurement {
 public:
  Measurement(const FakeMachine& machine, const std::string& name) : meter_(expect(open_meter(name, machine.sysfs(), time_))) {}

  [[nodiscard]] ManualTime& time() const { return *time_; }
  [[nodiscard]] Meter& meter() const { return *meter_; }

 private:
  std::shared_ptr<ManualTime> time_ = std::make_shared<ManualTime>();
  std::unique_ptr<Meter> meter_;
};

TEST(FindMeters, FindsNothingWhereThereIsNothing) {
  const FakeMachine machine;
  EXPECT_THAT(find_meters(machine.sysfs()), IsEmpty());
  EXPECT_EQ(expect(open_meter("auto", machine.sysfs())), nullptr);
  EXPECT_EQ(expect(open_meter("none", machine.sysfs())), nullptr);
  EXPECT_THAT(error_of(open_meter("powercap", machine.sysfs())), AllOf(HasSubstr("no meter 'powercap'"), HasSubstr("auto, none, log:FILE.csv")));
}

/// Two packages, one with cores and memory, the other as a second driver shows it, and the platform around them.
void add_processor(const FakeMachine& machine) {
  machine.add_zone("intel-rapl:0", "package-0", 1'000'000);
  machine.add_zone("intel-rapl:0:0", "core", 500'000);
  machine.add_zone("intel-rapl:0:1", "dram", 200'000);
  machine.add_zone("intel-rapl:1", "psys", 9'000'000);
  machine.add_zone("intel-rapl-mmio:0", "package-0", 1'000'000);
  machine.write("sys/class/powercap/intel-rapl/enabled", "1\n");
}

TEST(Powercap, OffersZonesByNameAndTheirSum) {
  const FakeMachine machine;
  add_processor(machine);
  const auto meters = find_meters(machine.sysfs());
  EXPECT_THAT(names_of(meters), ElementsAre("powercap", "powercap:core", "powercap:dram", "powercap:package-0", "powercap:psys"));
  EXPECT_EQ(meters[0].info.covers, "the processor: package-0 + dram; not the board around it");
}

// In 2 s the package uses 30 J, the memory 4 J; the cores' 20 J are among the package's, the platform holds both. Error: 2 x 61 uJ steps are nothing
// beside 17 W x 1 ms: 2 * 0.017 / sqrt 6 = 13.9 mJ.
TEST(Powercap, AddsPackagesAndMemoryAndNothingTwice) {
  const FakeMachine machine;
  add_processor(machine);
  const Measurement measurement(machine, "powercap");
  expect(measurement.meter().start());
  machine.count("intel-rapl:0", 31'000'000);
  machine.count("intel-rapl:0:0", 20'500'000);
  machine.count("intel-rapl:0:1", 4'200'000);
  machine.count("intel-rapl:1", 90'000'000);
  machine.count("intel-rapl-mmio:0", 31'000'000);
  measurement.time().advance(seconds(2));
  const EnergyReading reading = expect(measurement.meter().stop());
  EXPECT_DOUBLE_EQ(reading.energy.value, 34);
  EXPECT_EQ(reading.window, seconds(2));
  EXPECT_EQ(reading.kind, MeterKind::kEnergyCounter);
  EXPECT_EQ(reading.meter, "powercap");
  EXPECT_NEAR(reading.error.value, 0.01388, 1e-5);
}

TEST(Powercap, CountsOnWhereTheCounterWraps) {
  const FakeMachine machine;
  machine.add_zone("intel-rapl:0", "package-0", 900'000, 1'000'000);
  const Measurement measurement(machine, "powercap:package-0");
  expect(measurement.meter().start());
  machine.count("intel-rapl:0", 50'000);
  measurement.time().advance(seconds(1));
  EXPECT_DOUBLE_EQ(expect(measurement.meter().stop()).energy.value, 0.15);
}

// 0.7 J every 10 s on a counter that holds 1 J: it wraps four times in a minute, and is looked at often enough to see it.
TEST(Powercap, CountsOnWhereItWrapsMoreThanOnce) {
  const FakeMachine machine;
  machine.add_zone("intel-rapl:0", "package-0", 0, 1'000'000);
  const Measurement measurement(machine, "powercap");
  std::int64_t used = 0;
  measurement.time().on_tick = [&](Nanoseconds now) {
    used = 70'000 * (now / seconds(1));
    machine.count("intel-rapl:0", used % 1'000'000);
  };
  expect(measurement.meter().start());
  measurement.time().advance(seconds(60));
  EXPECT_NEAR(expect(measurement.meter().stop()).energy.value, 4.2, 1e-9);
}

TEST(Powercap, SaysSoWhereAZoneVanishesInTheMiddle) {
  const FakeMachine machine;
  add_processor(machine);
  const Measurement measurement(machine, "powercap");
  expect(measurement.meter().start());
  measurement.time().advance(seconds(3));
  machine.remove("sys/class/powercap/intel-rapl:0:1");
  measurement.time().advance(seconds(9));
  const auto reading = measurement.meter().stop();
  EXPECT_THAT(error_of(reading), AllOf(HasSubstr("meter powercap"), HasSubstr("intel-rapl:0:1/energy_uj"), HasSubstr("10 s after the window began")));
  EXPECT_EQ(reading.error().code, ErrorCode::kDevice);
}

TEST(Powercap, RefusesACounterBeyondItsRange) {
  const FakeMachine machine;
  machine.add_zone("intel-rapl:0", "package-0", 2'000'000, 1'000'000);
  const Measurement measurement(machine, "powercap");
  EXPECT_THAT(error_of(measurement.meter().start()), HasSubstr("beyond its range of 1000000 uJ"));
}

TEST(Powercap, SaysWhyItCannotBeRead) {
  const FakeMachine machine;
  machine.add_zone("intel-rapl:0", "package-0", 0);
  machine.remove("sys/class/powercap/intel-rapl:0/energy_uj");
  std::filesystem::create_directories(machine.sysfs().path("sys/class/powercap/intel-rapl:0/energy_uj"));
  const auto meters = find_meters(machine.sysfs());
  ASSERT_EQ(meters.size(), 2U);
  EXPECT_THAT(meters[0].problem.value_or(""), HasSubstr("energy_uj"));
  EXPECT_FALSE(best_meter(meters).has_value());
  EXPECT_THAT(error_of(open_meter("powercap", machine.sysfs())), HasSubstr("energy_uj"));
}

constexpr const char* kIna = "sys/class/hwmon/hwmon3/";

/// A Jetson's INA3221: the board's input at 5 V and the CPU's share; voltages over its resistors besides.
void add_ina3221(const FakeMachine& machine) {
  const std::string folder = kIna;
  machine.write(folder + "name", "ina3221\n");
  machine.write(folder + "update_interval", "20\n");
  for (const auto& [n, label, volts, amperes] :
       {std::tuple("1", "VDD_IN", "5000", "800"), std::tuple("2", "VDD_CPU_GPU_CV", "5000", "300"), std::tuple("3", "VDD_SOC", "5000", "200")}) {
    machine.write(folder + "in" + n + "_label", std::string(label) + "\n");
    machine.write(folder + "in" + n + "_input", std::string(volts) + "\n");
    machine.write(folder + "curr" + n + "_input", std::string(amperes) + "\n");
  }
  machine.write(folder + "in7_label", "sum of shunt voltages\n");
  machine.write(folder + "in7_input", "10\n");
  machine.write(folder + "curr7_input", "10\n");
}

TEST(Hwmon, PairsVoltageAndCurrentOfAChannel) {
  const FakeMachine machine;
  add_ina3221(machine);
  const auto meters = find_meters(machine.sysfs());
  EXPECT_THAT(names_of(meters), ElementsAre("hwmon:ina3221/VDD_IN", "hwmon:ina3221/VDD_CPU_GPU_CV", "hwmon:ina3221/VDD_SOC"));
  EXPECT_EQ(meters[0].info.kind, MeterKind::kVoltsTimesAmperes);
  EXPECT_EQ(meters[0].info.interval, milliseconds(20));
  // A millivolt at 0.8 A and a milliampere at 5 V: 0.8 mW + 5 mW.
  EXPECT_NEAR(std::get<Watts>(meters[0].info.resolution).value, 5.8e-3, 1e-9);
}

// 4 W for a second; then the current falls along a straight line to a half between two samples, 20 ms apart: 3 W on average; then 2 W to 2 s.
TEST(Hwmon, IntegratesVoltsTimesAmperes) {
  const FakeMachine machine;
  add_ina3221(machine);
  const Measurement measurement(machine, "hwmon:ina3221/VDD_IN");
  measurement.time().on_tick = [&](Nanoseconds now) {
    if (now > seconds(1)) machine.write(std::string(kIna) + "curr1_input", "400\n");
  };
  expect(measurement.meter().start());
  measurement.time().advance(seconds(2));
  const EnergyReading reading = expect(measurement.meter().stop());
  EXPECT_NEAR(reading.energy.value, 4 * 1.0 + 3 * 0.02 + 2 * 0.98, 1e-9);
  EXPECT_GE(reading.samples, 101U);
  EXPECT_GT(reading.relative_error(), 0);
}

TEST(Hwmon, AddsChannelsOnRequestAlone) {
  const FakeMachine machine;
  add_ina3221(machine);
  const Measurement measurement(machine, "hwmon:ina3221/VDD_CPU_GPU_CV+VDD_SOC");
  expect(measurement.meter().start());
  measurement.time().advance(seconds(1));
  EXPECT_NEAR(expect(measurement.meter().stop()).energy.value, 2.5, 1e-9);  // 5 V x (0.3 A + 0.2 A) x 1 s
  EXPECT_THAT(error_of(open_meter("hwmon:ina3221", machine.sysfs())), HasSubstr("several channels"));
  EXPECT_THAT(error_of(open_meter("hwmon:ina3221/VDD", machine.sysfs())), AllOf(HasSubstr("'ina3221/VDD'"), HasSubstr("hwmon:ina3221/VDD_SOC")));
  EXPECT_THAT(error_of(open_meter("hwmon:ina9", machine.sysfs())), HasSubstr("no chip 'ina9'"));
}

TEST(Hwmon, TakesPowerWhereAChipShowsIt) {
  const FakeMachine machine;
  machine.write("sys/class/hwmon/hwmon0/name", "ina226\n");
  machine.write("sys/class/hwmon/hwmon0/in1_input", "5000\n");
  machine.write("sys/class/hwmon/hwmon0/curr1_input", "800\n");
  machine.write("sys/class/hwmon/hwmon0/power1_input", "3900000\n");
  const Measurement measurement(machine, "hwmon:ina226");
  EXPECT_EQ(measurement.meter().info().name, "hwmon:ina226/power1");
  expect(measurement.meter().start());
  measurement.time().advance(milliseconds(500));
  const EnergyReading reading = expect(measurement.meter().stop());
  EXPECT_EQ(reading.kind, MeterKind::kPower);
  EXPECT_NEAR(reading.energy.value, 1.95, 1e-9);
}

TEST(Hwmon, ReadsCountersOfEnergy) {
  const FakeMachine machine;
  machine.write("sys/class/hwmon/hwmon0/name", "amd_energy\n");
  machine.write("sys/class/hwmon/hwmon0/energy1_label", "Esocket0\n");
  machine.write("sys/class/hwmon/hwmon0/energy1_input", "7000000\n");
  const Measurement measurement(machine, "hwmon:amd_energy/Esocket0");
  expect(measurement.meter().start());
  machine.write("sys/class/hwmon/hwmon0/energy1_input", "8500000\n");
  measurement.time().advance(seconds(1));
  EXPECT_NEAR(expect(measurement.meter().stop()).energy.value, 1.5, 1e-9);
  expect(measurement.meter().start());
  machine.write("sys/class/hwmon/hwmon0/energy1_input", "12\n");
  measurement.time().advance(seconds(1));
  EXPECT_THAT(error_of(measurement.meter().stop()), HasSubstr("went back"));
}

// As on boards with more rails than one chip has channels: 1 W + 1 W.
TEST(Hwmon, AddsChannelsOfSeveralChips) {
  const FakeMachine machine;
  for (const char* chip : {"hwmon2", "hwmon3"}) {
    machine.write(std::string("sys/class/hwmon/") + chip + "/name", "ina3221\n");
    machine.write(std::string("sys/class/hwmon/") + chip + "/power1_label", chip == std::string("hwmon2") ? "CPU\n" : "SYS5V\n");
    machine.write(std::string("sys/class/hwmon/") + chip + "/power1_input", "1000000\n");
  }
  const Measurement measurement(machine, "hwmon:ina3221@hwmon2/CPU+ina3221@hwmon3/SYS5V");
  expect(measurement.meter().start());
  measurement.time().advance(seconds(1));
  EXPECT_NEAR(expect(measurement.meter().stop()).energy.value, 2, 1e-9);
}

TEST(Hwmon, TellsChipsOfOneNameApart) {
  const FakeMachine machine;
  for (const char* chip : {"hwmon2", "hwmon10"}) {
    machine.write(std::string("sys/class/hwmon/") + chip + "/name", "ina226\n");
    machine.write(std::string("sys/class/hwmon/") + chip + "/power1_input", "1000000\n");
  }
  EXPECT_THAT(names_of(find_meters(machine.sysfs())), ElementsAre("hwmon:ina226@hwmon2/power1", "hwmon:ina226@hwmon10/power1"));
}

// The chip goes between two samples: no crash, and the time is told.
TEST(Hwmon, SaysSoWhereTheSensorVanishesInTheMiddle) {
  const FakeMachine machine;
  add_ina3221(machine);
  const Measurement measurement(machine, "hwmon:ina3221/VDD_IN");
  expect(measurement.meter().start());
  measurement.time().advance(milliseconds(90));
  machine.remove(kIna);
  measurement.time().advance(milliseconds(500));
  EXPECT_THAT(error_of(measurement.meter().stop()), AllOf(HasSubstr("in1_input"), HasSubstr("0.1 s after")));
  add_ina3221(machine);
  expect(measurement.meter().start());  // and it may come back
  measurement.time().advance(milliseconds(100));
  EXPECT_NEAR(expect(measurement.meter().stop()).energy.value, 0.4, 1e-9);
}

constexpr const char* kBattery = "sys/class/power_supply/BAT0/";

void add_battery(const FakeMachine& machine, const std::string& status = "Discharging") {
  const std::string folder = kBattery;
  machine.write(folder + "type", "Battery\n");
  machine.write(folder + "status", status + "\n");
  machine.write(folder + "voltage_now", "7600000\n");
  machine.write(folder + "current_now", "-500000\n");
  machine.write("sys/class/power_supply/AC/type", "Mains\n");
  machine.write("sys/class/power_supply/mouse/type", "Battery\n");
  machine.write("sys/class/power_supply/mouse/scope", "Device\n");
  machine.write("sys/class/power_supply/mouse/power_now", "1000\n");
}

TEST(Battery, MultipliesVoltageAndCurrentWhateverTheSign) {
  const FakeMachine machine;
  add_battery(machine);
  EXPECT_THAT(names_of(find_meters(machine.sysfs())), ElementsAre("battery:BAT0"));
  const Measurement measurement(machine, "battery");
  expect(measurement.meter().start());
  measurement.time().advance(seconds(10));
  const EnergyReading reading = expect(measurement.meter().stop());
  EXPECT_NEAR(reading.energy.value, 38, 1e-9);  // 7.6 V x 0.5 A x 10 s
  EXPECT_EQ(reading.meter, "battery:BAT0");
}

TEST(Battery, TakesPowerWhereItIsShown) {
  const FakeMachine machine;
  add_battery(machine);
  machine.write(std::string(kBattery) + "power_now", "4000000\n");
  const Measurement measurement(machine, "battery:BAT0");
  expect(measurement.meter().start());
  measurement.time().advance(seconds(3));
  EXPECT_NEAR(expect(measurement.meter().stop()).energy.value, 12, 1e-9);
}

TEST(Battery, SaysNothingWhileItCharges) {
  const FakeMachine machine;
  add_battery(machine, "Charging");
  const auto meters = find_meters(machine.sysfs());
  EXPECT_THAT(meter_of(meters, "battery:BAT0").problem.value_or(""), AllOf(HasSubstr("'Charging'"), HasSubstr("unplug")));
  EXPECT_EQ(expect(open_meter("auto", machine.sysfs())), nullptr);
}

TEST(Battery, NoticesAChargerInTheMiddle) {
  const FakeMachine machine;
  add_battery(machine);
  const Measurement measurement(machine, "battery");
  expect(measurement.meter().start());
  machine.write(std::string(kBattery) + "status", "Full\n");
  measurement.time().advance(seconds(2));
  EXPECT_THAT(error_of(measurement.meter().stop()), HasSubstr("'Full'"));
}

// The board's own input before the processor's counters, those before the battery; parts of a board never by themselves.
TEST(BestMeter, PrefersWhatCoversMost) {
  const FakeMachine machine;
  machine.write("sys/class/hwmon/hwmon0/name", "amdgpu\n");
  machine.write("sys/class/hwmon/hwmon0/power1_average", "5000000\n");
  const auto best = [&] {
    const auto info = best_meter(find_meters(machine.sysfs()));
    return info ? info->name : "none";
  };
  EXPECT_EQ(best(), "none");
  add_battery(machine);
  EXPECT_EQ(best(), "battery:BAT0");
  add_processor(machine);
  EXPECT_EQ(best(), "powercap");
  add_ina3221(machine);
  EXPECT_EQ(best(), "hwmon:ina3221/VDD_IN");
  EXPECT_EQ(expect(open_meter("auto", machine.sysfs()))->info().name, "hwmon:ina3221/VDD_IN");
}

}  // namespace
}  // namespace mosaic
