#include <fmt/format.h>
#include <yaml.h>

#include <charconv>
#include <cmath>
#include <memory>

#include "mosaic/base/json.h"

namespace mosaic {
namespace {

constexpr int kDeepest = 32;
constexpr std::size_t kLongestKey = 128;  // YAML itself ends at 1,024 characters, escapes included

std::unexpected<Error> fail_at(const yaml_mark_t& mark, std::string_view message) {
  return fail(ErrorCode::kInvalidInput, fmt::format("not valid YAML: line {}, column {}: {}", mark.line + 1, mark.column + 1, message));
}

std::string_view text_of(const unsigned char* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

Json plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  const char* end = text.data() + text.size();
  const char* begin = text.front() == '+' && !text.starts_with("+-") ? text.data() + 1 : text.data();
  std::int64_t integer = 0;
  if (const auto parsed = std::from_chars(begin, end, integer); parsed.ec == std::errc() && parsed.ptr == end) return integer;
  double number = 0;
  if (const auto parsed = std::from_chars(begin, end, number); parsed.ec == std::errc() && parsed.ptr == end && std::isfinite(number)) return number;
  return std::string(text);
}

/// Builds a value from libyaml's events.
class Composer {
 public:
  explicit Composer(std::string_view text) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Composer() {
    release();
    yaml_parser_delete(&parser_);
  }
  Composer(const Composer&) = delete;
  Composer& operator=(const Composer&) = delete;

  Result<Json> document() {
    MOSAIC_RETURN_IF_ERROR(advance());  // stream start
    MOSAIC_RETURN_IF_ERROR(advance());
    if (event_.type == YAML_STREAM_END_EVENT) return fail(ErrorCode::kInvalidInput, "not valid YAML: the file is empty");
    MOSAIC_RETURN_IF_ERROR(advance());
    MOSAIC_TRY(Json value, this->value(0));
    MOSAIC_RETURN_IF_ERROR(advance());  // document end
    MOSAIC_RETURN_IF_ERROR(advance());
    if (event_.type != YAML_STREAM_END_EVENT) return fail_at(event_.start_mark, "a second document");
    return value;
  }

 private:
  void release() {
    if (held_) yaml_event_delete(&event_);
    held_ = false;
  }

  Result<void> advance() {
    release();
    if (yaml_parser_parse(&parser_, &event_) == 0) return fail_at(parser_.problem_mark, parser_.problem == nullptr ? "unreadable" : parser_.problem);
    held_ = true;
    return {};
  }

  /// The value that starts at the current event; leaves the last event of that value current.
  Result<Json> value(int depth) {
    if (depth > kDeepest) return fail_at(event_.start_mark, fmt::format("nested more than {} levels deep", kDeepest));
    switch (event_.type) {
      case YAML_SCALAR_EVENT:
        return scalar();
      case YAML_SEQUENCE_START_EVENT:
        return sequence(depth);
      case YAML_MAPPING_START_EVENT:
        return mapping(depth);
      case YAML_ALIAS_EVENT:
        return fail_at(event_.start_mark, "aliases are not read");
      default:
        return fail_at(event_.start_mark, "a value was expected");
    }
  }

  /// `properties`: what scalars, sequences and mappings have in common.
  template <class Properties>
  Result<void> refuse_properties(const Properties& properties) const {
    if (properties.anchor != nullptr) return fail_at(event_.start_mark, "anchors are not read");
    if (properties.tag != nullptr) return fail_at(event_.start_mark, "tags are not read");
    return {};
  }

  Result<Json> scalar() const {
    const auto& scalar = event_.data.scalar;
    MOSAIC_RETURN_IF_ERROR(refuse_properties(scalar));
    const std::string_view text = text_of(scalar.value, scalar.length);
    return scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain_scalar(text) : Json(std::string(text));
  }

  Result<Json> sequence(int depth) {
    MOSAIC_RETURN_IF_ERROR(refuse_properties(event_.data.sequence_start));
    Json list = Json::array();
    MOSAIC_RETURN_IF_ERROR(advance());
    while (event_.type != YAML_SEQUENCE_END_EVENT) {
      MOSAIC_TRY(Json element, value(depth + 1));
      list.push_back(std::move(element));
      MOSAIC_RETURN_IF_ERROR(advance());
    }
    return list;
  }

  Result<Json> mapping(int depth) {
    MOSAIC_RETURN_IF_ERROR(refuse_properties(event_.data.mapping_start));
    Json object = Json::object();
    MOSAIC_RETURN_IF_ERROR(advance());
    while (event_.type != YAML_MAPPING_END_EVENT) {
      const yaml_mark_t mark = event_.start_mark;
      if (event_.type != YAML_SCALAR_EVENT) return fail_at(mark, "a key must be a text");
      MOSAIC_RETURN_IF_ERROR(refuse_properties(event_.data.scalar));
      const std::string key(text_of(event_.data.scalar.value, event_.data.scalar.length));
      if (key.size() > kLongestKey) return fail_at(mark, fmt::format("a key of {} bytes, {} at most", key.size(), kLongestKey));
      if (object.contains(key)) return fail_at(mark, fmt::format("key '{}' stands twice", key));
      MOSAIC_RETURN_IF_ERROR(advance());
      MOSAIC_TRY(object[key], value(depth + 1));
      MOSAIC_RETURN_IF_ERROR(advance());
    }
    return object;
  }

  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool held_ = false;
};

}  // namespace

Result<Json> parse_yaml(std::string_view text) { return Composer(text).document(); }

std::string yaml_from_json(std::string_view json) {
  std::string out;
  for (std::size_t i = 0; i < json.size();) {
    const auto first = static_cast<unsigned char>(json[i]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const std::string_view character = json.substr(i, length);
    unsigned code = length == 1 ? first : first & (0x7fU >> length);
    for (const char byte : character.substr(1)) code = code << 6U | (static_cast<unsigned char>(byte) & 0x3fU);
    const bool plain = code < 0x7f || (code >= 0xa0 && code != 0x2028 && code != 0x2029 && code != 0xfeff && code != 0xfffe && code != 0xffff);
    out += plain ? std::string(character) : fmt::format("\\u{:04x}", code);
    i += length;
  }
  return out;
}

std::string yaml_text(std::string_view text) { return yaml_from_json(Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace)); }

}  // namespace mosaic
