#include "switching.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

#include "mosaic/backend/ort/evaluator.h"
#include "mosaic/backend/ort/reference.h"
#include "mosaic/base/affinity.h"
#include "mosaic/base/file.h"
#include "mosaic/base/random.h"
#include "mosaic/base/statistics.h"
#include "mosaic/input/resize.h"
#include "mosaic/serving/family_levels.h"
#include "mosaic/serving/load_maker.h"

namespace mosaic::evaluate {
namespace {

constexpr int kWarmRuns = 5;
constexpr int kSteadyRuns = 30;
constexpr int kSwitchesEach = 30;  ///< timed, from each level to each other one

/// Resident memory of this process. Source: proc(5), /proc/self/statm.
std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

/// The family's file, or one with a single variant of it beside nothing else.
Result<std::filesystem::path> family_file(const SwitchSetting& setting, const std::filesystem::path& scratch) {
  if (setting.only.empty()) return setting.family;
  MOSAIC_TRY(Family family, read_family(std::filesystem::absolute(setting.family)));
  std::erase_if(family.variants, [&](const Variant& each) { return each.name != setting.only; });
  if (family.variants.empty()) return invalid(fmt::format("{} has no variant '{}'", setting.family, setting.only));
  MOSAIC_RETURN_IF_ERROR(write_file(scratch, format_family(family, scratch.parent_path())));
  return scratch;
}

/// Runs a level and says how long that took, with the resizing.
Result<double> timed(const FamilyLevels& levels, const manager::Operation& operation, const std::vector<Tensor>& inputs,
                     std::vector<Tensor>& outputs) {
  const auto begin = std::chrono::steady_clock::now();
  MOSAIC_TRY(const RunReport report, levels.run(operation, pointers(inputs), outputs));
  (void)report;
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

/// Outputs of each level by a plain session on its file.
Result<std::vector<std::vector<Tensor>>> expected_outputs(const FamilyLevels& levels, const std::vector<Tensor>& inputs) {
  std::vector<std::vector<Tensor>> expected;
  for (const Variant& each : levels.family().variants) {
    MOSAIC_TRY(const Graph own, read_graph(each.model, {}));
    Tensor input(ElementType::kFloat32, *own.tensor(own.inputs.front()).shape);
    MOSAIC_RETURN_IF_ERROR(resize_planes(inputs.front(), input));
    MOSAIC_TRY(const auto session, ort::Reference::open(each.model, {.threads = 1, .spin = false}));
    MOSAIC_RETURN_IF_ERROR(session->bind({&input}));
    MOSAIC_TRY(const Nanoseconds time, session->run());
    (void)time;
    MOSAIC_TRY(expected.emplace_back(), session->results());
  }
  return expected;
}

/// First requests on a level after `before` ran, over the steady median.
Result<Json> switch_times(const FamilyLevels& levels, const std::vector<Tensor>& inputs, double rest_seconds) {
  Json rows = Json::array();
  std::vector<Tensor> outputs;
  const std::size_t count = levels.family().variants.size();
  const ScopedPin pin(levels.machine().seats.front().first());
  std::vector<double> steady(count);
  for (std::size_t level = 0; level < count; ++level) {
    std::vector<double> times;
    for (int run = 0; run < kWarmRuns + kSteadyRuns; ++run) {
      MOSAIC_TRY(const double time, timed(levels, {.level = level, .placement = 0}, inputs, outputs));
      if (run >= kWarmRuns) times.push_back(time);
    }
    steady[level] = median(times);
  }
  for (std::size_t level = 0; level < count; ++level) {
    std::vector<double> first;
    for (std::size_t before = 0; before < count && count > 1; ++before) {
      for (int turn = 0; turn < kSwitchesEach && before != level; ++turn) {
        MOSAIC_TRY(const double other, timed(levels, {.level = before, .placement = 0}, inputs, outputs));
        (void)other;
        MOSAIC_TRY(first.emplace_back(), timed(levels, {.level = level, .placement = 0}, inputs, outputs));
      }
    }
    rows.push_back({{"level", levels.family().variants[level].name}, {"steady_us", steady[level]}, {"switches", first.size()}});
    if (first.empty()) continue;
    rows.back()["first_us"] = median(first);
    rows.back()["first_p99_us"] = quantile(first, 0.99);
    rows.back()["extra_us"] = median(first) - steady[level];
    rows.back()["extra_p99_us"] = quantile(first, 0.99) - steady[level];
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(rest_seconds));
  for (std::size_t level = 0; level < count; ++level) {
    MOSAIC_TRY(const double first, timed(levels, {.level = level, .placement = 0}, inputs, outputs));
    rows[level]["after_rest_us"] = first;
    rows[level]["after_rest_extra_us"] = first - steady[level];
  }
  return rows;
}

}  // namespace

Result<Json> level_memory(const SwitchSetting& setting) {
  MOSAIC_TRY(const auto engine, ort::make_evaluator());
  const std::int64_t empty = resident_bytes();
  const std::filesystem::path scratch = std::filesystem::temp_directory_path() / fmt::format("mosaic_family_{}.yaml", ::getpid());
  MOSAIC_TRY(const std::filesystem::path file, family_file(setting, scratch));
  auto levels = FamilyLevels::open({.family = file, .board = ""});
  std::error_code ignored;
  std::filesystem::remove(scratch, ignored);
  if (!levels) return std::unexpected(levels.error());
  const std::size_t count = (*levels)->family().variants.size();
  if (setting.once) {
    MOSAIC_TRY(const std::vector<Tensor> inputs, random_inputs((*levels)->graph(), setting.seed));
    std::vector<Tensor> outputs;
    for (std::size_t level = 0; level < count; ++level) {
      MOSAIC_TRY(const double time, timed(**levels, {.level = level, .placement = 0}, inputs, outputs));
      (void)time;
    }
  } else {
    MOSAIC_TRY(const manager::LevelTable table, (*levels)->measure({.runs = 3}));
    (void)table;
  }
  return Json{{"levels", count}, {"empty_bytes", empty}, {"ready_bytes", resident_bytes() - empty}};
}

Result<Json> level_switching(const SwitchSetting& setting) {
  MOSAIC_TRY(const auto levels, FamilyLevels::open({.family = setting.family, .board = ""}));
  MOSAIC_TRY(const std::vector<Tensor> inputs, random_inputs(levels->graph(), setting.seed));
  if (inputs.size() != 1 || inputs.front().type() != ElementType::kFloat32)
    return fail(ErrorCode::kUnsupported, "this evaluation takes networks of one float input");
  Json json;
  MOSAIC_TRY(json["switches"], switch_times(*levels, inputs, setting.rest_seconds));

  MOSAIC_TRY(const auto expected, expected_outputs(*levels, inputs));
  const manager::Machine& machine = levels->machine().machine;
  LoadMaker load;
  load.set(machine, std::vector<double>(machine.units.size(), 0.5));
  Random random(setting.seed);
  std::vector<Tensor> outputs;
  double worst = 0;
  std::int64_t early = 0;
  for (std::size_t i = 0; i < setting.switches; ++i) {
    const manager::Operation operation{.level = random.below(expected.size()), .placement = random.below(machine.placements.size())};
    const ScopedPin pin(levels->machine().seats[operation.placement].first());
    MOSAIC_TRY(const double time, timed(*levels, operation, inputs, outputs));
    (void)time;
    for (std::size_t o = 0; o < outputs.size(); ++o) worst = std::max(worst, compare(expected[operation.level][o], outputs[o]).relative);
    if (i + 1 == std::max<std::size_t>(1, setting.switches / 10)) early = resident_bytes();
  }
  json["random_switches"] = setting.switches;
  json["largest_difference"] = worst;
  json["resident_after_a_tenth"] = early;
  json["resident_at_the_end"] = resident_bytes();
  return json;
}

}  // namespace mosaic::evaluate
