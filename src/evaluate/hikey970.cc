#include "hikey970.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "hikey970_file.h"
#include "kirin970.h"
#include "mosaic/backend/sim/governor.h"
#include "mosaic/backend/sim/truth.h"
#include "mosaic/board/board_file.h"
#include "mosaic/onnx/paper_networks.h"
#include "rk3399pro.h"

namespace mosaic::evaluate {
namespace {

using onnx::PaperNetwork;

// Published means over the large networks: MOSAIC's reductions (section VI.B and C). Ratios of two of them do not contain MOSAIC.
constexpr double kLatencyBig = 0.703;
constexpr double kLatencyLittle = 0.861;
constexpr double kLatencyGpu = 0.391;
constexpr double kLatencyNpu = 0.292;
constexpr double kEnergyBig = 0.910;
constexpr double kEnergyLittle = 0.805;
constexpr double kEnergyGpu = 0.834;
constexpr double kEnergyNpu = 0.366;

/// How many times as much as the GPU's.
constexpr double over_gpu(double reduction, double gpu_reduction) { return (1 - gpu_reduction) / (1 - reduction); }

enum : std::size_t { kBig, kLittle, kGpu, kNpu };

/// What is chosen and not fitted; docs/hikey970.md says why. Shares and ratios, no absolute speeds.
namespace chosen {
constexpr double kGpuGbytes = 15;           // half of what the board's LPDDR4X memory gives at most
constexpr double kGpuPrior = 0.05;          // weight of ncnn's ratios in the fit of the GPU
constexpr double kNpuPointwise = 1.0;       // of its speed with windows of several pixels
constexpr double kNpuDepthwise = 1.0 / 16;  // a channel uses one of sixteen rows of multipliers
constexpr double kNpuMacsPerByte = 32;      // its multiply-accumulates for each byte of memory traffic
constexpr double kNpuLayerUs = 40;
constexpr double kStaticShare = 0.1;      // of the dynamic power at the highest clock
constexpr double kGpuWatts = 3;           // sets the unit of energy; every result is a ratio
constexpr double kDepthwisePower = 0.85;  // of a spatial convolution's, on every device
constexpr double kGemmPower = 0.75;
constexpr double kOtherPower = 0.6;
constexpr double kHandOverPower = 0.4;
constexpr double kFusion = 0.1;
}  // namespace chosen

constexpr double kPowerNoisePercent = 1.0;

/// A network that may be seen: large.
struct Seen {
  const PaperNetwork* network;
  Graph graph;
};

void set_speeds(sim::DeviceTruth& device, const KindSpeeds& speeds, double gbytes, double cluster) {
  const auto speed = [&](double gmacs, double weights) {
    return sim::Speed{.gmacs = gmacs / cluster, .gbytes = gbytes, .weight_gbytes = weights, .power = {}};
  };
  device.speeds = {{"Conv", speed(speeds.spatial, gbytes)},
                   {"PointwiseConv", speed(speeds.pointwise, gbytes)},
                   {"DepthwiseConv", speed(speeds.depthwise, gbytes)},
                   {"Gemm", speed(speeds.spatial, std::min(gbytes, speeds.fc_gbytes))},
                   {"default", speed(speeds.spatial, gbytes)}};
}

void set_power(sim::DeviceTruth& device, double watts) {
  for (auto& [op, speed] : device.speeds) {
    const double share = op.ends_with("DepthwiseConv") ? chosen::kDepthwisePower
                         : op == "Gemm"                ? chosen::kGemmPower
                         : op == "default"             ? chosen::kOtherPower
                                                       : 1;
    speed.power = {watts * share};
  }
  device.hand_over_power = {watts * chosen::kHandOverPower};
  device.static_power = {watts * chosen::kStaticShare};
}

class Maker {
 public:
  Maker(Kirin970 kirin, std::vector<Seen> seen, Board board) : kirin_(kirin), seen_(std::move(seen)), board_(std::move(board)) {
    truth_.seed = 970;
    truth_.noise_percent = kNoisePercent;
    truth_.power_noise_percent = kPowerNoisePercent;
    truth_.governor = sim::Governor{.period = Milliseconds(20), .up_threshold = 0.8};
    truth_.default_link = {.us = 0, .gbytes = 1e6};
    truth_.devices.resize(kDevices.size());
    for (std::size_t d = 0; d < kDevices.size(); ++d) {
      sim::DeviceTruth& device = truth_.devices[d];
      device.deviations = kRk3399.at(d).deviations;
      device.memory_bound_share = kRk3399.at(d).memory_bound;
      device.fusion_share = chosen::kFusion;
    }
  }

