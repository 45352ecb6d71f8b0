#include "mosaic/base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "mosaic/base/text.h"

namespace mosaic {
namespace {

bool is_scalar_list(const Json& json) {
  return json.is_array() && std::ranges::all_of(json, [](const Json& element) { return element.is_primitive(); });
}

/// One value on one line; names from a model may be any bytes, so what is not UTF-8 is replaced.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void print(const Json& json, std::size_t indent, std::string& out) {
  const std::string inner(indent + 2, ' ');
  if (json.is_primitive() || json.empty()) {
    out += dump(json);
    return;
  }
  if (is_scalar_list(json)) {
    out += '[';
    for (std::size_t i = 0; i < json.size(); ++i) out += (i == 0 ? "" : ", ") + dump(json[i]);
    out += ']';
    return;
  }
  out += json.is_array() ? "[\n" : "{\n";
  bool first = true;
  for (const auto& [key, value] : json.items()) {
    if (!first) out += ",\n";
    first = false;
    out += inner;
    if (json.is_object()) out += dump(key) + ": ";
    print(value, indent + 2, out);
  }
  out += '\n' + std::string(indent, ' ') + (json.is_array() ? ']' : '}');
}

/// Watches what the parser finds: values nested so deep that walking them would exhaust the stack, and keys of which one would be lost.
class Strictness {
 public:
  struct Refused {
    std::string why;
  };

  /// `depth`: number of values that are open around this one.
  bool accept(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= kDeepest) throw Refused{fmt::format("nested more than {} levels deep", kDeepest)};
      keys_.resize(static_cast<std::size_t>(depth) + 1);
      keys_.back().clear();
    } else if (event == Event::key) {
      const auto key = parsed.get<std::string>();
      if (!keys_.at(static_cast<std::size_t>(depth) - 1).insert(key).second) throw Refused{fmt::format("key '{}' stands twice", key)};
    }
    return true;
  }

 private:
  static constexpr int kDeepest = 64;
  std::vector<std::set<std::string>> keys_;  ///< of each open value
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  Strictness strict;
  try {
    return Json::parse(text, [&](int depth, Json::parse_event_t event, const Json& parsed) { return strict.accept(depth, event, parsed); });
  } catch (const Strictness::Refused& refused) {
    return fail(ErrorCode::kInvalidInput, "not valid JSON: " + refused.why);
  } catch (const Json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..." without the library's own code
    std::string message = error.what();
    if (const std::size_t end = message.find("] "); end != std::string::npos) message.erase(0, end + 2);
    return fail(ErrorCode::kInvalidInput, "not valid JSON: " + message);
  }
}

std::string to_text(const Json& json) {
  std::string out;
  print(json, 0, out);
  out += '\n';
  return out;
}

Fields::Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
  if (!json_.is_object()) set_error("must be a mapping of keys to values");
}

Result<void> Fields::finish() {
  if ((!error_ || missing_) && json_.is_object()) {
    for (const auto& [key, value] : json_.items()) {
      if (known_.contains(key)) continue;
      const std::vector<std::string> names(known_.begin(), known_.end());
      const std::string_view similar = closest(key, names);
      if (missing_ && similar.empty()) continue;
      if (missing_) error_.reset();  // a key that is there under a slightly wrong name tells more
      set_error(fmt::format("unknown key '{}'{}", key, similar.empty() ? "" : fmt::format(" (did you mean '{}'?)", similar)));
      break;
    }
  }
  if (error_) return fail(ErrorCode::kInvalidInput, fmt::format("{}: {}", where_, *error_));
  return {};
}

bool Fields::convert(const Json& json, bool& value) {
  if (!json.is_boolean()) return false;
  value = json.get<bool>();
  return true;
}

bool Fields::convert(const Json& json, std::int64_t& value) {
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
  if (!json.is_number_integer()) return false;
  value = json.get<std::int64_t>();
  return true;
}

bool Fields::convert(const Json& json, double& value) {
  if (!json.is_number()) return false;
  value = json.get<double>();
  return true;
}

bool Fields::convert(const Json& json, std::string& value) {
  if (!json.is_string()) return false;
  value = json.get<std::string>();
  return true;
}

bool Fields::convert(const Json& json, Json& value) {
  value = json;
  return true;
}

void Fields::set_error(std::string message) {
  if (!error_) error_ = std::move(message);
}

namespace {

/// What a file is, by a key that only such files have; empty: cannot be told.
std::string_view kind_of(const Json& json) {
  for (const auto& [key, kind] : {std::pair("wholes", "profile"), std::pair("steps", "plan"), std::pair("terms", "calibration"),
                                  std::pair("points", "front"), std::pair("devices", "board file")}) {
    if (json.contains(key)) return kind;
  }
  return "";
}

}  // namespace

Result<void> check_schema(const Json& json, std::int64_t version, std::string_view what) {
  if (!json.is_object() || !json.contains("schema_version") || !json["schema_version"].is_number_integer()) {
    return fail(ErrorCode::kInvalidInput, fmt::format("not a {}: key 'schema_version' is missing", what));
  }
  if (const std::string_view kind = kind_of(json); !kind.empty() && kind != what)
    return fail(ErrorCode::kInvalidInput, fmt::format("this is a {}, not a {}", kind, what));
  if (json["schema_version"] != version) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} has schema version {}, this mosaic reads version {}", what, json["schema_version"].dump(), version));
  }
  return {};
}

}  // namespace mosaic
