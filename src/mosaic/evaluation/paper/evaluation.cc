#include "mosaic/evaluation/paper/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "mosaic/backend/sim/sim_backend.h"
#include "mosaic/base/file.h"
#include "mosaic/base/hash.h"
#include "mosaic/board/board_file.h"
#include "mosaic/evaluation/paper/json.h"
#include "mosaic/evaluation/paper/network.h"
#include "mosaic/evaluation/paper/paper_board.h"
#include "mosaic/planner/algorithm1.h"
#include "mosaic/planner/chain.h"
#include "mosaic/planner/front.h"

namespace mosaic::evaluation {
namespace {

namespace fs = std::filesystem;

/// Of everything between board and results: whoever changes what a board gives raises it, so that results kept by another version are not mixed in.
constexpr int kResultsVersion = 2;

/// All that the results of one network depend on.
Fingerprint origin_of(const Fingerprint& common, const Subject& subject) {
  Hasher hasher;
  hasher.add(common).add(subject.graph.fingerprint).add(subject.graph.layers.size());
  for (const Layer& layer : subject.graph.layers) hasher.add(layer.signature).add(layer.resident.value_or(Bytes{}).value);
  return hasher.fingerprint();
}

Result<Backends> backends_of(const Board& board) {
  MOSAIC_TRY(auto backend, sim::make_backend(board));
  return Backends{{"sim", std::move(backend)}};
}

/// The board with an operating point for each device whose clock can be left to the system: that is where the governor's versions run.
Result<Board> with_governor(Board board) {
  for (Device& device : board.devices) {
    const bool all_clocked = std::ranges::all_of(device.points, [](const OperatingPoint& point) { return point.clock.has_value(); });
    if (all_clocked && device.points.size() > 1) device.points.push_back({.cores = device.points.back().cores, .clock = {}, .voltage = {}});
  }
  return make_board(std::move(board));
}

/// A finished network from an earlier run; nothing where there is none of this seed and board.
std::optional<NetworkResult> kept(const fs::path& file, const std::string& origin) {
  const auto text = read_file(file);
  if (!text) return std::nullopt;
  const auto json = parse_json(*text);
  if (!json || !json->is_object() || json->value("origin", "") != origin || !json->contains("result")) return std::nullopt;
  auto network = network_from_json((*json)["result"], file.string());
  if (!network) return std::nullopt;
  return std::move(*network);
}

Result<NetworkResult> evaluate_or_reuse(const onnx::PaperNetwork& network, const Board& board, const Backends& backends, const PaperOptions& options,
                                        const std::string& common, const std::function<void(double)>& progress) {
  const fs::path file = options.folder.empty() ? fs::path() : options.folder / (network.key + ".json");
  MOSAIC_TRY(const Subject subject, make_subject(network));
  const Fingerprint origin = origin_of(common, subject);
  if (!file.empty()) {
    if (auto found = kept(file, origin)) return std::move(*found);
  }
  const PaperRunOptions run{
      .seed = options.seed, .repeats = options.repeats, .random_plans = options.random_plans, .stop = options.stop, .progress = progress};
  MOSAIC_TRY(NetworkResult result, evaluate_network(subject, board, backends, run));
  if (!file.empty()) MOSAIC_RETURN_IF_ERROR(write_file(file, to_text(Json{{"origin", origin}, {"simulated", true}, {"result", to_json(result)}})));
  return result;
}

/// Figure 5: MO-1.4 in three slices, all of them on the NPU, for each two cuts that its limit allows.
Result<std::vector<ThreeSlices>> sweep_three_slices(const Board& board, const Backends& backends, std::size_t repeats) {
  MOSAIC_TRY(const onnx::PaperNetwork network, onnx::find_paper_network("MO-1.4"));
  MOSAIC_TRY(const Subject subject, make_subject(network));
  MOSAIC_TRY(const Estimates estimates, estimate(subject, board, backends));
  const BoardRunner runner(subject.graph, board, backends);
  const std::size_t npu = estimates.highest_of(board, find_device(board, "npu"));
  std::vector<ThreeSlices> sweep;
  const std::size_t layers = subject.graph.layers.size();
  for (std::size_t second = 1; second + 1 < layers; ++second) {
    for (std::size_t third = second + 1; third < layers; ++third) {
      const Chain chain{.borders = {0, second, third, layers}, .configurations = {npu, npu, npu}};
      if (!estimates.estimate(chain)) continue;
      MOSAIC_TRY(const TimeEnergy cost, runner.run(estimates.on_board(chain), repeats));
      sweep.push_back({.second = second + 1, .third = third + 1, .measured = cost.time});
    }
  }
  return sweep;
}

/// Figure 7: the GPU at its highest clock, and the NPU.
Result<std::vector<CommunicationPoint>> communication(const Board& board, const Backends& backends) {
  std::vector<CommunicationPoint> points;
  for (const std::string_view name : {"gpu", "npu"}) {
    const DeviceId device = find_device(board, name);
    std::optional<ConfigurationId> highest;
    for (std::size_t c = 0; c < board.configurations.size(); ++c) {
      const ConfigurationId id(c);
      const auto clock_of = [&](ConfigurationId each) { return board.point_of(each).clock.value_or(Hertz{0}); };
      if (board.configuration(id).device == device && (!highest || clock_of(id) > clock_of(*highest))) highest = id;
    }
    MOSAIC_TRY(const auto samples, measure_communication(board, *backends.begin()->second, *highest, 20));
    std::vector<std::pair<Bytes, Microseconds>> times;
    for (const CommunicationSample& sample : samples) times.emplace_back(sample.bytes, sample.time);
    const auto line = paper::fit_communication(times);
    for (const auto& [bytes, time] : times)
      points.push_back({.device = letter_of(board.device(device)), .bytes = bytes.value, .measured = time, .fitted = line.in(bytes)});
  }
  return points;
}

double error_percent(double estimated, double measured) { return 100 * std::abs(estimated - measured) / measured; }

/// The board with its deviations from the equations multiplied.
Result<Board> with_richness(const Board& board, double richness) {
  MOSAIC_TRY(Json simulation, parse_json(board.simulation));
  simulation["richness"] = richness;
  Board other = board;
  other.simulation = simulation.dump();
  return make_board(std::move(other));
}

/// MOSAIC's plans alone, estimated and measured, on a board of this richness.
Result<RichnessResult> with_truth(const Board& board, double richness, std::size_t repeats) {
  MOSAIC_TRY(const Board changed, with_richness(board, richness));
  MOSAIC_TRY(const Backends backends, backends_of(changed));
  RichnessResult result{.richness = richness};
  double count = 0;
  for (const onnx::PaperNetwork& network : onnx::paper_networks()) {
    MOSAIC_TRY(const Subject subject, make_subject(network));
    MOSAIC_TRY(const Estimates estimates, estimate(subject, changed, backends));
    const BoardRunner runner(subject.graph, changed, backends);
    const auto error = [&](const Chain& chain, bool energy) -> Result<double> {
      MOSAIC_TRY(const TimeEnergy measured, runner.run(estimates.on_board(chain), repeats));
      const TimeEnergy estimated = *estimates.estimate(chain);
      return energy ? error_percent(estimated.energy.value, measured.energy.value) : error_percent(estimated.time.count(), measured.time.count());
    };
    const auto fastest = solve_chain(restricted_to(estimates.costs.time, estimates.highest));
    const auto thriftiest = solve_chain(*estimates.costs.energy);
    if (!fastest || !thriftiest) continue;  // no plan on this board
    MOSAIC_TRY(const double latency, error(fastest->chain, false));
    MOSAIC_TRY(const double energy, error(thriftiest->chain, true));
    result.latency_error_percent += latency;
    result.energy_error_percent += energy;
    count += 1;
  }
  result.latency_error_percent /= count;
  result.energy_error_percent /= count;
  return result;
}

/// The least of many runs, in one batch with what it is compared with.
Microseconds best_time(const auto& plan) {
  Microseconds best = Microseconds::max();
  for (int i = 0; i < 50; ++i) {
    const auto start = std::chrono::steady_clock::now();
    plan();
    best = std::min(best, Microseconds(std::chrono::steady_clock::now() - start));
  }
  return best;
}

}  // namespace

Fingerprint results_key(const Board& board, const PaperOptions& options) {
  return Hasher().add(kResultsVersion).add(format_board(board)).add(options.seed).add(options.random_plans).add(options.repeats).fingerprint();
}

Result<PaperResults> evaluate_paper(const Board& plain, const PaperOptions& options) {
  MOSAIC_TRY(const Board board, with_governor(plain));
  MOSAIC_TRY(const Backends backends, backends_of(board));
  MOSAIC_RETURN_IF_ERROR(check_paper_board(board, backends));
  const Fingerprint origin = results_key(board, options);
  PaperResults results{
      .seed = options.seed, .board = origin, .fitted = options.fitted, .networks = {}, .sweep = {}, .communication = {}, .richness = {}};
  const auto report = [&](std::string_view what, double share) {
    if (options.progress) options.progress(what, share);
  };
  const auto& networks = onnx::paper_networks();
  constexpr double kNetworkShare = 0.9;
  for (std::size_t n = 0; n < networks.size(); ++n) {
    const auto progress = [&](double share) {
      report(networks[n].key, kNetworkShare * (static_cast<double>(n) + share) / static_cast<double>(networks.size()));
    };
    progress(0);
    MOSAIC_TRY(NetworkResult network, evaluate_or_reuse(networks[n], board, backends, options, origin, progress));
    results.networks.push_back(std::move(network));
  }
  report("three slices on the NPU", 0.9);
  MOSAIC_TRY(results.sweep, sweep_three_slices(board, backends, options.repeats));
  MOSAIC_TRY(results.communication, communication(board, backends));
  for (const double richness : {0.0, 1.0, 2.0}) {
    report("estimation errors", 0.92 + 0.03 * richness);
    MOSAIC_TRY(const RichnessResult result, with_truth(board, richness, options.repeats));
    results.richness.push_back(result);
  }
  report("done", 1);
  return results;
}

Result<std::vector<PlanningTimes>> time_planning(const Board& board) {
  MOSAIC_TRY(const Backends backends, backends_of(board));
  std::vector<PlanningTimes> times;
  MOSAIC_RETURN_IF_ERROR(check_paper_board(board, backends));
  for (const bool all_clocks : {false, true}) {
    for (const onnx::PaperNetwork& network : onnx::paper_networks()) {
      MOSAIC_TRY(const Subject subject, make_subject(network));
      MOSAIC_TRY(const Estimates estimates, estimate(subject, board, backends));
      const ChainCosts costs = planning_costs(estimates, subject, board, all_clocks);
      const auto paper = algorithm1(costs);
      const auto exact = solve_chain(costs);
      times.push_back({.key = network.key,
                       .energy = all_clocks,
                       .layers = costs.layers,
                       .configurations = costs.configurations,
                       .algorithm1 = best_time([&] { return algorithm1(costs); }),
                       .chain = best_time([&] { return solve_chain(costs); }),
                       .same_cost = paper && exact && paper->cost == exact->cost});
    }
  }
  return times;
}

Result<std::vector<FrontTime>> time_fronts(const Board& board) {
  MOSAIC_TRY(const Backends backends, backends_of(board));
  std::vector<FrontTime> fronts;
  for (const onnx::PaperNetwork& network : onnx::paper_networks()) {
    MOSAIC_TRY(const Subject subject, make_subject(network));
    MOSAIC_TRY(const Estimates estimates, estimate(subject, board, backends));
    const auto start = std::chrono::steady_clock::now();
    const Front front = pareto_front(estimates.costs);
    const Milliseconds time(std::chrono::steady_clock::now() - start);
    fronts.push_back({.key = network.key,
                      .layers = estimates.costs.time.layers,
                      .configurations = estimates.costs.time.configurations,
                      .points = front.points.size(),
                      .complete = front.complete,
                      .time = time});
  }
  return fronts;
}

}  // namespace mosaic::evaluation
