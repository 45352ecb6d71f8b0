#include "mosaic/backend/sim/truth.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/json.h"

namespace mosaic::sim {
namespace {

std::unexpected<Error> invalid(std::string message) { return fail(ErrorCode::kInvalidInput, std::move(message)); }

Result<Speed> read_speed(const Json& json, const std::string& where) {
  Fields fields(json, where);
  Speed speed;
  fields.required("gmacs", speed.gmacs).required("gbytes", speed.gbytes);
  const bool possible = speed.gmacs > 0 && speed.gbytes > 0;  // which what is not a number is not
  if (!possible) fields.reject("speeds must be positive");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return speed;
}

Result<std::size_t> find_device(const Board& board, const std::string& name, const std::string& where, bool caller_too) {
  const auto found = std::ranges::find(board.devices, name, &Device::name);
  if (found != board.devices.end()) return static_cast<std::size_t>(found - board.devices.begin());
  if (caller_too && name == "caller") return board.devices.size();
  return invalid(fmt::format("{}: the board has no device '{}'", where, name));
}

Result<DeviceTruth> read_device(const Json& json, const std::string& where, std::string& name) {
  Fields fields(json, where);
  DeviceTruth truth;
  Json operators;
  std::int64_t cache = 0;
  std::optional<std::int64_t> memory;
  fields.required("device", name).required("operators", operators).optional("parallel_share", truth.parallel_share);
  fields.optional("memory_bound_share", truth.memory_bound_share).optional("layer_us", truth.layer_us).optional("enter_us", truth.enter_us);
  fields.optional("enter_gbytes", truth.enter_gbytes).optional("fusion_share", truth.fusion_share).optional("cache_bytes", cache);
  fields.optional("miss_share", truth.miss_share).optional("slow_down", truth.slow_down).optional("lacks", truth.lacks);
  fields.optional("memory_bytes", memory).optional("fail_at_call", truth.fail_at_call);
  for (const double share : {truth.parallel_share, truth.memory_bound_share, truth.fusion_share}) {
    const bool in_range = share >= 0 && share <= 1;
    if (!in_range) fields.reject("a share lies between 0 and 1");
  }
  for (const double time : {truth.layer_us, truth.enter_us, truth.miss_share}) {
    if (!(time >= 0)) fields.reject("a time must not be negative");
  }
  if (!(truth.slow_down > 0) || !(truth.enter_gbytes > 0)) fields.reject("a factor must be positive");
  if (!operators.is_object() || !operators.contains("default")) fields.reject("key 'operators' must be a mapping with an entry 'default'");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  truth.cache = Bytes{cache};
  if (memory) truth.memory = Bytes{*memory};
  for (const auto& [op, speed] : operators.items()) {
    MOSAIC_TRY(truth.speeds[op], read_speed(speed, fmt::format("{}, operator {}", where, op)));
  }
  return truth;
}

Result<LinkTruth> read_link(const Json& json, const std::string& where, std::string* from, std::string* to) {
  Fields fields(json, where);
  LinkTruth link;
  if (from != nullptr) fields.required("from", *from).required("to", *to);
  fields.required("us", link.us).required("gbytes", link.gbytes);
  const bool possible = link.us >= 0 && link.gbytes > 0;  // which what is not a number is not
  if (!possible) fields.reject("times and speeds must be positive");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return link;
}

/// The operator that decides how fast a layer is: the one with most multiply-accumulates, the first one where none has any.
const std::string& main_operator(const Graph& graph, const Layer& layer) {
  const auto main = std::ranges::max_element(layer.nodes, {}, [&](NodeId id) { return graph.node(id).macs; });
  return graph.node(*main).op;
}

constexpr double kGiga = 1e9;

double gigabyte_us(Bytes bytes, double gbytes) { return static_cast<double>(bytes.value) / (gbytes * kGiga) * 1e6; }

}  // namespace

Result<Truth> Truth::parse(const Board& board) {
  const std::string where = fmt::format("board '{}': simulation", board.name);
  if (!board.simulated()) return invalid(where + ": is missing");
  MOSAIC_TRY(const Json json, parse_json(board.simulation));
  Truth truth;
  auto seed = static_cast<std::int64_t>(truth.seed);
  std::vector<Json> devices;
  std::vector<Json> links;
  Json default_link;
  Fields fields(json, where);
  fields.optional("seed", seed).optional("noise_percent", truth.noise_percent).required("devices", devices).optional("links", links);
  fields.optional("default_link", default_link);
  const bool noise_in_range = truth.noise_percent >= 0 && truth.noise_percent < 50;
  if (!noise_in_range) fields.reject("noise_percent lies between 0 and 50");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  truth.seed = static_cast<std::uint64_t>(seed);

  truth.devices.resize(board.devices.size());
  std::vector<bool> described(board.devices.size(), false);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const std::string label = fmt::format("{}: device {}", where, i);
    std::string name;
    MOSAIC_TRY(DeviceTruth device, read_device(devices[i], label, name));
    MOSAIC_TRY(const std::size_t index, find_device(board, name, label, false));
    truth.devices[index] = std::move(device);
    described[index] = true;
  }
  for (std::size_t d = 0; d < described.size(); ++d) {
    if (!described[d]) return invalid(fmt::format("{}: device '{}' is not described", where, board.devices[d].name));
  }
  if (!default_link.is_null()) {
    MOSAIC_TRY(truth.default_link, read_link(default_link, where + ": default_link", nullptr, nullptr));
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    const std::string label = fmt::format("{}: link {}", where, i);
    std::string from;
    std::string to;
    MOSAIC_TRY(const LinkTruth link, read_link(links[i], label, &from, &to));
    MOSAIC_TRY(const std::size_t from_index, find_device(board, from, label, true));
    MOSAIC_TRY(const std::size_t to_index, find_device(board, to, label, true));
    truth.links[{from_index, to_index}] = link;
  }
  return truth;
}

