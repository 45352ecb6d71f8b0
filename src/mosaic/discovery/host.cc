#include "mosaic/discovery/host.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwloc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <map>
#include <memory>

#include "mosaic/backend/ort/ort_backend.h"
#include "mosaic/base/affinity.h"
#include "mosaic/base/file.h"
#include "mosaic/base/text.h"

namespace mosaic {
namespace {

using Topology = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;

Result<Topology> load_topology() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return fail(ErrorCode::kDevice, "hwloc cannot be initialised");
  Topology topology(raw, &hwloc_topology_destroy);
  if (hwloc_topology_load(raw) != 0) return fail(ErrorCode::kDevice, "hwloc cannot read this machine's topology");
  return topology;
}

/// The kernel's relative speed of a processor; Arm systems have it.
int sysfs_capacity(int processor) {
  const auto text = read_file(fmt::format("/sys/devices/system/cpu/cpu{}/cpu_capacity", processor));
  int capacity = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), capacity);
  return capacity;
}

/// hwloc's rank of the kind of core that a processor belongs to; 0 where it knows no kinds.
int kind_rank(hwloc_topology_t topology, hwloc_const_bitmap_t processor) {
  const int kind = hwloc_cpukinds_get_by_cpuset(topology, processor, 0);
  int efficiency = 0;
  if (kind < 0 || hwloc_cpukinds_get_info(topology, static_cast<unsigned>(kind), nullptr, &efficiency, nullptr, nullptr, 0) != 0) return 0;
  return std::max(efficiency, 0);
}

/// The first value of a key of /proc/cpuinfo.
std::string cpuinfo(std::string_view key) {
  const auto text = read_file("/proc/cpuinfo");
  if (!text) return "";
  for (const std::string& line : split(*text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(key)) continue;
    const std::size_t begin = line.find_first_not_of(' ', colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

std::vector<int> powers_of_two_up_to(int most) {
  std::vector<int> counts;
  for (int count = 1; count < most; count *= 2) counts.push_back(count);
  counts.push_back(most);
  return counts;
}

}  // namespace

Result<std::vector<Core>> find_cores() {
  MOSAIC_TRY(const Topology topology, load_topology());
  const std::vector<int> granted = thread_cores();
  std::vector<Core> cores;
  const int count = hwloc_get_nbobjs_by_type(topology.get(), HWLOC_OBJ_CORE);
  for (int i = 0; i < count; ++i) {
    const hwloc_obj* const core = hwloc_get_obj_by_type(topology.get(), HWLOC_OBJ_CORE, static_cast<unsigned>(i));
    for (int processor = hwloc_bitmap_first(core->cpuset); processor >= 0; processor = hwloc_bitmap_next(core->cpuset, processor)) {
      if (!std::ranges::binary_search(granted, processor)) continue;
      const int capacity = sysfs_capacity(processor);
      cores.push_back({.processor = processor, .capacity = capacity > 0 ? capacity : kind_rank(topology.get(), core->cpuset)});
      break;  // one thread a core
    }
  }
  if (cores.empty()) {  // a machine without core objects: every granted processor counts
    for (const int processor : granted) cores.push_back({.processor = processor, .capacity = sysfs_capacity(processor)});
  }
  if (cores.empty()) return fail(ErrorCode::kDevice, "this process may use no core");
  std::ranges::sort(cores, {}, &Core::processor);
  return cores;
}

std::vector<Device> cpu_devices(const std::vector<Core>& cores) {
  std::map<int, std::vector<int>> kinds;  // by capacity
  for (const Core& core : cores) kinds[core.capacity].push_back(core.processor);
  constexpr std::array kNames{"little", "big", "prime"};
  std::vector<Device> devices;
  for (auto& [capacity, processors] : kinds) {
    Device device;
    device.name = kinds.size() == 1 ? "cpu" : kinds.size() <= kNames.size() ? kNames.at(devices.size()) : fmt::format("cpu{}", devices.size());
    device.cores = processors;
    for (const int count : powers_of_two_up_to(static_cast<int>(processors.size())))
      device.points.push_back({.cores = count, .clock = {}, .voltage = {}});
    devices.push_back(std::move(device));
  }
  std::ranges::reverse(devices);  // the fastest first
  return devices;
}

std::vector<std::string> processor_features() { return split(cpuinfo("flags") + cpuinfo("Features"), ' '); }

std::string machine_name() {
  constexpr std::array kUnits{"avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "asimddp", "asimdhp", "i8mm", "sve"};
  std::string model = cpuinfo("model name");
  if (model.empty()) model = fmt::format("Arm implementer {} part {}", cpuinfo("CPU implementer"), cpuinfo("CPU part"));
  const std::vector<std::string> features = processor_features();
  std::vector<std::string> units;
  for (const char* unit : kUnits) {
    if (std::ranges::find(features, unit) != features.end()) units.emplace_back(unit);
  }
  const auto cores = find_cores();
  return fmt::format("{}, {} cores, {}", model, cores ? cores->size() : 0, fmt::join(units, " "));
}

Result<std::vector<ProviderStatus>> try_providers() {
  MOSAIC_TRY(const std::vector<std::string> names, ort::list_providers());
  std::vector<ProviderStatus> statuses;
  for (const std::string& name : names) {
    if (name == "CPU" || name == "Azure") continue;
    const auto tried = ort::try_provider(name);
    statuses.push_back({.provider = name, .problem = tried ? std::nullopt : std::optional(tried.error().message)});
  }
  return statuses;
}

Result<Board> discover_host() {
  MOSAIC_TRY(const std::vector<Core> cores, find_cores());
  Board board;
  board.name = "host";
  board.machine = machine_name();
  board.spaces.push_back({.name = "host", .limit = {}});
  board.devices = cpu_devices(cores);
  MOSAIC_TRY(const Board cpus_only, make_board(board));
  MOSAIC_RETURN_IF_ERROR(ort::share_threads(cpus_only.widest_spinning_cores()));  // trying providers makes the engine's environment
  MOSAIC_TRY(const std::vector<ProviderStatus> providers, try_providers());
  for (const ProviderStatus& each : providers) {
    if (each.problem) continue;
    Device device;
    device.name = board.devices.back().kind == DeviceKind::kCpu ? "gpu" : fmt::format("gpu-{}", each.provider);
    device.kind = DeviceKind::kGpu;
    device.provider = each.provider;
    device.space = SpaceId(board.spaces.size());
    device.points.push_back({});
    board.spaces.push_back({.name = device.name, .limit = {}});
    board.devices.push_back(std::move(device));
  }
  return make_board(std::move(board));
}

}  // namespace mosaic
