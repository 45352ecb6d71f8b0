// Clocks and meters of a machine that a folder stands for, through the command line. Whatever happens, its files are as they were.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "mosaic/base/affinity.h"
#include "tests/end_to_end/tool.h"
#include "tests/fake_machine.h"

namespace mosaic {
namespace {

using test::Desk;
using test::FakeMachine;
using test::Outcome;
using test::Process;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kPower = "sys/class/hwmon/hwmon0/";

/// A board of one core at 600 or 1200 MHz, a network of two layers, and a plan that uses both clocks.
class Power : public testing::Test {
 protected:
  void SetUp() override {
    core_ = thread_cores().at(0);
    machine_.add_policy(0, {core_});
    machine_.add_devfreq();
    before_ = machine_.tree();
    desk_.save("net.onnx", test::conv_chain(2));
    desk_.write("board.yaml", "schema_version: 1\nname: clocked\ndevices:\n  - {name: cpu, kind: cpu, cores: [" + std::to_string(core_) +
                                  "], operating_points: [{cores: 1, clock: 600 MHz}, {cores: 1, clock: 1.2 GHz}]}\n");
    desk_.write("plan.json", test::plan_json({{"0", "cpu/1c@600MHz"}, {"1", "cpu/1c@1200MHz"}}).dump());
  }

  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return {{"MOSAIC_SYSFS", machine_.root().string()}, {"MOSAIC_STATE", (state_ / "state").string()}};
  }
  [[nodiscard]] Outcome run(const std::vector<std::string>& arguments) const { return desk_.run(arguments, environment()); }
  [[nodiscard]] test::Setting setting() const {
    test::Setting with = desk_.setting();
    for (const auto& [name, value] : environment()) with.environment[name] = value;
    return with;
  }
  [[nodiscard]] static std::vector<std::string> run_command(const std::string& repeat, const std::vector<std::string>& more = {}) {
    std::vector<std::string> command{"run", "net.onnx", "--board", "board.yaml", "--plan", "plan.json", "--repeat", repeat};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
  [[nodiscard]] std::string governor() const { return machine_.read(FakeMachine::policy(0) + "scaling_governor"); }

  /// 2 W that flow into the board.
  void add_meter() {
    machine_.write(std::string(kPower) + "name", "ina226\n");
    machine_.write(std::string(kPower) + "power1_label", "VDD_IN\n");
    machine_.write(std::string(kPower) + "power1_input", "2000000\n");
    before_ = machine_.tree();
  }

  /// 2 W at 100 Hz from 10 s ago on, for ten minutes, in Unix time; nothing between now and the end where there is a gap.
  void write_log(bool with_gap) const {
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    std::string log = "Time (s);Voltage (V);Current (mA)\r\n";
    for (int i = 0; i < 61000; ++i) {
      const double at = -10 + 0.01 * i;
      if (!with_gap || at < 0 || at > 599) log += fmt::format("{:.3f};5,000;400,0\r\n", now + at);
    }
    desk_.write("log.csv", log);
  }

  int core_ = 0;
  FakeMachine machine_;
  test::TemporaryFolder state_;
  std::map<std::string, std::string> before_;
  Desk desk_;
};

TEST_F(Power, IsShownWithTheDevices) {
  const Outcome without = run({"devices"});
  EXPECT_THAT(without.out, AllOf(HasSubstr("policy0"), HasSubstr("schedutil"), HasSubstr("408 600 816 1200 1800 MHz"), HasSubstr("ff9a0000.gpu"),
                                 HasSubstr("no meter: energy can only be modelled")));
  add_meter();
  EXPECT_THAT(run({"devices"}).out, AllOf(HasSubstr("hwmon:ina226/VDD_IN"), HasSubstr("taken by --meter auto"), Not(HasSubstr("no meter"))));
  const Json json = Json::parse(run({"devices", "--json"}).out);
  EXPECT_EQ(json.at("clocks").at(0).at("clocks_hz").at(3), 1'200'000'000);
  EXPECT_EQ(json.at("meters").at(0).at("name"), "hwmon:ina226/VDD_IN");
  EXPECT_EQ(json.at("meters").at(0).at("problem"), nullptr);
  desk_.write("toy.yaml", test::simulated_board_text());
  EXPECT_THAT(run({"devices", "--board", "toy.yaml"}).out, Not(HasSubstr("policy0")));
}

TEST_F(Power, IsLookedAtByTheDoctor) {
  add_meter();
  EXPECT_THAT(run({"doctor"}).out, AllOf(HasSubstr("policy0: governor 'schedutil'"), HasSubstr("hwmon:ina226/VDD_IN is readable")));
}

TEST_F(Power, ClocksArePutBackAfterARun) {
  const Outcome outcome = run(run_command("3", {"--check"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("outputs equal"), HasSubstr("energy: not measured: this machine has no meter")));
  EXPECT_EQ(machine_.tree(), before_);
  EXPECT_THAT(outcome.err, Not(HasSubstr("mosaic:")));
}

TEST_F(Power, ClocksArePutBackOnASignal) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Process process(run_command("100000000"), setting());
    ASSERT_TRUE(process.wait_for_error("running"));
    EXPECT_EQ(governor(), "userspace\n");
    process.send(signal);
    const Outcome outcome = process.wait();
    EXPECT_EQ(outcome.code, 130) << outcome.err;
    EXPECT_EQ(machine_.tree(), before_);
  }
}

TEST_F(Power, ClocksOfACrashArePutBackByTheNextCommand) {
  for (const auto& next : {std::vector<std::string>{"devices", "--restore-clocks"}, run_command("1"), std::vector<std::string>{"devices"}}) {
    Process process(run_command("100000000"), setting());
    ASSERT_TRUE(process.wait_for_error("running"));
    process.send(SIGKILL);
    EXPECT_EQ(process.wait().code, 128 + SIGKILL);
    EXPECT_EQ(governor(), "userspace\n");
    const Outcome outcome = run(next);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("put back the clocks of policy0"), HasSubstr("when it died")));
    EXPECT_EQ(machine_.tree(), before_);
  }
  EXPECT_THAT(run({"devices", "--restore-clocks"}).err, HasSubstr("no mosaic has left clocks"));
}

