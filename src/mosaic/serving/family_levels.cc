#include "mosaic/serving/family_levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <ranges>
#include <thread>
#include <utility>

#include "mosaic/base/affinity.h"
#include "mosaic/base/check.h"
#include "mosaic/base/statistics.h"
#include "mosaic/input/resize.h"
#include "mosaic/plan/validate.h"
#include "mosaic/session/energy.h"

namespace mosaic {
namespace {

constexpr Watts kPowerOfACore{1};  ///< where nothing says more

/// The board with a device's cores in another order: those of a seat first, which its points then take.
Board seated(const Board& board, const manager::BoardMachine::Seat& seat) {
  Board moved = board;
  std::vector<int>& cores = moved.devices[moved.configuration(seat.configuration).device.index()].cores;
  std::ranges::stable_partition(cores, [&](int core) { return std::ranges::find(seat.cores, core) != seat.cores.end(); });
  return moved;
}

/// Whether the shapes differ in nothing but the last two extents.
bool differ_in_size_only(const GraphTensor& a, const GraphTensor& b) {
  if (a.element != b.element || !a.shape || !b.shape || a.shape->size() != b.shape->size()) return false;
  const auto leading = std::max<std::ptrdiff_t>(0, std::ssize(*a.shape) - 2);
  return *a.shape == *b.shape || (leading == 2 && std::equal(a.shape->begin(), a.shape->begin() + leading, b.shape->begin()));
}

std::string describe_tensors(const Graph& graph, const std::vector<TensorId>& ids) {
  std::string text;
  for (const TensorId id : ids) {
    const GraphTensor& tensor = graph.tensor(id);
    text +=
        fmt::format("{}{} {} {}", text.empty() ? "" : ", ", tensor.name, name(tensor.element), tensor.shape ? to_string(*tensor.shape) : "dynamic");
  }
  return text;
}

Plan whole_plan(const Workspace& workspace, std::string configuration) {
  Plan plan;
  plan.steps = chain_steps({0, workspace.graph().layers.size()}, {std::move(configuration)});
  return plan;
}

Result<std::unique_ptr<Executor>> whole_model(const Workspace& workspace, const Board& board, const std::string& configuration) {
  MOSAIC_TRY(const ValidPlan valid, validate(workspace.graph(), board, whole_plan(workspace, configuration)));
  return Executor::create(workspace.prepared(), workspace.graph(), board, valid, workspace.backends(), {.shares_cores = true});
}

}  // namespace

Result<std::unique_ptr<FamilyLevels>> FamilyLevels::open(const Options& options) {
  std::unique_ptr<FamilyLevels> levels(new FamilyLevels);
  MOSAIC_TRY(levels->family_, read_family(options.family));
  for (std::size_t i = 0; i < levels->family_.variants.size(); ++i) {
    const mosaic::Variant& each = levels->family_.variants[i];
    if (options.stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while opening a family");
    if (options.progress) options.progress("opening " + each.name, static_cast<double>(i) / static_cast<double>(levels->family_.variants.size()));
    Variant variant;
    auto workspace = Workspace::open({.model = each.model, .board = options.board, .shapes = {}});
    if (!workspace) return within("variant '" + each.name + "'", workspace.error());
    variant.workspace = std::move(*workspace);
    if (i == 0) {
      MOSAIC_TRY(levels->machine_, manager::machine_of(variant.workspace->board()));
    }
    if (auto compiled = levels->compile(variant); !compiled) return within("variant '" + each.name + "'", compiled.error());
    levels->variants_.push_back(std::move(variant));
  }
  MOSAIC_RETURN_IF_ERROR(levels->check_agreement());
  return levels;
}

Result<void> FamilyLevels::compile(Variant& variant) const {
  const Workspace& workspace = *variant.workspace;
  std::map<std::pair<std::size_t, int>, std::shared_ptr<Executor>> made;  // a core that works alone is the caller's, whichever it is
  for (const auto& seat : machine_.seats) {
    const int first = seat.cores.size() > 1 ? seat.cores.front() : -1;
    std::shared_ptr<Executor>& executor = made[{seat.configuration.index(), first}];
    if (!executor) {
      const Board board = seated(workspace.board(), seat);
      auto created = whole_model(workspace, board, board.configuration(seat.configuration).name);
      const bool refused = !created && (created.error().code == ErrorCode::kUnsupported || created.error().code == ErrorCode::kDevice);
      if (!created && !refused) return std::unexpected(created.error());
      if (created) executor = std::move(*created);
    }
    variant.executors.push_back(executor);
  }
  if (std::ranges::all_of(variant.executors, [](const auto& each) { return each == nullptr; }))
    return fail(ErrorCode::kUnsupported, "no device of board '" + workspace.board().name + "' runs all of it");
  std::vector<LayerId> layers;
  for (std::size_t i = 0; i < workspace.graph().layers.size(); ++i) layers.emplace_back(i);
  variant.memory = slice_memory(workspace.graph(), layers);
  return {};
}

Result<void> FamilyLevels::check_agreement() {
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    if (input_bytes(variants_[i].workspace->graph()) > input_bytes(graph())) widest_ = i;
  }
  const Graph& reference = graph();
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    const Graph& each = variants_[i].workspace->graph();
    const auto names = std::pair(family_.variants[i].name, family_.variants[widest_].name);
    const auto same = [](const GraphTensor& a, const GraphTensor& b) { return a.element == b.element && a.shape == b.shape; };
    const auto agree = [&](const std::vector<TensorId>& a, const std::vector<TensorId>& b, const auto& rule) {
      return std::ranges::equal(a, b, [&](TensorId x, TensorId y) { return rule(each.tensor(x), reference.tensor(y)); });
    };
    if (!agree(each.outputs, reference.outputs, same))
      return invalid(fmt::format("variants of a family give the same outputs: '{}' gives {}, '{}' gives {}", names.first,
                                 describe_tensors(each, each.outputs), names.second, describe_tensors(reference, reference.outputs)));
    if (!agree(each.inputs, reference.inputs, differ_in_size_only))
      return invalid(fmt::format("inputs of a family's variants differ in height and width alone: '{}' takes {}, '{}' takes {}", names.first,
                                 describe_tensors(each, each.inputs), names.second, describe_tensors(reference, reference.inputs)));
  }
  return {};
}