  MadeBoard make() {
    set_hand_over();
    fit_gpu();
    scale(kBig, kirin_.big, over_gpu(kLatencyBig, kLatencyGpu));
    scale(kLittle, kirin_.big, over_gpu(kLatencyLittle, kLatencyGpu));
    scale_npu();
    set_power(truth_.devices[kGpu], chosen::kGpuWatts);
    scale_power(kBig, over_gpu(kEnergyBig, kEnergyGpu));
    scale_power(kLittle, over_gpu(kEnergyLittle, kEnergyGpu));
    scale_power(kNpu, over_gpu(kEnergyNpu, kEnergyGpu));
    return {.yaml = std::string(kHikeyDevices) + format_hikey_truth(truth_), .table = table()};
  }

 private:
  /// As on the RK3399Pro, at the ratio of the hosts' highest clocks: copies and changes of layout are the host's work.
  void set_hand_over() {
    const auto set = [&](std::size_t device, double us, double gbytes) {
      truth_.devices[device].enter_us = truth_.devices[device].leave_us = us;
      truth_.devices[device].enter_gbytes = truth_.devices[device].leave_gbytes = gbytes;
    };
    set(kBig, 5, 20);
    set(kLittle, 10, 8);
    set(kGpu, 200, 0.52);
    set(kNpu, 500, 0.18);
    for (const std::size_t core : {kBig, kLittle}) truth_.devices[core].leave_us = truth_.devices[core].leave_gbytes = 0;
    for (const std::size_t core : {kBig, kLittle}) {
      truth_.devices[core].parallel_share = (1 - 1 / kirin_.speed_up) / 0.75;  // Amdahl for four cores
      truth_.devices[core].layer_us = core == kBig ? 20 : 40;
    }
  }

  /// The highest clock of a device.
  [[nodiscard]] ConfigurationId highest(std::size_t device) const {
    ConfigurationId best;
    std::int64_t clock = -1;
    for (std::size_t c = 0; c < board_.configurations.size(); ++c) {
      const ConfigurationId id(c);
      const auto here = board_.point_of(id).clock;
      if (board_.configuration(id).device.index() != device || !here || here->value <= clock) continue;
      clock = here->value;
      best = id;
    }
    return best;
  }

  [[nodiscard]] std::vector<ConfigurationId> clocks(std::size_t device) const {
    std::vector<ConfigurationId> found;
    for (std::size_t c = 0; c < board_.configurations.size(); ++c) {
      const ConfigurationId id(c);
      if (board_.configuration(id).device.index() == device && board_.point_of(id).clock) found.push_back(id);
    }
    return found;
  }

  struct Slice {
    std::size_t device;
    std::vector<LayerId> layers;
  };

  /// Section VI.A: as many layers as fit in each slice of the preferred device; what it cannot run alone on the GPU, or the big cores.
  [[nodiscard]] std::vector<Slice> preferred(const Graph& graph, std::size_t device) const {
    std::vector<Slice> slices;
    for (std::size_t l = 0; l < graph.layers.size(); ++l) {
      const LayerId layer(l);
      if (!fits(graph, device, {layer})) {
        slices.push_back({kGpu, {layer}});
        continue;
      }
      std::vector<LayerId> longer = slices.empty() || slices.back().device != device ? std::vector<LayerId>() : slices.back().layers;
      longer.push_back(layer);
      if (longer.size() > 1 && fits(graph, device, longer)) {
        slices.back().layers = std::move(longer);
      } else {
        slices.push_back({device, {layer}});
      }
    }
    return slices;
  }

  [[nodiscard]] bool fits(const Graph& graph, std::size_t device, const std::vector<LayerId>& layers) const {
    const Device& what = board_.devices[device];
    for (const NodeId node : graph.layer(layers.back()).nodes) {
      if (what.lacks(graph.node(node).op)) return false;
    }
    return !what.slice_limit || slice_memory(graph, layers) <= *what.slice_limit;
  }

