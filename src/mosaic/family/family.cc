#include "mosaic/family/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"
#include "mosaic/base/quantity.h"

namespace mosaic {
namespace {

constexpr std::int64_t kSchemaVersion = 1;

Result<Variant> read_variant(const Json& json, const std::filesystem::path& folder, const std::string& where) {
  Fields fields(json, where);
  Variant variant;
  std::string model;
  fields.required("name", variant.name).required("model", model);
  fields.required("accuracy_percent", variant.accuracy_percent).required("accuracy_from", variant.accuracy_from);
  if (!fields.failed()) {
    if (variant.name.empty() || variant.name.find_first_of("/\\ \t\n") != std::string::npos)
      fields.reject(fmt::format("name '{}' is empty or has a space or slash", variant.name));
    if (model.empty()) fields.reject("key 'model' is empty");
    if (!is_between(variant.accuracy_percent, 0, 100))
      fields.reject(fmt::format("accuracy_percent is {}, not from 0 to 100", variant.accuracy_percent));
  }
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  variant.model = (folder / model).lexically_normal();
  return variant;
}

}  // namespace

Result<Family> parse_family(std::string_view yaml, const std::filesystem::path& folder, std::string_view where) {
  auto json = parse_yaml(yaml);
  if (!json) return within(where, json.error());
  MOSAIC_RETURN_IF_ERROR(check_schema(*json, kSchemaVersion, where));
  Fields fields(*json, std::string(where));
  std::int64_t version = 0;
  std::vector<Json> variants;
  Family family;
  fields.required("schema_version", version).required("name", family.name).optional("task", family.task).required("variants", variants);
  if (!fields.failed() && variants.empty()) fields.reject("there are no variants");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  std::set<std::string> names;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    MOSAIC_TRY(Variant variant, read_variant(variants[i], folder, fmt::format("{}, variant {}", where, i)));
    if (!names.insert(variant.name).second) return invalid(fmt::format("{}: variant '{}' stands twice", where, variant.name));
    family.variants.push_back(std::move(variant));
  }
  std::ranges::stable_sort(family.variants, {}, &Variant::accuracy_percent);
  return family;
}

Result<Family> read_family(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string text, read_file(path));
  return parse_family(text, path.parent_path(), path.string());
}

std::string format_family(const Family& family, const std::filesystem::path& folder) {
  std::string out = fmt::format("schema_version: {}\nname: {}\n", kSchemaVersion, yaml_text(family.name));
  if (!family.task.empty()) out += fmt::format("task: {}\n", yaml_text(family.task));
  out += "variants:\n";
  for (const Variant& each : family.variants) {
    const std::filesystem::path inside = each.model.lexically_relative(folder);
    const bool beside = !inside.empty() && *inside.begin() != "..";
    out += fmt::format("  - name: {}\n    model: {}\n    accuracy_percent: {}\n    accuracy_from: {}\n", yaml_text(each.name),
                       yaml_text((beside ? inside : each.model).string()), each.accuracy_percent, yaml_text(each.accuracy_from));
  }
  return out;
}

}  // namespace mosaic
