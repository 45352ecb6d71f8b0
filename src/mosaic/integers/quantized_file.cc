#include "mosaic/integers/quantized_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"
#include "mosaic/integers/validate.h"

namespace mosaic::integers {
namespace {

using network::Kind;
using Numbers = std::vector<std::int64_t>;

constexpr std::int64_t kSchemaVersion = 1;
constexpr std::int64_t kDigitalBits = 8;
constexpr std::int64_t kAnalogBits = 2;  // for three values

constexpr std::array<std::pair<Kind, std::string_view>, 9> kKinds{{{Kind::kInput, "input"},
                                                                   {Kind::kConvolution, "convolution"},
                                                                   {Kind::kAdd, "add"},
                                                                   {Kind::kConcat, "concat"},
                                                                   {Kind::kMaxPool, "max_pool"},
                                                                   {Kind::kAveragePool, "average_pool"},
                                                                   {Kind::kGlobalPool, "global_pool"},
                                                                   {Kind::kSubsample, "subsample"},
                                                                   {Kind::kFlatten, "flatten"}}};

bool states_window(Kind kind) {
  return kind == Kind::kConvolution || kind == Kind::kMaxPool || kind == Kind::kAveragePool || kind == Kind::kSubsample;
}

template <class Values, class Get>
Json list(const Values& values, Get get) {
  Json result = Json::array();
  for (const auto& value : values) result.push_back(get(value));
  return result;
}

Json convolution_json(const Convolution& convolution) {
  Json json;
  json["groups"] = convolution.groups;
  json["channels"] = list(convolution.rows, [](const Row& row) { return row.channel; });
  json["bits"] = list(convolution.rows, [](const Row& row) { return row.accelerator == Accelerator::kDigital ? kDigitalBits : kAnalogBits; });
  json["biases"] = list(convolution.rows, [](const Row& row) { return std::int64_t{row.bias}; });
  json["bias_shifts"] = list(convolution.rows, [](const Row& row) { return row.bias_shift; });
  json["mantissas"] = list(convolution.rows, [](const Row& row) { return row.multiplier.mantissa; });
  json["shifts"] = list(convolution.rows, [](const Row& row) { return row.multiplier.shift; });
  json["weights"] = Json::array();
  const auto each = static_cast<std::ptrdiff_t>(convolution.weights.size() / std::max<std::size_t>(1, convolution.rows.size()));
  for (auto row = convolution.weights.begin(); row != convolution.weights.end(); row += each)
    json["weights"].push_back(std::vector<int>(row, row + each));
  return json;
}

Json node_json(const QuantizedNode& node) {
  Json json;
  json["name"] = node.name;
  json["kind"] = std::ranges::find(kKinds, node.kind, [](const auto& each) { return each.first; })->second;
  json["inputs"] = node.inputs;
  json["extent"] = {node.extent.channels, node.extent.height, node.extent.width};
  json["scale"] = node.format.scale;
  json["range"] = {node.format.low, node.format.high};
  if (states_window(node.kind)) {
    json["kernel"] = node.window.kernel;
    json["stride"] = node.window.stride;
    json["padding"] = node.window.padding;
  }
  if (node.kind == Kind::kSubsample) json["zero_channels"] = node.zero_channels;
  if (!node.multipliers.empty()) {
    json["mantissas"] = list(node.multipliers, [](const Multiplier& each) { return each.mantissa; });
    json["shifts"] = list(node.multipliers, [](const Multiplier& each) { return each.shift; });
  }
  if (node.kind == Kind::kConvolution) json["convolution"] = convolution_json(node.convolution);
  return json;
}

/// Reads one object; narrows what it holds and remembers what does not fit.
class Reader {
 public:
  Reader(const Json& json, const std::string& where) : fields_(json, where) {}

  Fields& fields() { return fields_; }

  template <class To>
  To narrowed(std::int64_t value, const char* key) {
    if (value < std::numeric_limits<To>::min() || value > std::numeric_limits<To>::max())
      fields_.reject(fmt::format("key '{}': {} is too large", key, value));
    return static_cast<To>(value);
  }

  /// A required list of just `count` integers; zeros where it is not.
  Numbers list(const char* key, std::size_t count) {
    Numbers values;
    fields_.required(key, values);
    if (values.size() != count) fields_.reject(fmt::format("key '{}' has {} numbers, {} are right", key, values.size(), count));
    values.resize(count);
    return values;
  }

  template <class To, std::size_t Count>
  std::array<To, Count> array(const char* key) {
    std::array<To, Count> result{};
    const Numbers values = list(key, Count);
    for (std::size_t i = 0; i < Count; ++i) result[i] = narrowed<To>(values[i], key);
    return result;
  }

  std::vector<Multiplier> multipliers(std::size_t count) {
    const Numbers mantissas = list("mantissas", count);
    const Numbers shifts = list("shifts", count);
    std::vector<Multiplier> result;
    for (std::size_t i = 0; i < count; ++i)
      result.push_back({.mantissa = narrowed<std::int32_t>(mantissas[i], "mantissas"), .shift = narrowed<std::int32_t>(shifts[i], "shifts")});
    return result;
  }

