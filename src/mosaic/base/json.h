#pragma once

// JSON with messages that name the key. Not installed: it shows the JSON library.

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mosaic/base/error.h"

namespace mosaic {

/// Objects keep the order in which their keys were put in, so that files read well and compare byte by byte.
using Json = nlohmann::ordered_json;

/// At most 64 levels deep. Errors: kInvalidInput with line and column; also for a key that stands twice in an object.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

/// YAML 1.1 as the same values: one document, no anchors, aliases or tags, at most 32 levels deep, keys of at most 128 bytes. Plain scalars become
/// null, booleans, integers or numbers where they look like it. Errors: kInvalidInput with line and column; also for a key that stands twice.
[[nodiscard]] Result<Json> parse_yaml(std::string_view text);

/// Pretty-printed, two spaces, with arrays of scalars on one line, and a newline at the end.
[[nodiscard]] std::string to_text(const Json& json);

/// JSON, in valid UTF-8, as YAML that reads back as the same: characters that YAML takes for line breaks, or does not take at all, are escaped.
[[nodiscard]] std::string yaml_from_json(std::string_view json);

/// A text as a scalar of YAML, in double quotes.
[[nodiscard]] std::string yaml_text(std::string_view text);

/// Reads an object key by key and remembers the first thing that is wrong with it. A key that nobody asked for is an error.
///
///   Fields fields(json, "device 'npu'");
///   fields.required("name", name);
///   fields.optional("cores", cores);
///   MOSAIC_RETURN_IF_ERROR(fields.finish());
///
/// Readable types: bool, std::int64_t, double, std::string, Json, vectors and std::optional of them. Thread-compatible.
class Fields {
 public:
  /// `where` opens every message. `json` must outlive this.
  Fields(const Json& json, std::string where);

  template <class T>
  Fields& required(const char* key, T& value) {
    if (!read(key, value) && !error_) {
      set_error(std::string("key '") + key + "' is missing");
      missing_ = true;
    }
    return *this;
  }

  /// Leaves `value` as it is where the key is absent.
  template <class T>
  Fields& optional(const char* key, T& value) {
    read(key, value);
    return *this;
  }

  /// Says that what was read does not make sense; the first such message is kept.
  Fields& reject(std::string message) {
    set_error(std::move(message));
    return *this;
  }

  [[nodiscard]] bool has(const char* key) const { return json_.is_object() && json_.contains(key); }
  [[nodiscard]] bool failed() const { return error_.has_value(); }

  /// The first error, or that of an unknown key, which goes before that of a missing one where the names are alike.
  [[nodiscard]] Result<void> finish();

 private:
  template <class T>
  bool read(const char* key, T& value) {
    known_.insert(key);
    if (!has(key)) return false;
    if (!convert(json_.at(key), value)) set_error(std::string("key '") + key + "' must be " + expected(value));
    return true;
  }
  template <class T>
  bool read(const char* key, std::optional<T>& value) {
    T inner{};
    const bool there = read(key, inner);
    if (there) value = std::move(inner);
    return there;
  }

  static bool convert(const Json& json, bool& value);
  static bool convert(const Json& json, std::int64_t& value);
  static bool convert(const Json& json, double& value);
  static bool convert(const Json& json, std::string& value);
  static bool convert(const Json& json, Json& value);
  template <class T>
  static bool convert(const Json& json, std::vector<T>& values) {
    if (!json.is_array()) return false;
    values.clear();
    for (const Json& element : json) {
      T value{};
      if (!convert(element, value)) return false;
      values.push_back(std::move(value));
    }
    return true;
  }

  static std::string expected(bool) { return "true or false"; }
  static std::string expected(std::int64_t) { return "an integer"; }
  static std::string expected(double) { return "a number"; }
  static std::string expected(const std::string&) { return "a text"; }
  static std::string expected(const Json&) { return "a value"; }
  template <class T>
  static std::string expected(const std::vector<T>&) {
    return "a list, each element " + expected(T{});
  }

  void set_error(std::string message);

  const Json& json_;
  std::string where_;
  std::set<std::string, std::less<>> known_;
  std::optional<std::string> error_;
  bool missing_ = false;  // the error is that of a missing key
};

/// Refuses a file whose "schema_version" is not `version`.
[[nodiscard]] Result<void> check_schema(const Json& json, std::int64_t version, std::string_view what);

}  // namespace mosaic
