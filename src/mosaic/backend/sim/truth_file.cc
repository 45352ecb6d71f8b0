#include <fmt/format.h>

#include <algorithm>

#include "mosaic/backend/sim/truth.h"
#include "mosaic/base/json.h"

namespace mosaic::sim {
namespace {

Result<Speed> read_speed(const Json& json, const std::string& where) {
  Fields fields(json, where);
  Speed speed;
  std::optional<double> weight_gbytes;
  fields.required("gmacs", speed.gmacs)
      .required("gbytes", speed.gbytes)
      .optional("weight_gbytes", weight_gbytes)
      .optional("watts", speed.power.value);
  speed.weight_gbytes = weight_gbytes.value_or(speed.gbytes);
  const bool possible = speed.gmacs > 0 && speed.gbytes > 0 && speed.weight_gbytes > 0;  // which what is not a number is not
  if (!possible) fields.reject("speeds must be positive");
  if (!(speed.power.value >= 0)) fields.reject("power must not be negative");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return speed;
}

Result<std::size_t> find_device(const Board& board, const std::string& name, const std::string& where, bool caller_too) {
  const auto found = std::ranges::find(board.devices, name, &Device::name);
  if (found != board.devices.end()) return static_cast<std::size_t>(found - board.devices.begin());
  if (caller_too && name == "caller") return board.devices.size();
  return invalid(fmt::format("{}: the board has no device '{}'", where, name));
}

Result<Deviations> read_deviations(const Json& json, const std::string& where) {
  Fields fields(json, where);
  Deviations deviations;
  fields.optional("clock_mean", deviations.clock_mean).optional("clock_point", deviations.clock_point);
  fields.optional("clock_layer", deviations.clock_layer).optional("power_mean", deviations.power_mean);
  fields.optional("power_layer", deviations.power_layer).optional("hand_over", deviations.hand_over);
  for (const double share :
       {deviations.clock_mean, deviations.clock_point, deviations.clock_layer, deviations.power_mean, deviations.power_layer, deviations.hand_over}) {
    const bool in_range = share > -1 && share < 1;
    if (!in_range) fields.reject("a deviation lies between -1 and 1");
  }
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return deviations;
}

/// Reads what is a single number or text, and checks its range.
void read_numbers(Fields& fields, DeviceTruth& truth) {
  std::int64_t cache = 0;
  std::optional<std::int64_t> memory;
  fields.optional("parallel_share", truth.parallel_share).optional("memory_bound_share", truth.memory_bound_share);
  fields.optional("layer_us", truth.layer_us).optional("enter_us", truth.enter_us).optional("enter_gbytes", truth.enter_gbytes);
  fields.optional("leave_us", truth.leave_us).optional("leave_gbytes", truth.leave_gbytes);
  fields.optional("hand_over_watts", truth.hand_over_power.value).optional("static_watts", truth.static_power.value);
  fields.optional("fusion_share", truth.fusion_share).optional("cache_bytes", cache).optional("miss_share", truth.miss_share);
  fields.optional("slow_down", truth.slow_down).optional("lacks", truth.lacks).optional("memory_bytes", memory);
  fields.optional("fail_at_call", truth.fail_at_call);
  for (const double share : {truth.parallel_share, truth.memory_bound_share, truth.fusion_share}) {
    const bool in_range = share >= 0 && share <= 1;
    if (!in_range) fields.reject("a share lies between 0 and 1");
  }
  for (const double time : {truth.layer_us, truth.enter_us, truth.leave_us, truth.leave_gbytes, truth.miss_share}) {
    if (!(time >= 0)) fields.reject("a time must not be negative");
  }
  for (const Watts power : {truth.hand_over_power, truth.static_power}) {
    if (!(power.value >= 0)) fields.reject("power must not be negative");
  }
  if (!(truth.slow_down > 0) || !(truth.enter_gbytes > 0)) fields.reject("a factor must be positive");
  truth.cache = Bytes{cache};
  if (memory) truth.memory = Bytes{*memory};
}

Result<DeviceTruth> read_device(const Json& json, const std::string& where, std::string& name) {
  Fields fields(json, where);
  DeviceTruth truth;
  Json operators;
  Json deviations = Json::object();
  fields.required("device", name).required("operators", operators).optional("deviations", deviations);
  read_numbers(fields, truth);
  if (!operators.is_object() || !operators.contains("default")) fields.reject("key 'operators' must be a mapping with an entry 'default'");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  MOSAIC_TRY(truth.deviations, read_deviations(deviations, where + ", deviations"));
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

Result<Governor> read_governor(const Json& json, const std::string& where) {
  Fields fields(json, where);
  double period_ms = 0;
  Governor governor;
  fields.required("period_ms", period_ms).required("up_threshold", governor.up_threshold);
  const bool possible = period_ms >= 0.1 && period_ms <= 1e4 && governor.up_threshold > 0 && governor.up_threshold <= 1;
  if (!possible) fields.reject("period_ms lies between 0.1 and 10,000, up_threshold between 0 and 1");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  governor.period = Milliseconds(period_ms);
  return governor;
}

Result<void> read_devices(const std::vector<Json>& devices, const Board& board, const std::string& where, Truth& truth) {
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
  return {};
}

Result<void> read_links(const std::vector<Json>& links, const Board& board, const std::string& where, Truth& truth) {
  for (std::size_t i = 0; i < links.size(); ++i) {
    const std::string label = fmt::format("{}: link {}", where, i);
    std::string from;
    std::string to;
    MOSAIC_TRY(const LinkTruth link, read_link(links[i], label, &from, &to));
    MOSAIC_TRY(const std::size_t from_index, find_device(board, from, label, true));
    MOSAIC_TRY(const std::size_t to_index, find_device(board, to, label, true));
    truth.links[{from_index, to_index}] = link;
  }
  return {};
}

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
  Json governor;
  Fields fields(json, where);
  fields.optional("seed", seed).optional("noise_percent", truth.noise_percent).optional("power_noise_percent", truth.power_noise_percent);
  fields.optional("richness", truth.richness).optional("governor", governor);
  fields.required("devices", devices).optional("links", links).optional("default_link", default_link);
  for (const double noise : {truth.noise_percent, truth.power_noise_percent}) {
    const bool in_range = noise >= 0 && noise < 50;
    if (!in_range) fields.reject("noise_percent and power_noise_percent lie between 0 and 50");
  }
  const bool rich = truth.richness >= 0 && truth.richness <= 10;
  if (!rich) fields.reject("richness lies between 0 and 10");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  truth.seed = static_cast<std::uint64_t>(seed);

  MOSAIC_RETURN_IF_ERROR(read_devices(devices, board, where, truth));
  if (!default_link.is_null()) {
    MOSAIC_TRY(truth.default_link, read_link(default_link, where + ": default_link", nullptr, nullptr));
  }
  MOSAIC_RETURN_IF_ERROR(read_links(links, board, where, truth));
  if (!governor.is_null()) {
    MOSAIC_TRY(truth.governor, read_governor(governor, where + ": governor"));
  }
  return truth;
}

}  // namespace mosaic::sim