Microseconds Truth::slice_time(const Graph& graph, const Board& board, std::span<const LayerId> layers, ConfigurationId configuration) const {
  const DeviceTruth& device = devices[board.configuration(configuration).device.index()];
  const OperatingPoint& point = board.point_of(configuration);
  const double cores = std::max(point.cores, 1);
  const double speed_up = 1 / (1 - device.parallel_share + device.parallel_share / cores);
  double clock_share = 1;  // of the highest clock of the device
  for (const OperatingPoint& other : board.device_of(configuration).points) {
    if (point.clock && other.clock)
      clock_share = std::min(clock_share, static_cast<double>(point.clock->value) / static_cast<double>(other.clock->value));
  }
  const double stretch = device.memory_bound_share + (1 - device.memory_bound_share) / clock_share;

  Bytes weights;
  for (const LayerId id : layers) weights += graph.layer(id).weights;
  const double miss = device.cache.value > 0 && weights > device.cache ? 1 + device.miss_share : 1;

  double total = device.enter_us;
  for (const TensorId id : graph.layer(layers.front()).inputs) total += gigabyte_us(graph.tensor(id).bytes().value_or(Bytes{}), device.enter_gbytes);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = graph.layer(layers[i]);
    const auto known = device.speeds.find(main_operator(graph, layer));
    const Speed& speed = known == device.speeds.end() ? device.speeds.at("default") : known->second;
    const double compute = static_cast<double>(layer.macs) / (speed.gmacs * kGiga) * 1e6 / speed_up;
    const double spared = i > 0 ? device.fusion_share : 0;
    const double traffic = gigabyte_us(layer.weights, speed.gbytes) * miss + gigabyte_us(layer.activations, speed.gbytes) * (1 - spared);
    total +=
        device.layer_us + std::max(compute, traffic) * stretch + 0.2 * std::min(compute, traffic);  // computing and moving overlap, but not perfectly
  }
  return Microseconds(total * device.slow_down);
}

Microseconds Truth::link_time(std::size_t from, std::size_t to, Bytes bytes) const {
  if (from == to) return Microseconds(0);
  const auto found = links.find({from, to});
  const bool to_caller = from == devices.size() || to == devices.size();
  if (found == links.end() && to_caller) return Microseconds(0);
  const LinkTruth& link = found == links.end() ? default_link : found->second;
  return Microseconds(link.us + gigabyte_us(bytes, link.gbytes));
}

}  // namespace mosaic::sim