TEST_F(Power, ClocksOfALivingProcessAreLeftAlone) {
  Process process(run_command("100000000"), setting());
  ASSERT_TRUE(process.wait_for_error("running"));
  EXPECT_THAT(run({"devices", "--restore-clocks"}).err, HasSubstr("in the hands of process"));
  const Outcome second = run(run_command("1"));
  EXPECT_EQ(second.code, 3);
  EXPECT_THAT(second.err, HasSubstr("in the hands of process"));
  EXPECT_EQ(governor(), "userspace\n");
  process.interrupt();
  EXPECT_EQ(process.wait().code, 130);
  EXPECT_EQ(machine_.tree(), before_);
}

TEST_F(Power, AReadOnlyClockIsNamed) {
  machine_.link(FakeMachine::policy(0) + "scaling_max_freq", "/proc/sys/kernel/cap_last_cap");
  before_ = machine_.tree();
  const Outcome outcome = run(run_command("1"));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("policy0/scaling_max_freq"), HasSubstr("run as root"), HasSubstr("udev rule")));
  EXPECT_EQ(machine_.tree(), before_);
}

TEST_F(Power, AClockThatCannotBeChosenIsUndone) {
  const std::string file = FakeMachine::policy(0) + "scaling_setspeed";
  machine_.remove(file);
  std::filesystem::create_directories(machine_.sysfs().path(file));
  before_ = machine_.tree();
  const Outcome outcome = run(run_command("1"));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("scaling_setspeed"));
  EXPECT_EQ(machine_.tree(), before_);
}

TEST_F(Power, AClockThatAnotherProcessChangesEndsTheRun) {
  Process process(run_command("100000000"), setting());
  ASSERT_TRUE(process.wait_for_error("running"));
  machine_.replace(FakeMachine::policy(0) + "scaling_governor", "performance\n");
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("another process"));
  EXPECT_EQ(machine_.tree(), before_);
}

TEST_F(Power, AClockThatTheMachineLacksIsRefused) {
  machine_.remove("sys/devices/system/cpu/cpufreq");
  const Outcome outcome = run(run_command("1"));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("device 'cpu'"), HasSubstr("leave clocks out")));
}

