#include <fmt/format.h>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"
#include "mosaic/mapping/mapping.h"

namespace mosaic::mapping {
namespace {

constexpr std::int64_t kSchemaVersion = 1;
constexpr std::int64_t kDigitalBits = 8;
constexpr std::int64_t kAnalogBits = 2;  // for three values

Result<LayerMapping> read_layer(const Json& json, const std::string& where) {
  LayerMapping layer;
  std::vector<std::int64_t> bits;
  Fields fields(json, where);
  fields.required("name", layer.name).required("bits", bits);
  for (std::size_t c = 0; c < bits.size(); ++c) {
    if (bits[c] != kDigitalBits && bits[c] != kAnalogBits) {
      fields.reject(fmt::format("key 'bits': channel {} has {}; {} (digital) or {} (analog, ternary)", c, bits[c], kDigitalBits, kAnalogBits));
    }
    layer.channels.push_back(bits[c] == kDigitalBits ? Unit::kDigital : Unit::kAnalog);
  }
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return layer;
}

}  // namespace

std::string format_mapping(const Mapping& mapping) {
  Json json;
  json["schema_version"] = kSchemaVersion;
  json["network"] = {{"name", mapping.network_name}, {"fingerprint", mapping.network}};
  json["board"] = mapping.board_name;
  json["layers"] = Json::array();
  for (const LayerMapping& layer : mapping.layers) {
    Json bits = Json::array();
    for (const Unit unit : layer.channels) bits.push_back(unit == Unit::kDigital ? kDigitalBits : kAnalogBits);
    Json each;
    each["name"] = layer.name;
    each["bits"] = std::move(bits);
    json["layers"].push_back(std::move(each));
  }
  return to_text(json);
}

Result<Mapping> parse_mapping(std::string_view text, std::string_view where) {
  const std::string label(where);
  auto json = parse_json(text);
  if (!json) return within(where, json.error());
  if (auto schema = check_schema(*json, kSchemaVersion, "mapping"); !schema) return within(where, schema.error());

  Mapping mapping;
  std::int64_t version = 0;
  Json network;
  std::vector<Json> layers;
  Fields fields(*json, label);
  fields.required("schema_version", version).required("network", network).optional("board", mapping.board_name).required("layers", layers);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  Fields named(network, label + ": key 'network'");
  named.optional("name", mapping.network_name).required("fingerprint", mapping.network);
  MOSAIC_RETURN_IF_ERROR(named.finish());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    MOSAIC_TRY(LayerMapping layer, read_layer(layers[l], fmt::format("{}: layer {}", where, l)));
    mapping.layers.push_back(std::move(layer));
  }
  return mapping;
}

Result<Mapping> read_mapping(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string text, read_file(path));
  return parse_mapping(text, path.string());
}

Result<void> write_mapping(const Mapping& mapping, const std::filesystem::path& path) { return write_file(path, format_mapping(mapping)); }

}  // namespace mosaic::mapping
