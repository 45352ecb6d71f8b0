#include "mosaic/http/kserve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "mosaic/base/json.h"
#include "mosaic/http/elements.h"

namespace mosaic::http {
namespace {

/// On one line; names may be any bytes, so what is not UTF-8 is replaced.
std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// What a client sent, for messages to it.
std::string shown(const Json& json) { return text_of(json).substr(0, 40); }

/// A parameter of a request, an input or an output; null where there is none.
const Json& parameter(const Json& owner, const char* key) {
  static const Json none;
  const auto parameters = owner.find("parameters");
  if (parameters == owner.end() || !parameters->is_object()) return none;
  const auto found = parameters->find(key);
  return found == parameters->end() ? none : *found;
}

Result<bool> flag(const Json& owner, const char* key, bool otherwise) {
  const Json& value = parameter(owner, key);
  if (value.is_null()) return otherwise;
  if (!value.is_boolean()) return invalid(fmt::format("parameter '{}' must be true or false", key));
  return value.get<bool>();
}

/// A count that is not negative; `most` bounds it.
Result<std::int64_t> count_of(const Json& value, std::string_view what, std::int64_t most) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > static_cast<std::uint64_t>(most))
    return invalid(fmt::format("{} must be an integer from 0 to {}", what, most));
  return value.get<std::int64_t>();
}

Result<void> refuse_extensions(const Json& owner) {
  for (const char* key : {"shared_memory_region", "classification"}) {
    if (!parameter(owner, key).is_null())
      return fail(ErrorCode::kUnsupported, fmt::format("parameter '{}' is of an extension that there is not here", key));
  }
  return {};
}

/// What a request says of an input or output of the model.
using Entry = std::pair<const TensorType*, const Json*>;

/// A list of objects with a name each, none twice, all of them known. Empty where the key is absent.
Result<std::vector<Entry>> named_entries(const Json& request, const char* key, const std::vector<TensorType>& known) {
  std::vector<Entry> entries;
  const auto list = request.find(key);
  if (list == request.end()) return entries;
  if (!list->is_array()) return invalid(fmt::format("key '{}' must be a list", key));
  for (const Json& entry : *list) {
    if (!entry.is_object()) return invalid(fmt::format("'{}' must hold objects", key));
    const auto name = entry.find("name");
    if (name == entry.end() || !name->is_string()) return invalid(fmt::format("an entry of '{}' has no name", key));
    const auto type = std::ranges::find(known, name->get_ref<const std::string&>(), &TensorType::name);
    if (type == known.end()) {
      std::vector<std::string_view> names;
      for (const TensorType& each : known) names.push_back(each.name);
      return invalid(fmt::format("'{}' has no place for {}: the model has {}", key, shown(*name), fmt::join(names, ", ")));
    }
    if (std::ranges::any_of(entries, [&](const Entry& before) { return before.first == &*type; }))
      return invalid(fmt::format("'{}' has {} twice", key, shown(*name)));
    entries.emplace_back(&*type, &entry);
  }
  return entries;
}

bool fits(const Shape& shape, const Shape& wanted) {
  return std::ranges::equal(shape, wanted, [](std::int64_t extent, std::int64_t want) { return want == -1 || extent == want; });
}

Result<Shape> read_shape(const Json& input, const TensorType& wanted) {
  const auto list = input.find("shape");
  if (list == input.end() || !list->is_array()) return invalid("it has no shape: a list of integers");
  if (list->size() != wanted.shape.size())
    return invalid(fmt::format("its shape has {} extents, the model takes {}", list->size(), to_string(wanted.shape)));
  Shape shape;
  for (const Json& extent : *list) {
    if (!extent.is_number_unsigned() || extent == 0 ||
        extent.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return invalid("each extent of its shape must be a positive integer");
    shape.push_back(extent.get<std::int64_t>());
  }
  if (!fits(shape, wanted.shape)) return invalid(fmt::format("its shape is {}, the model takes {}", to_string(shape), to_string(wanted.shape)));
  if (!byte_size(wanted.type, shape)) return invalid(fmt::format("its shape {} is too large", to_string(shape)));
  return shape;
}

/// Reads one input; `binary` is what of the binary data nobody has taken yet.
Result<Tensor> read_input(const Json& input, const TensorType& wanted, std::string_view& binary) {
  MOSAIC_RETURN_IF_ERROR(refuse_extensions(input));
  const auto type = input.find("datatype");
  if (type == input.end() || *type != datatype(wanted.type)) {
    return invalid(fmt::format("its datatype is {}, the model takes {}", type == input.end() ? "missing" : shown(*type), datatype(wanted.type)));
  }
  MOSAIC_TRY(const Shape shape, read_shape(input, wanted));
  const auto data = input.find("data");
  const Json& size = parameter(input, "binary_data_size");
  if ((data != input.end()) == !size.is_null()) return invalid("it must have either a key 'data' or a parameter 'binary_data_size'");
  if (size.is_null()) return tensor_from_json(*data, wanted.type, shape);
  MOSAIC_TRY(const std::int64_t bytes, count_of(size, "binary_data_size", static_cast<std::int64_t>(binary.size())));
  const std::string_view mine = binary.substr(0, static_cast<std::size_t>(bytes));
  binary.remove_prefix(mine.size());
  return tensor_from_bytes(std::as_bytes(std::span(mine)), wanted.type, shape);
}

/// All inputs, in the model's order.
Result<std::vector<NamedTensor>> read_inputs(const Json& request, const ModelInfo& model, std::string_view binary) {
  MOSAIC_TRY(const auto entries, named_entries(request, "inputs", model.inputs));
  std::vector<NamedTensor> inputs(model.inputs.size());
  for (const auto& [type, json] : entries) {
    auto tensor = read_input(*json, *type, binary);
    if (!tensor) return within(fmt::format("input '{}'", type->name), tensor.error());
    inputs[static_cast<std::size_t>(type - model.inputs.data())] = {.name = type->name, .tensor = *std::move(tensor)};
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].name.empty()) return invalid(fmt::format("input '{}' is missing", model.inputs[i].name));
  }
  if (!binary.empty()) return invalid(fmt::format("{} bytes of binary data belong to no input", binary.size()));
  return inputs;
}