 private:
  Fields fields_;
};

Result<Convolution> read_convolution(const Json& json, std::int64_t in, const std::string& where) {
  Reader reader(json, where);
  Convolution convolution{.in = in};
  Numbers channels;
  std::vector<Numbers> weights;
  reader.fields().required("groups", convolution.groups).required("channels", channels).required("weights", weights);
  const std::size_t rows = channels.size();
  convolution.out = static_cast<std::int64_t>(rows);
  const Numbers bits = reader.list("bits", rows);
  const Numbers biases = reader.list("biases", rows);
  const Numbers shifts = reader.list("bias_shifts", rows);
  const std::vector<Multiplier> multipliers = reader.multipliers(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    if (bits[r] != kDigitalBits && bits[r] != kAnalogBits)
      reader.fields().reject(fmt::format("key 'bits': {}; {} (digital) or {} (analog, ternary)", bits[r], kDigitalBits, kAnalogBits));
    convolution.rows.push_back({.channel = channels[r],
                                .accelerator = bits[r] == kDigitalBits ? Accelerator::kDigital : Accelerator::kAnalog,
                                .bias = reader.narrowed<std::int16_t>(biases[r], "biases"),
                                .bias_shift = reader.narrowed<std::int32_t>(shifts[r], "bias_shifts"),
                                .multiplier = multipliers[r]});
  }
  for (const Numbers& row : weights) {
    if (row.size() != weights[0].size()) reader.fields().reject("key 'weights': rows of different lengths");
    for (const std::int64_t value : row) convolution.weights.push_back(reader.narrowed<std::int8_t>(value, "weights"));
  }
  MOSAIC_RETURN_IF_ERROR(reader.fields().finish());
  return convolution;
}

Result<QuantizedNode> read_node(const Json& json, const std::vector<QuantizedNode>& before, const std::string& where) {
  Reader reader(json, where);
  QuantizedNode node;
  std::string kind;
  Numbers inputs;
  reader.fields().required("name", node.name).required("kind", kind).required("inputs", inputs).required("scale", node.format.scale);
  const auto* const known = std::ranges::find(kKinds, kind, [](const auto& each) { return each.second; });
  if (known == kKinds.end()) return fail(ErrorCode::kInvalidInput, fmt::format("{}: key 'kind': '{}' is not known", where, kind));
  node.kind = known->first;
  for (const std::int64_t input : inputs) {
    if (input < 0 || input >= static_cast<std::int64_t>(before.size()))
      return fail(ErrorCode::kInvalidInput, fmt::format("{}: its input {} does not come before it", where, input));
    node.inputs.push_back(static_cast<std::size_t>(input));
  }
  const auto extent = reader.array<std::int64_t, 3>("extent");
  node.extent = {.channels = extent[0], .height = extent[1], .width = extent[2]};
  const auto range = reader.array<std::int32_t, 2>("range");
  node.format.low = range[0];
  node.format.high = range[1];
  if (states_window(node.kind))
    node.window = {.kernel = reader.array<std::int64_t, 2>("kernel"),
                   .stride = reader.array<std::int64_t, 2>("stride"),
                   .padding = reader.array<std::int64_t, 4>("padding")};
  if (node.kind == Kind::kSubsample) node.zero_channels = reader.array<std::int64_t, 2>("zero_channels");
  if (reader.fields().has("mantissas")) node.multipliers = reader.multipliers(json["mantissas"].size());
  Json convolution;
  if (node.kind == Kind::kConvolution) reader.fields().required("convolution", convolution);
  MOSAIC_RETURN_IF_ERROR(reader.fields().finish());
  if (node.kind != Kind::kConvolution || node.inputs.empty()) return node;
  MOSAIC_TRY(node.convolution, read_convolution(convolution, before[node.inputs[0]].extent.channels, where + ": key 'convolution'"));
  return node;
}

}  // namespace

std::string format_quantized(const QuantizedNetwork& network) {
  Json json;
  json["schema_version"] = kSchemaVersion;
  json["name"] = network.name;
  json["nodes"] = list(network.nodes, node_json);
  return to_text(json);
}

Result<QuantizedNetwork> parse_quantized(std::string_view text, std::string_view where) {
  auto json = parse_json(text);
  if (!json) return within(where, json.error());
  if (auto schema = check_schema(*json, kSchemaVersion, "quantised network"); !schema) return within(where, schema.error());
  QuantizedNetwork network;
  std::int64_t version = 0;
  std::vector<Json> nodes;
  Fields fields(*json, std::string(where));
  fields.required("schema_version", version).required("name", network.name).required("nodes", nodes);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    MOSAIC_TRY(QuantizedNode node, read_node(nodes[i], network.nodes, fmt::format("{}: node {}", where, i)));
    network.nodes.push_back(std::move(node));
  }
  if (auto valid = validate(network); !valid) return within(where, valid.error());
  return network;
}

Fingerprint fingerprint(const QuantizedNetwork& network) { return Hasher().add(format_quantized(network)).fingerprint(); }

Result<QuantizedNetwork> read_quantized(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string text, read_file(path));
  return parse_quantized(text, path.string());
}

Result<void> write_quantized(const QuantizedNetwork& network, const std::filesystem::path& path) {
  return write_file(path, format_quantized(network));
}

}  // namespace mosaic::integers