  /// Milliseconds under the performance governor.
  [[nodiscard]] double latency(const Graph& graph, std::size_t device) const {
    double sum = 0;
    for (const Slice& slice : preferred(graph, device)) sum += truth_.slice_time(graph, board_, slice.layers, highest(slice.device)).count() / 1000;
    return sum;
  }

  /// Millijoules under the on-demand governor.
  [[nodiscard]] double energy(const Graph& graph, std::size_t device) const {
    std::vector<sim::GovernedSlice> run;
    for (const Slice& slice : preferred(graph, device)) {
      sim::GovernedSlice governed{.device = slice.device, .at = {}, .hertz = {}, .before = {}};
      for (const ConfigurationId id : clocks(slice.device)) {
        governed.at.push_back(truth_.slice(graph, board_, slice.layers, id));
        governed.hertz.push_back(static_cast<double>(board_.point_of(id).clock->value));
      }
      run.push_back(std::move(governed));
    }
    double sum = 0;
    for (const sim::Spent& spent : sim::govern(*truth_.governor, run)) sum += spent.energy.value * 1000;
    return sum;
  }

  [[nodiscard]] auto latency_of() const {
    return [this](const Graph& graph, std::size_t device) { return latency(graph, device); };
  }

  /// Geometric mean over the seen networks of what `of` says of a device over what it says of the GPU.
  [[nodiscard]] double mean_over_gpu(std::size_t device, const auto& of) const {
    double sum = 0;
    for (const Seen& seen : seen_) sum += std::log(of(seen.graph, device) / of(seen.graph, kGpu));
    return std::exp(sum / static_cast<double>(seen_.size()));
  }

  void fit_gpu() {
    const auto apply = [&](const std::vector<double>& numbers) {
      const KindSpeeds speeds{.spatial = numbers[0], .pointwise = numbers[1], .depthwise = numbers[2], .fc_gbytes = chosen::kGpuGbytes};
      set_speeds(truth_.devices[kGpu], speeds, chosen::kGpuGbytes, 1);
      truth_.devices[kGpu].layer_us = numbers[3];
      sim::Speed wide = truth_.devices[kGpu].speeds.at("DepthwiseConv");
      wide.gmacs = numbers[4];
      truth_.devices[kGpu].speeds["WideDepthwiseConv"] = wide;
    };
    const auto loss = [&](const std::vector<double>& numbers) {
      apply(numbers);
      double sum = 0;
      for (const Seen& seen : seen_) sum += square(std::log(latency(seen.graph, kGpu) / seen.network->gpu_latency.count()));
      sum += chosen::kGpuPrior * square(std::log(numbers[1] / numbers[0] / (kirin_.gpu.pointwise / kirin_.gpu.spatial)));
      sum += chosen::kGpuPrior * square(std::log(numbers[2] / numbers[0] / (kirin_.gpu.depthwise / kirin_.gpu.spatial)));
      return sum;
    };
    apply(minimise(loss, {40, 40, 5, 100, 5}));
  }

  /// The kinds' speeds in ratio as given, times the one factor that meets the published mean.
  void scale(std::size_t device, const KindSpeeds& ratios, double target) {
    const auto apply = [&](double factor) {
      const KindSpeeds speeds{.spatial = ratios.spatial * factor,
                              .pointwise = ratios.pointwise * factor,
                              .depthwise = ratios.depthwise * factor,
                              .fc_gbytes = ratios.fc_gbytes * factor};
      set_speeds(truth_.devices[device], speeds, 4 * speeds.fc_gbytes, kirin_.speed_up);
    };
    apply(solve([&](double factor) { return apply(factor), mean_over_gpu(device, latency_of()) / target; }));
  }

  void scale_npu() {
    truth_.devices[kNpu].layer_us = chosen::kNpuLayerUs;
    const auto apply = [&](double gmacs) {
      const KindSpeeds speeds{
          .spatial = gmacs, .pointwise = gmacs * chosen::kNpuPointwise, .depthwise = gmacs * chosen::kNpuDepthwise, .fc_gbytes = 1e6};
      set_speeds(truth_.devices[kNpu], speeds, gmacs / chosen::kNpuMacsPerByte, 1);
    };
    const double target = over_gpu(kLatencyNpu, kLatencyGpu);
    apply(solve([&](double gmacs) { return apply(gmacs), mean_over_gpu(kNpu, latency_of()) / target; }));
  }

