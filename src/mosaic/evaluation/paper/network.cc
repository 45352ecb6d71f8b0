#include "mosaic/evaluation/paper/network.h"

#include <algorithm>
#include <cctype>

#include "mosaic/evaluation/paper/paper_board.h"
#include "mosaic/evaluation/paper/plan_difference.h"
#include "mosaic/planner/chain.h"
#include "mosaic/planner/versions.h"

namespace mosaic::evaluation {
namespace {

/// Memory of layers and limits of slices, from graph and board.
void set_memory(ChainCosts& costs, const Graph& graph, const Board& board, const std::vector<ConfigurationId>& configurations) {
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {
    const Layer& layer = graph.layers[l];
    costs.weights[l] = layer.resident.value_or(layer.weights).value;
    costs.activations[l] = layer.resident ? 0 : layer.activations.value;
  }
  for (std::size_t c = 0; c < configurations.size(); ++c) {
    const Device& device = board.device_of(configurations[c]);
    if (device.slice_limit) costs.slice_limit[c] = device.slice_limit->value;
    costs.space[c] = 0;
  }
}

std::vector<SliceName> names_of(const Chain& chain, const Board& board) {
  std::vector<SliceName> names;
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
    const ConfigurationId id(chain.configurations[s]);
    const auto clock = board.point_of(id).clock;
    names.push_back({.device = letter_of(board.device_of(id)), .first_layer = chain.borders[s] + 1, .mhz = clock ? clock->value / 1'000'000 : 0});
  }
  return names;
}

/// The same chain with every clock left to the system, where a device has such an operating point.
Chain governed(Chain chain, const Board& board) {
  for (std::size_t& c : chain.configurations) {
    for (std::size_t other = 0; other < board.configurations.size(); ++other) {
      const bool same_device = board.configurations[other].device == board.configurations[c].device;
      if (same_device && !board.point_of(ConfigurationId(other)).clock) c = other;
    }
  }
  return chain;
}

/// A published plan as a chain of the estimates' configurations; nothing where the board has no such clock, or the plan is infeasible on it.
std::optional<Chain> published(const std::vector<onnx::PublishedSlice>& plan, std::size_t layers, const Estimates& estimates, const Board& board) {
  if (plan.empty()) return std::nullopt;
  Chain chain;
  for (const onnx::PublishedSlice& slice : plan) {
    chain.borders.push_back(static_cast<std::size_t>(slice.first_layer) - 1);
    const auto found = std::ranges::find_if(estimates.configurations, [&](ConfigurationId id) {
      const auto clock = board.point_of(id).clock;
      return letter_of(board.device_of(id)) == slice.device && clock && *clock == slice.clock;
    });
    if (found == estimates.configurations.end()) return std::nullopt;
    chain.configurations.push_back(static_cast<std::size_t>(found - estimates.configurations.begin()));
  }
  chain.borders.push_back(layers);
  return estimates.estimate(chain) ? std::optional(chain) : std::nullopt;
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

enum class Objective { kLatency, kEnergy };

double value_of(const TimeEnergy& cost, Objective objective) { return objective == Objective::kLatency ? cost.time.count() : cost.energy.value; }

/// Plans and runs all versions of one network for one objective.
class Versions {
 public:
  Versions(const Subject& subject, const Board& board, const Backends& backends, const Estimates& estimates, const PaperRunOptions& options,
           Objective objective)
      : subject_(subject),
        board_(board),
        runner_(subject.graph, board, backends),
        estimates_(estimates),
        options_(options),
        objective_(objective),
        all_(objective == Objective::kLatency ? estimates.costs.time : *estimates.costs.energy),
        fastest_(restricted_to(all_, estimates.highest)) {
    for (std::size_t c = 0; c < estimates.highest.size(); ++c) {
      if (estimates.highest[c]) highest_.push_back(c);
    }
  }

  Result<std::vector<VersionResult>> run() {
    for (const std::string_view device : kPaperDevices) MOSAIC_RETURN_IF_ERROR(add_preferred(device));
    if (const auto chain = hca(all_, highest_)) MOSAIC_RETURN_IF_ERROR(add("HCA", *chain));
    if (const auto best = hcca(all_, highest_)) MOSAIC_RETURN_IF_ERROR(add("HCCA", best->chain));
    const bool latency = objective_ == Objective::kLatency;
    const auto best = solve_chain(latency ? fastest_ : all_);
    if (!best) return std::move(results_);
    MOSAIC_RETURN_IF_ERROR(add("MOSAIC", best->chain));
    const auto& plan = latency ? subject_.network.latency_plan : subject_.network.energy_plan;
    MOSAIC_RETURN_IF_ERROR(add_exhaustive());
    if (const auto chain = published(plan, subject_.graph.layers.size(), estimates_, board_)) {
      MOSAIC_RETURN_IF_ERROR(add("published", *chain));
      difference_ = compare_costs(estimates_, board_, !latency, best->chain, *chain);
    }
    return std::move(results_);
  }

  [[nodiscard]] const std::optional<PlanDifference>& difference() const { return difference_; }

 private:
  Result<void> add(const std::string& version, const Chain& chain) {
    MOSAIC_TRY(VersionResult result, measured(version, estimates_.on_board(chain)));
    result.estimated = estimates_.estimate(chain);
    results_.push_back(std::move(result));
    chains_.push_back(chain);
    return {};
  }

  Result<VersionResult> measured(const std::string& version, const Chain& on_board) const {
    MOSAIC_TRY(const TimeEnergy cost, runner_.run(on_board, options_.repeats));
    return VersionResult{.version = version, .plan = names_of(on_board, board_), .estimated = {}, .measured = cost};
  }

  /// The same slices under both governors; none where no device can run a layer that this one cannot.
  Result<void> add_preferred(std::string_view device) {
    std::vector<std::size_t> fallbacks;
    for (const std::string_view other : kFallbacks) fallbacks.push_back(highest(other));
    const auto chain = preferred(all_, highest(device), fallbacks);
    if (!chain) return {};
    const std::string name = "TF-" + upper_case(device);
    MOSAIC_RETURN_IF_ERROR(add(name + "-P", *chain));
    MOSAIC_TRY(VersionResult result, measured(name + "-O", governed(estimates_.on_board(*chain), board_)));
    results_.push_back(std::move(result));
    return {};
  }

  [[nodiscard]] std::size_t highest(std::string_view device) const { return estimates_.highest_of(board_, find_device(board_, device)); }

  /// The best by measurement of unique random plans and of all versions before it; those under the governor are no chains of the costs'
  /// configurations.
  Result<void> add_exhaustive() {
    const auto judge = [&](const Chain& chain) -> Result<double> {
      if (options_.stop.stop_requested()) return fail(ErrorCode::kCancelled, "the evaluation was stopped");
      MOSAIC_TRY(const TimeEnergy cost, runner_.run(estimates_.on_board(chain), options_.repeats));
      return value_of(cost, objective_);
    };
    const std::uint64_t seed = options_.seed * 2 + static_cast<std::uint64_t>(objective_);
    MOSAIC_TRY(const Judged best, exhaustive(objective_ == Objective::kLatency ? fastest_ : all_, chains_, judge, seed, options_.random_plans));
    const auto other = std::ranges::min_element(results_, {}, [&](const VersionResult& result) { return value_of(result.measured, objective_); });
    if (value_of(other->measured, objective_) >= best.cost) return add("exhaustive", best.chain);
    VersionResult same = *other;
    same.version = "exhaustive";
    results_.push_back(std::move(same));
    return {};
  }

  const Subject& subject_;
  const Board& board_;
  BoardRunner runner_;
  const Estimates& estimates_;
  const PaperRunOptions& options_;
  Objective objective_;
  const ChainCosts& all_;
  ChainCosts fastest_;  // all, at their highest clocks only
  std::vector<std::size_t> highest_;
  std::vector<VersionResult> results_;
  std::optional<PlanDifference> difference_;
  std::vector<Chain> chains_;  // of those that are chains of the costs' configurations
};

/// Each layer alone on each device at its highest clock, as it was profiled.
std::vector<LayerOnDevice> layers_alone(const AloneProfile& profile, const Board& board) {
  std::vector<LayerOnDevice> layers;
  for (std::size_t d = 0; d < profile.devices.size(); ++d) {
    for (std::size_t l = 0; l < profile.sizes.size(); ++l) {
      LayerOnDevice layer{.device = letter_of(board.devices[d]), .layer = l + 1, .measured = {}};
      if (const auto& total = profile.devices[d].highest[l]) layer.measured = TimeEnergy{.time = total->time, .energy = total->power * total->time};
      layers.push_back(layer);
    }
  }
  return layers;
}

}  // namespace

Result<Subject> make_subject(const onnx::PaperNetwork& network) {
  MOSAIC_TRY(Graph graph, onnx::paper_graph(network));
  const std::vector<Bytes> memory = onnx::layer_memory(network, graph);
  for (std::size_t l = 0; l < memory.size(); ++l) graph.layers[l].resident = memory[l];
  return Subject{.network = network, .graph = std::move(graph)};
}

std::size_t Estimates::highest_of(const Board& board, DeviceId device) const {
  std::size_t c = 0;
  while (!highest[c] || board.configuration(configurations[c]).device != device) ++c;
  return c;
}

Chain Estimates::on_board(const Chain& chain) const {
  Chain mapped = chain;
  for (std::size_t& c : mapped.configurations) c = configurations[c].index();
  return mapped;
}

std::optional<TimeEnergy> Estimates::estimate(const Chain& chain) const {
  const auto priced = price(costs, chain);
  if (!priced) return std::nullopt;
  return TimeEnergy{.time = Microseconds(as_time(priced->time)), .energy = to_joules(as_energy(*priced->energy))};
}

Result<Estimates> estimate(const Subject& subject, const Board& board, const Backends& backends) {
  MOSAIC_TRY(AloneProfile profile, profile_alone(onnx::PreparedModel{}, subject.graph, board, backends));
  const std::vector<paper::Delta> deltas = paper::energy_set(profile.devices);
  std::vector<ConfigurationId> configurations;
  std::vector<bool> highest;
  for (const paper::Delta& delta : deltas) {
    configurations.push_back(profile.configurations[delta.device][delta.clock]);
    highest.push_back(delta.clock + 1 == profile.devices[delta.device].clocks.size());
  }
  TimeAndEnergy costs{.time = paper::time_costs(profile.devices, deltas, profile.sizes),
                      .energy = paper::energy_costs(profile.devices, deltas, profile.sizes)};
  set_memory(costs.time, subject.graph, board, configurations);
  set_memory(*costs.energy, subject.graph, board, configurations);
  return Estimates{
      .profile = std::move(profile), .costs = std::move(costs), .configurations = std::move(configurations), .highest = std::move(highest)};
}

ChainCosts planning_costs(const Estimates& estimates, const Subject& subject, const Board& board, bool all_clocks) {
  if (all_clocks) return *estimates.costs.energy;
  const auto& devices = estimates.profile.devices;
  ChainCosts costs = paper::time_costs(devices, paper::performance_set(devices), estimates.profile.sizes);
  std::vector<ConfigurationId> highest;
  for (std::size_t d = 0; d < devices.size(); ++d) highest.push_back(estimates.configurations[estimates.highest_of(board, DeviceId(d))]);
  set_memory(costs, subject.graph, board, highest);
  return costs;
}

Result<NetworkResult> evaluate_network(const Subject& subject, const Board& board, const Backends& backends, const PaperRunOptions& options) {
  MOSAIC_TRY(const Estimates estimates, estimate(subject, board, backends));
  NetworkResult result{.key = subject.network.key,
                       .large = subject.network.large,
                       .latency = {},
                       .energy = {},
                       .layers = {},
                       .latency_difference = {},
                       .energy_difference = {}};
  result.layers = layers_alone(estimates.profile, board);
  if (options.progress) options.progress(0.1);
  Versions latency(subject, board, backends, estimates, options, Objective::kLatency);
  MOSAIC_TRY(result.latency, latency.run());
  result.latency_difference = latency.difference();
  if (options.progress) options.progress(0.5);
  Versions energy(subject, board, backends, estimates, options, Objective::kEnergy);
  MOSAIC_TRY(result.energy, energy.run());
  result.energy_difference = energy.difference();
  if (options.progress) options.progress(1);
  return result;
}

}  // namespace mosaic::evaluation