Result<ReplyForm> read_form(const Json& request, const ModelInfo& model) {
  ReplyForm form{.model = model.name};
  if (const auto id = request.find("id"); id != request.end()) {
    if (!id->is_string()) return invalid("key 'id' must be a text");
    form.id = id->get<std::string>();
  }
  MOSAIC_TRY(form.binary, flag(request, "binary_data_output", false));
  MOSAIC_TRY(const auto entries, named_entries(request, "outputs", model.outputs));
  for (const auto& [type, json] : entries) {
    MOSAIC_RETURN_IF_ERROR(refuse_extensions(*json));
    MOSAIC_TRY(form.outputs[type->name], flag(*json, "binary_data", form.binary));
  }
  return form;
}

Result<std::optional<Nanoseconds>> read_deadline(const Json& request) {
  const Json& value = parameter(request, "timeout");
  if (value.is_null()) return std::nullopt;
  constexpr auto kMost = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::hours(24));
  MOSAIC_TRY(const std::int64_t timeout, count_of(value, "timeout (in microseconds)", kMost.count()));
  return timeout == 0 ? std::nullopt : std::optional<Nanoseconds>(std::chrono::microseconds(timeout));
}

Json tensor_types(const std::vector<TensorType>& types) {
  Json list = Json::array();
  for (const TensorType& each : types) list.push_back({{"name", each.name}, {"datatype", datatype(each.type)}, {"shape", each.shape}});
  return list;
}

}  // namespace

Result<InferCall> parse_infer_request(const ModelInfo& model, std::string_view body, std::optional<std::size_t> json_size) {
  if (json_size > body.size()) return invalid(fmt::format("the JSON cannot have {} bytes, the whole body has {}", *json_size, body.size()));
  const std::size_t size = json_size.value_or(body.size());
  MOSAIC_TRY(const Json json, parse_json(body.substr(0, size)));
  if (!json.is_object()) return invalid("the request must be an object");
  InferCall call;
  MOSAIC_TRY(call.form, read_form(json, model));
  MOSAIC_TRY(call.request.deadline, read_deadline(json));
  MOSAIC_TRY(call.request.inputs, read_inputs(json, model, body.substr(size)));
  call.request.model = model.name;
  call.request.id = call.form.id;
  for (const TensorType& each : model.outputs) {
    if (call.form.outputs.contains(each.name)) call.request.outputs.push_back(each.name);
  }
  return call;
}

Payload format_infer_response(const InferResponse& response, const ReplyForm& form) {
  Payload payload;
  std::string binary;
  Json head = {{"model_name", form.model}};
  if (!form.id.empty()) head["id"] = form.id;
  if (!response.parameters.empty()) head["parameters"] = response.parameters;
  payload.body = text_of(head);
  payload.body.back() = ',';  // the object goes on
  payload.body += R"("outputs":[)";
  bool first = true;
  for (const auto& [name, tensor] : response.outputs) {
    const auto wanted = form.outputs.find(name);
    if (!form.outputs.empty() && wanted == form.outputs.end()) continue;
    Json output = {{"name", name}, {"datatype", datatype(tensor.type())}, {"shape", tensor.shape()}};
    const bool as_binary = wanted == form.outputs.end() ? form.binary : wanted->second;
    if (as_binary) output["parameters"] = {{"binary_data_size", tensor.bytes().size()}};
    if (!std::exchange(first, false)) payload.body += ',';
    payload.body += text_of(output);
    if (as_binary) {
      payload.json_size = 0;
      binary.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
    } else {
      payload.body.back() = ',';
      payload.body += R"("data":)";
      append_json(tensor, payload.body);
      payload.body += '}';
    }
  }
  payload.body += "]}";
  if (payload.json_size) payload.json_size = payload.body.size();
  payload.body += binary;
  return payload;
}

std::string format_server_metadata(std::string_view version) {
  return text_of({{"name", "mosaic"}, {"version", version}, {"extensions", {"binary_tensor_data"}}});
}

std::string format_model_metadata(const ModelInfo& model) {
  return text_of(
      {{"name", model.name}, {"platform", "mosaic_onnx"}, {"inputs", tensor_types(model.inputs)}, {"outputs", tensor_types(model.outputs)}});
}

std::string format_models(const std::vector<ModelInfo>& models) {
  Json names = Json::array();
  for (const ModelInfo& each : models) names.push_back(each.name);
  return text_of({{"models", names}});
}

std::string format_model_ready(std::string_view model, bool ready) { return text_of({{"name", model}, {"ready", ready}}); }

std::string format_error(std::string_view message) { return text_of({{"error", message}}); }

}  // namespace mosaic::http