  void scale_power(std::size_t device, double target) {
    const auto apply = [&](double watts) { set_power(truth_.devices[device], watts); };
    const auto energy_of = [&](const Graph& graph, std::size_t which) { return energy(graph, which); };
    apply(solve([&](double watts) { return apply(watts), target / mean_over_gpu(device, energy_of); }));
  }

  /// The number at which a falling function is 1, by bisection of its logarithm between 1e-3 and 1e5.
  static double solve(const auto& falling) {
    double low = std::log(1e-3);
    double high = std::log(1e5);
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2;
      (falling(std::exp(middle)) > 1 ? low : high) = middle;
    }
    return std::exp((low + high) / 2);
  }

  static double square(double x) { return x * x; }

  [[nodiscard]] std::string table() const;

  Kirin970 kirin_;
  std::vector<Seen> seen_;
  Board board_;
  sim::Truth truth_;
};

std::string Maker::table() const {
  std::string out = "| target | published | the truth |\n|---|---|---|\n";
  for (const Seen& seen : seen_) {
    out += fmt::format("| {} on the GPU | {} ms | {:.1f} ms |\n", seen.network->key, seen.network->gpu_latency.count(), latency(seen.graph, kGpu));
  }
  const auto energy_of = [&](const Graph& graph, std::size_t which) { return energy(graph, which); };
  const auto row = [&](std::string_view what, double published, double made) {
    out += fmt::format("| {} | {:.3f} | {:.3f} |\n", what, published, made);
  };
  row("latency, BIG-P over GPU-P", over_gpu(kLatencyBig, kLatencyGpu), mean_over_gpu(kBig, latency_of()));
  row("latency, LITTLE-P over GPU-P", over_gpu(kLatencyLittle, kLatencyGpu), mean_over_gpu(kLittle, latency_of()));
  row("latency, NPU-P over GPU-P", over_gpu(kLatencyNpu, kLatencyGpu), mean_over_gpu(kNpu, latency_of()));
  row("energy, BIG-O over GPU-O", over_gpu(kEnergyBig, kEnergyGpu), mean_over_gpu(kBig, energy_of));
  row("energy, LITTLE-O over GPU-O", over_gpu(kEnergyLittle, kEnergyGpu), mean_over_gpu(kLittle, energy_of));
  row("energy, NPU-O over GPU-O", over_gpu(kEnergyNpu, kEnergyGpu), mean_over_gpu(kNpu, energy_of));
  const auto speeds = [](const KindSpeeds& s) {
    return fmt::format("spatial {:.1f}, pointwise {:.1f}, depthwise {:.2f} GMAC/s, fully connected {:.2f} GB/s", s.spatial, s.pointwise, s.depthwise,
                       s.fc_gbytes);
  };
  out += fmt::format("\nncnn, four big cores: {} (root mean square error {:.0f} %); GPU: {} ({:.0f} %); four cores over one {:.2f}\n",
                     speeds(kirin_.big), 100 * kirin_.big_error, speeds(kirin_.gpu), 100 * kirin_.gpu_error, kirin_.speed_up);
  return out;
}

}  // namespace

Result<MadeBoard> make_hikey970(const std::filesystem::path& ncnn) {
  MOSAIC_TRY(const Kirin970 kirin, read_kirin970(ncnn));
  const std::string placeholder = "simulation: {devices: [], default_link: {us: 1, gbytes: 1}}\n";
  MOSAIC_TRY(Board board, parse_board(std::string(kHikeyDevices) + placeholder, "hikey970"));
  std::vector<Seen> seen;
  for (const PaperNetwork& network : onnx::paper_networks()) {
    if (!network.large) continue;
    MOSAIC_TRY(Graph graph, onnx::paper_graph(network));
    const auto memory = onnx::layer_memory(network, graph);
    for (std::size_t l = 0; l < memory.size(); ++l) graph.layers[l].resident = memory[l];
    seen.push_back({.network = &network, .graph = std::move(graph)});
  }
  return Maker(kirin, std::move(seen), std::move(board)).make();
}

}  // namespace mosaic::evaluate
