#include "mosaic/evaluation/search/outcomes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "mosaic/base/json.h"

namespace mosaic::evaluation {
namespace {

/// The keys that are known; others are of no use here.
Json only(const Json& json, std::initializer_list<const char*> keys) {
  Json result = Json::object();
  if (!json.is_object()) return json;
  for (const char* key : keys) {
    if (json.contains(key)) result[key] = json.at(key);
  }
  return result;
}

Result<std::vector<std::size_t>> to_classes(const std::vector<std::int64_t>& numbers, const std::string& where) {
  std::vector<std::size_t> classes;
  for (const std::int64_t number : numbers) {
    if (number < 0) return fail(ErrorCode::kInvalidInput, fmt::format("{}: class {} is negative", where, number));
    classes.push_back(static_cast<std::size_t>(number));
  }
  return classes;
}

Result<MappingMethod> method_of(const std::optional<std::string>& given, const SearchOutcome& outcome, bool manual, const std::string& where) {
  if (given) {
    for (const auto method : {MappingMethod::kHeuristic, MappingMethod::kMinCost, MappingMethod::kTrainingFree, MappingMethod::kOdimo}) {
      if (*given == name(method)) return method;
    }
    return fail(ErrorCode::kInvalidInput, fmt::format("{}: method '{}' is none of heuristic, min-cost, training-free, odimo", where, *given));
  }
  if (manual) return MappingMethod::kHeuristic;
  return outcome.name.starts_with("Min-Cost") ? MappingMethod::kMinCost : MappingMethod::kTrainingFree;
}

Result<SearchOutcome> parse_outcome(const Json& json, const std::string& file, std::size_t images) {
  const Json known = only(
      json, {"name", "method", "manual", "trained", "held_out_accuracy_pct", "epochs", "modelled_cycles", "modelled_uj", "split_layers", "classes"});
  SearchOutcome outcome;
  std::optional<std::string> method;
  bool manual = false;
  std::int64_t split_layers = 0;
  std::vector<std::int64_t> classes;
  Fields fields(known, file + ": mapping");
  fields.required("name", outcome.name).optional("method", method).optional("manual", manual).optional("trained", outcome.trained);
  fields.optional("held_out_accuracy_pct", outcome.held_out).optional("epochs", outcome.epochs);
  fields.required("modelled_cycles", outcome.cycles).required("modelled_uj", outcome.microjoules);
  fields.optional("split_layers", split_layers).required("classes", classes);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  const std::string where = fmt::format("{}: mapping '{}'", file, outcome.name);
  for (const double cost : {outcome.cycles, outcome.microjoules}) {
    if (!std::isfinite(cost) || cost <= 0) return fail(ErrorCode::kInvalidInput, fmt::format("{} has a cost of {}", where, cost));
  }
  if (split_layers < 0) return fail(ErrorCode::kInvalidInput, fmt::format("{} has {} split layers", where, split_layers));
  outcome.split_layers = static_cast<std::size_t>(split_layers);
  MOSAIC_TRY(outcome.classes, to_classes(classes, where));
  if (outcome.classes.size() != images)
    return fail(ErrorCode::kInvalidInput, fmt::format("{} has classes of {} images, there are {} labels", where, outcome.classes.size(), images));
  MOSAIC_TRY(outcome.method, method_of(method, outcome, manual, where));
  return outcome;
}

std::string seed_name(const SeedOutcomes& seed) { return seed.seed ? fmt::format("{} (seed {})", seed.file, *seed.seed) : seed.file; }

std::string text_of(const std::optional<std::string>& value) { return value ? "'" + *value + "'" : "none"; }
std::string text_of(const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "none"; }

Result<void> check_setting(const SeedOutcomes& a, const SeedOutcomes& b) {
  const auto same = [&](const char* key, const auto& of_a, const auto& of_b) -> Result<void> {
    if (of_a == of_b) return {};
    return fail(ErrorCode::kInvalidInput, fmt::format("{} and {} are of different searches, not of seeds of one: {} is {} in one and {} in the other",
                                                      a.file, b.file, key, text_of(of_a), text_of(of_b)));
  };
  MOSAIC_RETURN_IF_ERROR(same("objective", a.setting.objective, b.setting.objective));
  MOSAIC_RETURN_IF_ERROR(same("board", a.setting.board, b.setting.board));
  MOSAIC_RETURN_IF_ERROR(same("data", a.setting.data, b.setting.data));
  MOSAIC_RETURN_IF_ERROR(same("float_epochs", a.setting.float_epochs, b.setting.float_epochs));
  MOSAIC_RETURN_IF_ERROR(same("search_epochs", a.setting.search_epochs, b.setting.search_epochs));
  return same("tune_epochs", a.setting.tune_epochs, b.setting.tune_epochs);
}

/// Whether what has one name was made in one way.
Result<void> check_made_alike(const SeedOutcomes& a, const SeedOutcomes& b) {
  for (const SearchOutcome& each : b.outcomes) {
    const SearchOutcome* const other = find_outcome(a, each.name);
    if (other == nullptr || (other->method == each.method && other->trained == each.trained)) continue;
    const auto made = [](const SearchOutcome& outcome) {
      return fmt::format("{}, {}", name(outcome.method), outcome.trained ? "trained" : "untrained");
    };
    return fail(ErrorCode::kInvalidInput, fmt::format("{} and {} are of different searches: '{}' is {} in one and {} in the other", a.file, b.file,
                                                      each.name, made(*other), made(each)));
  }
  return {};
}

/// Whether they are two searches.
Result<void> check_distinct(const SeedOutcomes& a, const SeedOutcomes& b) {
  if (a.seed && b.seed) {
    if (a.seed != b.seed) return {};
    return fail(ErrorCode::kInvalidInput, fmt::format("{} and {} are of one seed: give each seed once", seed_name(a), seed_name(b)));
  }
  const auto answers = [](const SearchOutcome& outcome) { return std::pair(outcome.name, outcome.classes); };
  if (!std::ranges::equal(a.outcomes, b.outcomes, {}, answers, answers)) return {};
  return fail(ErrorCode::kInvalidInput, fmt::format("{} and {} have the same answers: give each search once (a search without training has no seed)",
                                                    seed_name(a), seed_name(b)));
}

}  // namespace

Result<SeedOutcomes> parse_search_outcomes(std::string_view text, const std::string& file) {
  auto json = parse_json(text);
  if (!json) return within(file, json.error());
  if (!json->is_object() || !json->contains("mappings"))
    return fail(ErrorCode::kInvalidInput, fmt::format("{} is not what 'mosaic search --json' prints: it has no mappings", file));
  const Json known = only(*json, {"seed", "test_labels", "mappings", "objective", "board", "data", "float_epochs", "search_epochs", "tune_epochs"});
  SeedOutcomes result{.file = file, .seed = {}, .setting = {}, .labels = {}, .outcomes = {}};
  std::optional<std::vector<std::int64_t>> labels;
  std::vector<Json> mappings;
  Fields fields(known, file);
  fields.optional("seed", result.seed).optional("test_labels", labels).required("mappings", mappings);
  SearchSetting& setting = result.setting;
  fields.optional("objective", setting.objective).optional("board", setting.board).optional("data", setting.data);
  fields.optional("float_epochs", setting.float_epochs).optional("search_epochs", setting.search_epochs).optional("tune_epochs", setting.tune_epochs);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  if (!labels || labels->empty())
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} has no test_labels: search with right classes of the test images (--truth, --test-truth)", file));
  MOSAIC_TRY(result.labels, to_classes(*labels, file));
  for (const Json& mapping : mappings) {
    MOSAIC_TRY(SearchOutcome outcome, parse_outcome(mapping, file, result.labels.size()));
    if (find_outcome(result, outcome.name) != nullptr)
      return fail(ErrorCode::kInvalidInput, fmt::format("{} has two mappings '{}'", file, outcome.name));
    result.outcomes.push_back(std::move(outcome));
  }
  return result;
}

