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

Result<SearchMethod> method_of(const std::optional<std::string>& given, const SearchOutcome& outcome, bool manual, const std::string& where) {
  if (given) {
    for (const auto method : {SearchMethod::kHeuristic, SearchMethod::kMinCost, SearchMethod::kTrainingFree, SearchMethod::kOdimo}) {
      if (*given == name(method)) return method;
    }
    return fail(ErrorCode::kInvalidInput, fmt::format("{}: method '{}' is none of heuristic, min-cost, training-free, odimo", where, *given));
  }
  if (manual) return SearchMethod::kHeuristic;
  return outcome.name.starts_with("Min-Cost") ? SearchMethod::kMinCost : SearchMethod::kTrainingFree;
}

Result<SearchOutcome> parse_outcome(const Json& json, const std::string& file, std::size_t images) {
  const Json known = only(json, {"name", "method", "manual", "trained", "modelled_cycles", "modelled_uj", "split_layers", "classes"});
  SearchOutcome outcome;
  std::optional<std::string> method;
  bool manual = false;
  std::int64_t split_layers = 0;
  std::vector<std::int64_t> classes;
  Fields fields(known, file + ": mapping");
  fields.required("name", outcome.name).optional("method", method).optional("manual", manual).optional("trained", outcome.trained);
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

}  // namespace

std::string_view name(SearchMethod method) {
  switch (method) {
    case SearchMethod::kHeuristic:
      return "heuristic";
    case SearchMethod::kMinCost:
      return "min-cost";
    case SearchMethod::kTrainingFree:
      return "training-free";
    case SearchMethod::kOdimo:
      return "odimo";
  }
  return "";
}

Result<SeedOutcomes> parse_search_outcomes(std::string_view text, const std::string& file) {
  auto json = parse_json(text);
  if (!json) return within(file, json.error());
  if (!json->is_object() || !json->contains("mappings"))
    return fail(ErrorCode::kInvalidInput, fmt::format("{} is not what 'mosaic search --json' prints: it has no mappings", file));
  const Json known = only(*json, {"seed", "test_labels", "mappings"});
  SeedOutcomes result{.file = file, .seed = {}, .labels = {}, .outcomes = {}};
  std::optional<std::vector<std::int64_t>> labels;
  std::vector<Json> mappings;
  Fields fields(known, file);
  fields.optional("seed", result.seed).optional("test_labels", labels).required("mappings", mappings);
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
    for (std::size_t j = 0; j < i; ++j) {
      if (seeds[i].seed && seeds[i].seed == seeds[j].seed)
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("{} and {} are of one seed: give each seed once", seed_name(seeds[j]), seed_name(seeds[i])));
    }
  }
  return {};
}

const SearchOutcome* find_outcome(const SeedOutcomes& seed, std::string_view name) {
  const auto found = std::ranges::find(seed.outcomes, name, &SearchOutcome::name);
  return found == seed.outcomes.end() ? nullptr : &*found;
}

}  // namespace mosaic::evaluation
