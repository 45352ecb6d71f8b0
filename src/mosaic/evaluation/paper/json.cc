#include "mosaic/evaluation/paper/json.h"

#include <fmt/format.h>

namespace mosaic::evaluation {
namespace {

Json json_of(const TimeEnergy& cost) { return {{"us", cost.time.count()}, {"joules", cost.energy.value}}; }

Result<TimeEnergy> cost_from(const Json& json, const std::string& where) {
  Fields fields(json, where);
  double microseconds = 0;
  TimeEnergy cost;
  fields.required("us", microseconds).required("joules", cost.energy.value);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  cost.time = Microseconds(microseconds);
  return cost;
}

Json json_of(const VersionResult& version) {
  Json plan = Json::array();
  for (const SliceName& slice : version.plan)
    plan.push_back({{"device", std::string(1, slice.device)}, {"first_layer", slice.first_layer}, {"mhz", slice.mhz}});
  Json json{{"version", version.version}, {"plan", plan}, {"measured", json_of(version.measured)}};
  if (version.estimated) json["estimated"] = json_of(*version.estimated);
  return json;
}

Result<char> letter(const std::string& text, const std::string& where) {
  if (text.size() == 1) return text.front();
  return fail(ErrorCode::kInvalidInput, fmt::format("{}: a device is one letter, not '{}'", where, text));
}

Result<SliceName> slice_from(const Json& json, const std::string& where) {
  Fields fields(json, where);
  std::string device;
  std::int64_t first = 0;
  SliceName slice;
  fields.required("device", device).required("first_layer", first).required("mhz", slice.mhz);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  MOSAIC_TRY(slice.device, letter(device, where));
  slice.first_layer = static_cast<std::size_t>(first);
  return slice;
}

Result<VersionResult> version_from(const Json& json, const std::string& where) {
  Fields fields(json, where);
  VersionResult version;
  std::vector<Json> plan;
  Json measured;
  std::optional<Json> estimated;
  fields.required("version", version.version).required("plan", plan).required("measured", measured).optional("estimated", estimated);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  MOSAIC_TRY(version.measured, cost_from(measured, where));
  if (estimated) {
    MOSAIC_TRY(version.estimated, cost_from(*estimated, where));
  }
  for (const Json& each : plan) {
    MOSAIC_TRY(const SliceName slice, slice_from(each, where));
    version.plan.push_back(slice);
  }
  return version;
}

Json json_of(const PlanDifference& difference) {
  Json json{
      {"parts", Json::array()}, {"our_handing_over", difference.our_handing_over}, {"published_handing_over", difference.published_handing_over}};
  for (const PlanDifference::Part& part : difference.parts) {
    json["parts"].push_back({{"ours", std::string(1, part.ours)},
                             {"published", std::string(1, part.published)},
                             {"layers", part.layers},
                             {"our_cost", part.our_cost},
                             {"published_cost", part.published_cost}});
  }
  return json;
}

Result<PlanDifference> difference_from(const Json& json, const std::string& where) {
  Fields fields(json, where);
  PlanDifference difference;
  std::vector<Json> parts;
  fields.required("parts", parts).required("our_handing_over", difference.our_handing_over);
  fields.required("published_handing_over", difference.published_handing_over);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  for (const Json& each : parts) {
    Fields of(each, where);
    PlanDifference::Part part;
    std::string ours;
    std::string published;
    std::int64_t layers = 0;
    of.required("ours", ours).required("published", published).required("layers", layers);
    of.required("our_cost", part.our_cost).required("published_cost", part.published_cost);
    MOSAIC_RETURN_IF_ERROR(of.finish());
    MOSAIC_TRY(part.ours, letter(ours, where));
    MOSAIC_TRY(part.published, letter(published, where));
    part.layers = static_cast<std::size_t>(layers);
    difference.parts.push_back(part);
  }
  return difference;
}

Result<LayerOnDevice> layer_from(const Json& json, const std::string& where) {
  Fields fields(json, where);
  std::string device;
  std::int64_t number = 0;
  std::optional<Json> measured;
  LayerOnDevice layer;
  fields.required("device", device).required("layer", number).optional("measured", measured);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  MOSAIC_TRY(layer.device, letter(device, where));
  layer.layer = static_cast<std::size_t>(number);
  if (measured) {
    MOSAIC_TRY(layer.measured, cost_from(*measured, where));
  }
  return layer;
}

}  // namespace

Json to_json(const NetworkResult& network) {
  Json json{{"key", network.key}, {"large", network.large}, {"latency", Json::array()}, {"energy", Json::array()}, {"layers", Json::array()}};
  for (const VersionResult& version : network.latency) json["latency"].push_back(json_of(version));
  for (const VersionResult& version : network.energy) json["energy"].push_back(json_of(version));
  for (const LayerOnDevice& layer : network.layers) {
    Json each{{"device", std::string(1, layer.device)}, {"layer", layer.layer}};
    if (layer.measured) each["measured"] = json_of(*layer.measured);
    json["layers"].push_back(each);
  }
  if (network.latency_difference) json["latency_difference"] = json_of(*network.latency_difference);
  if (network.energy_difference) json["energy_difference"] = json_of(*network.energy_difference);
  return json;
}

Result<NetworkResult> network_from_json(const Json& json, const std::string& where) {
  Fields fields(json, where);
  NetworkResult network;
  std::vector<Json> latency;
  std::vector<Json> energy;
  std::vector<Json> layers;
  fields.required("key", network.key).required("large", network.large).required("latency", latency).required("energy", energy);
  std::optional<Json> latency_difference;
  std::optional<Json> energy_difference;
  fields.required("layers", layers).optional("latency_difference", latency_difference).optional("energy_difference", energy_difference);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  for (const Json& each : latency) {
    MOSAIC_TRY(VersionResult version, version_from(each, where));
    network.latency.push_back(std::move(version));
  }
  for (const Json& each : energy) {
    MOSAIC_TRY(VersionResult version, version_from(each, where));
    network.energy.push_back(std::move(version));
  }
  for (const Json& each : layers) {
    MOSAIC_TRY(const LayerOnDevice layer, layer_from(each, where));
    network.layers.push_back(layer);
  }
  if (latency_difference) {
    MOSAIC_TRY(network.latency_difference, difference_from(*latency_difference, where));
  }
  if (energy_difference) {
    MOSAIC_TRY(network.energy_difference, difference_from(*energy_difference, where));
  }
  return network;
}

Json to_json(const PaperResults& results) {
  Json json{{"seed", results.seed}, {"board", results.board}, {"fitted", results.fitted}, {"simulated", true}};
  for (const NetworkResult& network : results.networks) json["networks"].push_back(to_json(network));
  for (const ThreeSlices& point : results.sweep)
    json["three_slices"].push_back({{"second", point.second}, {"third", point.third}, {"us", point.measured.count()}});
  for (const CommunicationPoint& point : results.communication) {
    json["communication"].push_back(
        {{"device", std::string(1, point.device)}, {"bytes", point.bytes}, {"us", point.measured.count()}, {"fitted_us", point.fitted.count()}});
  }
  for (const RichnessResult& each : results.richness) {
    json["richness"].push_back(
        {{"richness", each.richness}, {"latency_error_percent", each.latency_error_percent}, {"energy_error_percent", each.energy_error_percent}});
  }
  return json;
}

}  // namespace mosaic::evaluation