TEST_F(Power, EnergyOfARunIsMeasured) {
  add_meter();
  const Outcome outcome = run(run_command("3", {"--json"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json energy = Json::parse(outcome.out).at("energy");
  EXPECT_EQ(energy.at("method"), "measured");
  EXPECT_EQ(energy.at("meter"), "hwmon:ina226/VDD_IN");
  // 2 W all the while: what a run used is 2 W times its share of the window, and nothing of it beyond the machine at rest.
  const double expected = 2000 * energy.at("window_s").get<double>() / energy.at("runs").get<double>();
  EXPECT_NEAR(energy.at("total_mj").get<double>(), expected, 0.01 * expected);
  EXPECT_NEAR(energy.at("net_mj").get<double>(), 0, 0.01 * expected);
  EXPECT_NEAR(energy.at("idle_mw").get<double>(), 2000, 1);
  const Outcome text = run(run_command("3"));
  EXPECT_THAT(text.out, AllOf(HasSubstr("no different from rest beyond the machine at rest"), Not(HasSubstr("e+")), Not(HasSubstr("-0.000"))));
  EXPECT_EQ(machine_.tree(), before_);
}

TEST_F(Power, ASensorThatVanishesIsAnError) {
  add_meter();
  Process process(run_command("3", {"--meter", "hwmon:ina226/VDD_IN"}), setting());
  ASSERT_TRUE(process.wait_for_error("measuring energy"));
  machine_.remove(kPower);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("meter hwmon:ina226/VDD_IN"), HasSubstr("power1_input")));
  add_meter();
  EXPECT_EQ(machine_.tree(), before_);
}

TEST_F(Power, TheLogOfAMonitorIsAMeter) {
  write_log(false);
  const Outcome outcome = run({"run", "net.onnx", "--board", "board.yaml", "--plan", "plan.json", "--meter", "log:log.csv", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json energy = Json::parse(outcome.out).at("energy");
  EXPECT_EQ(energy.at("meter"), "log:log.csv");
  EXPECT_EQ(energy.at("kind"), "volts x amperes");
  EXPECT_NEAR(energy.at("idle_mw").get<double>(), 2000, 1);
  EXPECT_EQ(machine_.tree(), before_);
}

TEST_F(Power, ALogWithAGapInTheWindowIsRefused) {
  write_log(true);
  const Outcome outcome = run(run_command("3", {"--meter", "log:log.csv"}));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("log.csv: it has a gap from"), HasSubstr("in the window")));
  EXPECT_EQ(machine_.tree(), before_);
}

TEST_F(Power, AProfileWithAMeterTellsThePlanItsEnergy) {
  add_meter();
  const Outcome profile = run({"profile", "net.onnx", "--board", "board.yaml", "-o", "p.json", "--repetitions", "5", "--accept-noise"});
  ASSERT_EQ(profile.code, 0) << profile.err;
  EXPECT_THAT(profile.out, AllOf(HasSubstr(" 2 W"), HasSubstr("measured by hwmon:ina226/VDD_IN while the whole model ran again and again")));
  const Outcome plan = run({"plan", "net.onnx", "--board", "board.yaml", "-p", "p.json", "--objective", "energy", "--accept-noise", "--json"});
  ASSERT_EQ(plan.code, 0) << plan.err;
  const Json prediction = Json::parse(plan.out).at("prediction");
  EXPECT_EQ(prediction.at("energy_source"), "modelled: time x power, power measured by hwmon:ina226/VDD_IN");
  EXPECT_NEAR(prediction.at("energy_uj").get<double>(), 2 * prediction.at("latency_us").get<double>(), 0.01);  // 2 W all the time
  const Outcome front = run({"plan", "net.onnx", "--board", "board.yaml", "-p", "p.json", "--pareto", "--accept-noise"});
  EXPECT_THAT(front.out, HasSubstr("energy modelled: time x power, power measured by hwmon:ina226/VDD_IN"));
  EXPECT_EQ(machine_.tree(), before_);
}

// Each layer is much faster at a clock of its own, as a profile is made to say, so that the plan changes clocks: it pays for that.
TEST_F(Power, APlanPaysForTheClocksThatItChanges) {
  ASSERT_EQ(run({"profile", "net.onnx", "--board", "board.yaml", "-o", "p.json", "--repetitions", "3", "--accept-noise"}).code, 0);
  EXPECT_EQ(machine_.tree(), before_);
  Json profile = Json::parse(desk_.read("p.json"));
  const Json& clock = profile.at("clock_changes").at(0);
  EXPECT_EQ(clock.at("domain"), "policy0");
  ASSERT_EQ(clock.at("changes").size(), 2U);
  EXPECT_EQ(clock.at("changes").at(0).at("from_hz"), 600'000'000);
  EXPECT_EQ(clock.at("changes").at(0).at("to_hz"), 1'200'000'000);
  for (const char* list : {"slices", "wholes"}) {
    for (Json& slice : profile.at(list)) {
      const bool slow = slice.at("configuration") == "cpu/1c@600MHz" ? slice.at("end") == 2 : slice.at("begin") == 0;
      for (Json& sample : slice.at("us")) sample = slow ? 900'000.0 : 100'000.0;
    }
  }
  desk_.write("p.json", profile.dump());
  const Outcome plan = run({"plan", "net.onnx", "--board", "board.yaml", "-p", "p.json", "--margin", "0", "--accept-noise", "--json"});
  ASSERT_EQ(plan.code, 0) << plan.err;
  const Json steps = Json::parse(plan.out).at("steps");
  ASSERT_EQ(steps.size(), 2U) << plan.out;
  for (const Json& step : steps) EXPECT_GT(step.at("predicted").at("clocks_us").get<double>(), 0) << "from the end of a run to the next, too";
}

TEST_F(Power, WithoutAMeterThePowersOfTheBoardFileAreSaidToBeModelled) {
  const std::string cpu = "schema_version: 1\nname: stated\ndevices:\n  - {name: cpu, kind: cpu, cores: [" + std::to_string(core_) +
                          "], operating_points: [{cores: 1, power: 4}]}\n";
  desk_.write("stated.yaml", cpu);
  ASSERT_EQ(run({"profile", "net.onnx", "--board", "stated.yaml", "-o", "p.json", "--repetitions", "5", "--accept-noise"}).code, 0);
  const Outcome plan =
      run({"plan", "net.onnx", "--board", "stated.yaml", "-p", "p.json", "--objective", "energy", "--accept-noise", "-o", "made.json"});
  EXPECT_THAT(plan.out, HasSubstr("energy modelled: time x power, power from the board file")) << plan.err;
  const Outcome text = run({"run", "net.onnx", "--board", "stated.yaml", "--plan", "made.json", "--repeat", "3"});
  EXPECT_THAT(text.out, HasSubstr("modelled from the powers in the board file, not measured: this machine has no meter")) << text.err;
  const Outcome json = run({"run", "net.onnx", "--board", "stated.yaml", "--plan", "made.json", "--repeat", "3", "--json"});
  const Json energy = Json::parse(json.out).at("energy");
  EXPECT_EQ(energy.at("method"), "modelled");
  EXPECT_GT(energy.at("total_mj").get<double>(), 0);
}

TEST_F(Power, NothingThatTellsEnergyIsAnErrorWithTheWayOut) {
  ASSERT_EQ(run({"profile", "net.onnx", "--board", "board.yaml", "-o", "p.json", "--repetitions", "5", "--accept-noise"}).code, 0);
  const Outcome plan = run({"plan", "net.onnx", "--board", "board.yaml", "-p", "p.json", "--objective", "energy", "--accept-noise"});
  EXPECT_NE(plan.code, 0);
  EXPECT_THAT(plan.err, AllOf(HasSubstr("mosaic profile --meter"), HasSubstr("give every operating point in the board file its power")));
}

TEST_F(Power, UnknownMetersAreRefusedBeforeAnythingIsMeasured) {
  for (const auto& [meter, said] : {std::pair("powercap", "there is no meter 'powercap'"), std::pair("log:none.csv", "none.csv")}) {
    const Outcome outcome = run({"run", "net.onnx", "--meter", meter});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(said));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST_F(Power, BenchNamesTheMeterOrWhyThereIsNone) {
  desk_.write("toy.yaml", test::simulated_board_text());
  EXPECT_THAT(run({"bench", "net.onnx", "--board", "toy.yaml", "--runs", "5"}).out, HasSubstr("energy: not measured: the board is simulated"));
  EXPECT_EQ(run({"bench", "net.onnx", "--board", "toy.yaml", "--runs", "5", "--meter", "battery"}).code, 2);
}

}  // namespace
}  // namespace mosaic