Result<void> check_comparable(std::span<const SeedOutcomes> seeds) {
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const SearchOutcome* const all8 = find_outcome(seeds[i], "All-8bit");
    if (all8 == nullptr)
      return fail(ErrorCode::kInvalidInput, fmt::format("{} has no mapping 'All-8bit', which others are held against", seeds[i].file));
    if (i == 0) continue;
    const double first = find_outcome(seeds[0], "All-8bit")->cycles;
    if (all8->cycles != first)
      return fail(ErrorCode::kInvalidInput, fmt::format("{} and {} are of different networks: All-8bit takes {} cycles in one and {} in the other",
                                                        seeds[0].file, seeds[i].file, first, all8->cycles));
    if (seeds[i].labels != seeds[0].labels)
      return fail(ErrorCode::kInvalidInput, fmt::format("{} and {} were tested on different images: {} and {} labels that are not the same",
                                                        seeds[0].file, seeds[i].file, seeds[0].labels.size(), seeds[i].labels.size()));
    MOSAIC_RETURN_IF_ERROR(check_setting(seeds[0], seeds[i]));
    MOSAIC_RETURN_IF_ERROR(check_made_alike(seeds[0], seeds[i]));
    for (std::size_t j = 0; j < i; ++j) MOSAIC_RETURN_IF_ERROR(check_distinct(seeds[j], seeds[i]));
  }
  return {};
}

const SearchOutcome* find_outcome(const SeedOutcomes& seed, std::string_view name) {
  const auto found = std::ranges::find(seed.outcomes, name, &SearchOutcome::name);
  return found == seed.outcomes.end() ? nullptr : &*found;
}

}  // namespace mosaic::evaluation