Result<RunReport> FamilyLevels::run(const manager::Operation& operation, const std::vector<const Tensor*>& inputs,
                                    std::vector<Tensor>& outputs) const {
  const Variant& variant = variants_[operation.level];
  const auto& executor = variant.executors[operation.placement];
  if (!executor)
    return invalid(
        fmt::format("variant '{}' cannot run on {}", family_.variants[operation.level].name, machine_.machine.placements[operation.placement].name));
  const Graph& own = variant.workspace->graph();
  if (inputs.size() != own.inputs.size()) return invalid(fmt::format("{} inputs, {} are needed", inputs.size(), own.inputs.size()));
  std::vector<Tensor> resized;
  resized.reserve(inputs.size());
  std::vector<const Tensor*> given = inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const GraphTensor& wanted = own.tensor(own.inputs[i]);
    if (inputs[i]->shape() == *wanted.shape) continue;
    Tensor& smaller = resized.emplace_back(wanted.element, *wanted.shape);
    MOSAIC_RETURN_IF_ERROR(resize_planes(*inputs[i], smaller));
    given[i] = &smaller;
  }
  return executor->run(given, outputs);
}

Plan FamilyLevels::plan(const manager::Operation& operation) const {
  const ConfigurationId configuration = machine_.seats[operation.placement].configuration;
  return whole_plan(*variants_[operation.level].workspace, board().configuration(configuration).name);
}

std::string FamilyLevels::energy_source() const {
  if (board().simulated()) return "simulated";
  const bool known = std::ranges::all_of(board().devices, [](const Device& device) {
    return std::ranges::all_of(device.points, [](const OperatingPoint& point) { return point.power.has_value(); });
  });
  return known ? "modelled by the board file's powers" : "modelled: 1 W for each core that works";
}

Joules FamilyLevels::energy_of(const RunReport& report, const manager::BoardMachine::Seat& seat, Nanoseconds time) const {
  if (report.energy) return *report.energy;
  const Configuration& configuration = board().configuration(seat.configuration);
  const auto power = board().device(configuration.device).points[configuration.point].power;
  const auto cores = static_cast<double>(std::max<std::size_t>(1, seat.cores.size()));
  return power.value_or(Watts{kPowerOfACore.value * cores}) * std::chrono::duration<double>(time);
}

Result<manager::LevelTable> FamilyLevels::measure(const TableOptions& options) const {
  MOSAIC_CHECK(options.runs > 0);
  const auto inputs = random_inputs(graph(), 1);
  if (!inputs) return std::unexpected(inputs.error());
  struct Samples {
    std::vector<double> times;  // nanoseconds
    std::vector<double> energies;
  };
  std::map<std::pair<std::size_t, ConfigurationId>, Samples> samples;  // of a level and a configuration: its cores are alike
  std::vector<Tensor> outputs;
  for (std::size_t round = 0; round <= options.runs; ++round) {  // the first one warms up
    if (options.progress) options.progress("measuring levels", static_cast<double>(round) / static_cast<double>(options.runs + 1));
    for (std::size_t p = 0; p < machine_.seats.size(); ++p) {
      const ScopedPin pin(machine_.seats[p].first());
      for (std::size_t level = 0; level < variants_.size(); ++level) {
        if (!variants_[level].executors[p]) continue;
        if (options.stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while measuring levels");
        MOSAIC_TRY(RunReport report, run({.level = level, .placement = p}, pointers(*inputs), outputs));
        Nanoseconds time = report.total;
        if (!report.simulated) {
          std::this_thread::sleep_for(options.pause);
          const auto begin = std::chrono::steady_clock::now();
          MOSAIC_TRY(report, run({.level = level, .placement = p}, pointers(*inputs), outputs));
          time = std::chrono::duration_cast<Nanoseconds>(std::chrono::steady_clock::now() - begin);
        }
        if (round == 0) continue;
        Samples& cell = samples[{level, machine_.seats[p].configuration}];
        cell.times.push_back(static_cast<double>(time.count()));
        cell.energies.push_back(energy_of(report, machine_.seats[p], time).value);
      }
    }
  }
  manager::LevelTable table;
  for (std::size_t level = 0; level < variants_.size(); ++level) {
    manager::LevelTable::Level row{.name = family_.variants[level].name,
                                   .accuracy_percent = family_.variants[level].accuracy_percent,
                                   .memory = variants_[level].memory,
                                   .costs = std::vector<std::optional<manager::LevelTable::Cost>>(machine_.seats.size())};
    for (std::size_t p = 0; p < machine_.seats.size(); ++p) {
      if (!variants_[level].executors[p]) continue;
      const Samples& cell = samples.at({level, machine_.seats[p].configuration});
      row.costs[p] =
          manager::LevelTable::Cost{.latency = Nanoseconds(static_cast<std::int64_t>(median(cell.times))), .energy = {median(cell.energies)}};
    }
    table.levels.push_back(std::move(row));
  }
  return table;
}

}  // namespace mosaic
