#include "mosaic/evaluation/xavier_nx/managing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/evaluation/xavier_nx/mobilenet.h"
#include "mosaic/manager/policies.h"
#include "mosaic/manager/simulate.h"

namespace mosaic::xavier_nx {
namespace {

using elastic::AdditiveScores;
using elastic::Candidate;
using manager::LevelTable;
using manager::Machine;
using manager::Scenario;

constexpr double kOnTime = 95;
constexpr Hertz kGpuFast{1'100'000'000};
constexpr Hertz kGpuSlow{803'000'000};
constexpr Hertz kCpuFast{1'400'000'000};
constexpr Hertz kCpuSlow{1'200'000'000};
constexpr int kAllCores = 4;

constexpr Nanoseconds milliseconds(std::int64_t count) { return Nanoseconds(count * 1'000'000); }

/// What all policies of a course are run on.
struct Stage {
  const Machine& machine;
  const LevelTable& table;
  Watts idle;
  const ManagingOptions& options;
};

/// Levels of both fronts, and all of the CPU's.
struct Fronts {
  std::vector<Level> gpu_levels;
  std::vector<Level> cpu_levels;
  std::vector<Level> cpu_front;
};

Result<Fronts> fronts_of(const std::filesystem::path& folder, std::size_t levels) {
  MOSAIC_TRY(const AdditiveScores gpu, read_scores(folder, "jetson_GPU"));
  MOSAIC_TRY(const AdditiveScores cpu, read_scores(folder, "jetson"));
  const std::vector<Candidate> front = elastic::exact_front(cpu);
  return Fronts{.gpu_levels = levels_of_front(elastic::levels_of(elastic::exact_front(gpu), levels), gpu, cpu, "gpu"),
                .cpu_levels = levels_of_front(elastic::levels_of(front, levels), gpu, cpu, "cpu"),
                .cpu_front = levels_of_front(front, gpu, cpu, "cpu")};
}

std::vector<Check> checks_of(const BoardModel& model, const Fronts& fronts) {
  const Published published;
  const Level& level = *std::ranges::min_element(
      fronts.cpu_front, {}, [&](const Level& each) { return std::abs((cpu_time(model, each, kCpuFast, kAllCores) - published.cpu).count()); });
  const double beside = 1 + (model.gpu_training - 1) * model.gpu_other;
  const Milliseconds gpu_fast = gpu_time(model, level, kGpuFast);
  const Milliseconds gpu_slow = gpu_time(model, level, kGpuSlow);
  const Milliseconds cpu_fast = cpu_time(model, level, kCpuFast, kAllCores);
  const Milliseconds cpu_slow = cpu_time(model, level, kCpuSlow, kAllCores);
  std::vector<Check> checks;
  const auto on_gpu = [&](const char* setting, Milliseconds is, Milliseconds predicted, const char* role) {
    checks.push_back({setting, is, predicted, published.gpu, gpu_fast, role});
  };
  const auto on_cpu = [&](const char* setting, Milliseconds is, Milliseconds predicted, const char* role) {
    checks.push_back({setting, is, predicted, published.cpu, cpu_fast, role});
  };
  on_gpu("GPU at 1.1 GHz", published.gpu, gpu_fast, "check: the sub-network that the CPU's figure picked");
  on_gpu("GPU at 803 MHz", published.gpu_slow, gpu_slow, "its ratio went in: the share of time that goes with the clock");
  on_gpu("GPU at 1.1 GHz, one other application", published.gpu_shared, gpu_fast * beside, "its ratio went in: what that application takes");
  on_gpu("GPU at 803 MHz, one other application", published.gpu_slow_shared, gpu_slow * beside, "check");
  on_cpu("CPU at 1.4 GHz", published.cpu, cpu_fast, "went in: picks the sub-network, of the CPU's front");
  on_cpu("CPU at 1.2 GHz", published.cpu_slow, cpu_slow, "check: more than one over the clock, which the model takes");
  on_cpu("CPU at 1.4 GHz, one other application", published.cpu_shared, cpu_fast * model.cpu_other, "its ratio went in");
  on_cpu("CPU at 1.2 GHz, one other application", published.cpu_slow_shared, cpu_slow * model.cpu_other, "check");
  const auto end = [&](const char* setting, Milliseconds is, Milliseconds predicted) {
    checks.push_back({setting, is, predicted, {}, {}, "one scale for both ends went in"});
  };
  end("fastest level, GPU", published.gpu_least, gpu_time(model, fronts.gpu_levels.front(), kGpuFast));
  end("slowest level, GPU", published.gpu_most, gpu_time(model, fronts.gpu_levels.back(), kGpuFast));
  end("fastest level, CPU", published.cpu_least, cpu_time(model, fronts.cpu_levels.front(), kCpuFast, kAllCores));
  end("slowest level, CPU", published.cpu_most, cpu_time(model, fronts.cpu_levels.back(), kCpuFast, kAllCores));
  return checks;
}

DynamicRange range_of(const std::string& knobs, const Machine& machine, const LevelTable& table,
                      const std::function<bool(const manager::Placement&)>& allowed) {
  double least_time = std::numeric_limits<double>::infinity();
  double most_time = 0;
  double least_energy = least_time;
  double most_energy = 0;
  for (const LevelTable::Level& level : table.levels) {
    for (std::size_t p = 0; p < machine.placements.size(); ++p) {
      if (!allowed(machine.placements[p])) continue;
      const auto time = static_cast<double>(level.costs[p]->latency.count());
      const double energy = level.costs[p]->energy.value;
      least_time = std::min(least_time, time), most_time = std::max(most_time, time);
      least_energy = std::min(least_energy, energy), most_energy = std::max(most_energy, energy);
    }
  }
  return {.knobs = knobs, .time = most_time / least_time, .energy = most_energy / least_energy, .published_time = {}, .published_energy = {}};
}

std::vector<DynamicRange> ranges_of(const Machine& machine, const LevelTable& table) {
  const manager::Units gpu = machine.domains[1].units;
  const std::size_t highest = machine.domains[1].levels.size();
  std::vector<DynamicRange> ranges;
  ranges.push_back(range_of("sub-network, on the GPU at its highest clock", machine, table,
                            [&](const manager::Placement& each) { return each.units == gpu && each.level_of(1) == highest; }));
  ranges.back().published_time = 2.73;
  ranges.back().published_energy = 2.36;
  ranges.push_back(range_of("and the GPU's clock", machine, table, [&](const manager::Placement& each) { return each.units == gpu; }));
  ranges.push_back(range_of("and devices, cores and their clocks", machine, table, [](const manager::Placement&) { return true; }));
  ranges.back().published_time = 41.6;
  ranges.back().published_energy = 10.6;
  return ranges;
}

manager::Tenant tenant(std::string name, int priority, Nanoseconds latency, Nanoseconds period, double floor) {
  return {.name = std::move(name),
          .family = {},
          .priority = priority,
          .targets = {.latency = latency, .accuracy_percent = floor, .energy = {}, .power = {}},
          .arrivals = {.kind = manager::Arrivals::Kind::kPeriodic, .period = period, .instants = {}}};
}

Scenario scenario(std::string name, manager::Prefer prefer, std::uint64_t seed) {
  return {.name = std::move(name),
          .board = {},
          .duration = milliseconds(120'000),
          .prefer = prefer,
          .seed = seed,
          .thermal = {},
          .tenants = {},
          .events = {}};
}

/// The demo's constraint and floor of accuracy; a training job on the GPU comes and goes twice.
Scenario figure_7(std::uint64_t seed) {
  Scenario made = scenario("figure_7", manager::Prefer::kAccuracy, seed);
  made.tenants = {tenant("camera", 0, milliseconds(60), milliseconds(75), 76)};
  for (const auto& [at, share] : {std::pair{20, 1.0}, {50, 0.0}, {70, 1.0}, {100, 0.0}})
    made.events.push_back({.at = milliseconds(std::int64_t{1000} * at), .change = manager::Load{.units = {"gpu"}, .share = share}});
  return made;
}

/// Requests have until the next one comes. A governor sees the mean load of whole periods, so that it does not take a pause for the end of all work.
Scenario governors(std::size_t applications, std::uint64_t seed) {
  Scenario made = scenario(applications == 1 ? "one_application" : "two_applications", manager::Prefer::kEnergy, seed);
  const Nanoseconds every = milliseconds(applications == 1 ? 150 : 200);
  made.period = 2 * every;
  made.tenants = {tenant("camera", 2, every, every, 76)};
  if (applications == 2) made.tenants.push_back(tenant("scan", 1, milliseconds(400), milliseconds(400), 74));
  return made;
}

Result<Managed> managed(const Stage& stage, const Scenario& scenario, const std::string& name) {
  MOSAIC_TRY(const manager::NamedPolicy named, manager::find_policy(name));
  const auto policy = manager::make_policy(named, stage.machine, {.prefer = scenario.prefer});
  const manager::World world{
      .noise = stage.options.noise, .idle = stage.idle, .relaunch = named.relaunches ? stage.options.relaunch : Nanoseconds{0}};
  const std::vector<LevelTable> tables(scenario.tenants.size(), stage.table);
  Managed result{.policy = named.name, .outcome = {}, .applications = {}, .requests = {}};
  MOSAIC_TRY(result.outcome, manager::simulate(stage.machine, scenario, tables, world, *policy));
  result.applications = manager::summaries(scenario, tables, result.outcome);
  for (const manager::Summary& each : result.applications) result.requests += each.energy;
  return result;
}

Result<Course> course(const Stage& stage, Scenario scenario, std::initializer_list<const char*> policies) {
  Course made{.scenario = std::move(scenario), .results = {}};
  for (const char* const each : policies) {
    MOSAIC_TRY(Managed result, managed(stage, made.scenario, each));
    made.results.push_back(std::move(result));
  }
  return made;
}

Result<std::vector<Sensitivity>> sensitivity_of(const BoardModel& model, const std::vector<Level>& levels, const ManagingOptions& options) {
  std::vector<Sensitivity> all;
  for (const std::size_t applications : {1U, 2U}) {
    for (const double times : {0.5, 1.0, 2.0}) {
      BoardModel other = model;
      other.working.value *= times;
      const Machine machine = xavier_machine(other);
      const LevelTable table = level_table(other, levels);
      MOSAIC_TRY(const Course made, course({.machine = machine, .table = table, .idle = other.idle, .options = options},
                                           governors(applications, options.seed), {"mosaic", "mosaic:hardware", "largest:schedutil"}));
      const double rival = made.of("largest:schedutil").requests.value;
      all.push_back({.applications = applications,
                     .working = other.working,
                     .ours_percent = 100 * (made.of("mosaic").requests.value / rival - 1),
                     .hardware_percent = 100 * (made.of("mosaic:hardware").requests.value / rival - 1)});
    }
  }
  return all;
}

}  // namespace

double Managed::on_time_percent() const {
  double least = 100;
  for (const manager::Summary& each : applications) least = std::min(least, each.on_time_percent());
  return least;
}

double Managed::proxy_percent() const {
  double sum = 0;
  std::size_t answered = 0;
  for (const manager::Summary& each : applications) {
    sum += each.accuracy_percent * static_cast<double>(each.requests - each.refused);
    answered += each.requests - each.refused;
  }
  return answered == 0 ? 0 : sum / static_cast<double>(answered);
}

const Managed& Course::of(std::string_view policy) const {
  const auto found = std::ranges::find(results, policy, &Managed::policy);
  MOSAIC_CHECK(found != results.end());
  return *found;
}

std::optional<std::string> ManagingEvaluation::failure() const {
  const auto late = [](const Course& each) -> std::optional<std::string> {
    const double ours = each.of("mosaic").on_time_percent();
    if (ours >= kOnTime || each.of("smallest:performance").on_time_percent() < kOnTime) return std::nullopt;
    return fmt::format("{}: ours is on time for {:.2f} % of requests, the smallest level for {:.0f} % and more", each.scenario.name, ours, kOnTime);
  };
  if (auto failed = late(figure_7)) return failed;
  for (const Course& each : governors) {
    if (auto failed = late(each)) return failed;
  }
  const double ours = figure_7.of("mosaic").proxy_percent();
  for (const Managed& each : figure_7.results) {
    if (!each.policy.starts_with("mosaic") && each.on_time_percent() >= kOnTime && each.proxy_percent() > ours)
      return fmt::format("figure_7: {} is on time with a mean accuracy of {:.3f} %, ours has {:.3f} %", each.policy, each.proxy_percent(), ours);
  }
  return std::nullopt;
}

Result<ManagingEvaluation> evaluate_managing(const std::filesystem::path& folder, const ManagingOptions& options) {
  MOSAIC_TRY(const Fronts fronts, fronts_of(folder, options.levels));
  ManagingEvaluation evaluation;
  evaluation.levels = fronts.gpu_levels;
  evaluation.model = fitted_model(fronts.gpu_levels, fronts.cpu_levels);
  evaluation.checks = checks_of(evaluation.model, fronts);
  const Machine machine = xavier_machine(evaluation.model);
  std::vector<Level> both = evaluation.levels;
  both.insert(both.end(), fronts.cpu_levels.begin(), fronts.cpu_levels.end());
  evaluation.ranges = ranges_of(machine, level_table(evaluation.model, both));
  const LevelTable table = level_table(evaluation.model, evaluation.levels);
  const Stage stage{.machine = machine, .table = table, .idle = evaluation.model.idle, .options = options};
  MOSAIC_TRY(evaluation.figure_7, course(stage, figure_7(options.seed),
                                         {"mosaic", "mosaic:level", "mosaic:hardware", "published", "published:relaunch", "largest", "smallest"}));
  for (const std::size_t applications : {1U, 2U}) {
    MOSAIC_TRY(Course made, course(stage, governors(applications, options.seed),
                                   {"mosaic", "mosaic:level", "mosaic:hardware", "largest:performance", "largest:powersave", "largest:ondemand",
                                    "largest:schedutil", "smallest:performance", "smallest:powersave", "smallest:ondemand", "smallest:schedutil"}));
    evaluation.governors.push_back(std::move(made));
  }
  MOSAIC_TRY(evaluation.sensitivity, sensitivity_of(evaluation.model, evaluation.levels, options));
  return evaluation;
}

}  // namespace mosaic::xavier_nx
