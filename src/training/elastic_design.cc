#include "training/elastic_design.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "mosaic/base/json.h"

namespace mosaic::training {
namespace {

using elastic::Knob;
using elastic::Space;
using elastic::Stage;

constexpr std::int64_t kSmallestSide = 8;
constexpr int kMostValues = 64;  ///< of a list: options are counted in a byte

Stage stage_of(std::size_t index, std::vector<int> depths, std::vector<Knob> knobs) {
  return {.name = fmt::format("stage{}", index + 1), .depths = std::move(depths), .knobs = std::move(knobs)};
}

/// 20, 24 and 28 of 28.
std::vector<int> resolutions_of(std::int64_t side) {
  return {static_cast<int>(side * 5 / 7), static_cast<int>(side * 6 / 7), static_cast<int>(side)};
}

const std::string& name_of(ElasticBlock block) {
  static const std::string convolutions = "convolutions";
  static const std::string transformer = "transformer";
  return block == ElasticBlock::kConvolutions ? convolutions : transformer;
}

std::vector<int> integers(const std::vector<std::int64_t>& values) { return {values.begin(), values.end()}; }

Json space_json(const Space& space) {
  Json stages = Json::array();
  for (const Stage& stage : space.stages) {
    Json knobs = Json::array();
    for (const Knob& knob : stage.knobs) knobs.push_back({{"name", knob.name}, {"values", knob.values}});
    stages.push_back({{"name", stage.name}, {"depths", stage.depths}, {"knobs", std::move(knobs)}});
  }
  return {{"name", space.name}, {"resolutions", space.resolutions}, {"stages", std::move(stages)}};
}

/// Ascending numbers from `least` to `most`.
Result<std::vector<int>> ascending(const std::vector<std::int64_t>& values, std::int64_t least, std::int64_t most, std::string_view what) {
  const bool right = !values.empty() && values.size() <= kMostValues && values.front() >= least && values.back() <= most &&
                     std::ranges::adjacent_find(values, std::greater_equal()) == values.end();
  if (!right) return invalid(fmt::format("{} must ascend from {} or more to {} at most, not {}", what, least, most, fmt::join(values, ", ")));
  return integers(values);
}

Result<Knob> parse_knob(const Json& json, const std::string& where) {
  Fields fields(json, where);
  Knob knob;
  std::vector<std::int64_t> values;
  fields.required("name", knob.name).required("values", values);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  const bool kernel = knob.name == "k";
  MOSAIC_TRY(knob.values, ascending(values, 1, kernel ? 15 : 400, where + ", values of " + knob.name));
  if (kernel && std::ranges::any_of(knob.values, [](int value) { return value % 2 == 0; }))
    return invalid(fmt::format("{}: kernels have odd sides, not {}", where, fmt::join(knob.values, ", ")));
  return knob;
}

Result<Stage> parse_stage(const Json& json, ElasticBlock block, const std::string& where) {
  Fields fields(json, where);
  Stage stage;
  std::vector<std::int64_t> depths;
  std::vector<Json> knobs;
  fields.required("name", stage.name).required("depths", depths).required("knobs", knobs);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  MOSAIC_TRY(stage.depths, ascending(depths, 1, 64, where + ", depths"));
  for (const Json& each : knobs) {
    MOSAIC_TRY(Knob knob, parse_knob(each, where));
    stage.knobs.push_back(std::move(knob));
  }
  const std::vector<std::string> wanted =
      block == ElasticBlock::kConvolutions ? std::vector<std::string>{"k", "e"} : std::vector<std::string>{"h", "m"};
  if (!std::ranges::equal(stage.knobs, wanted, {}, &Knob::name) || stage.options() > 255)
    return invalid(fmt::format("{}: {} have the knobs {}, and 255 options at most", where, name_of(block), fmt::join(wanted, " and ")));
  return stage;
}

}  // namespace

std::vector<std::string> elastic_designs() { return {"convolutions", "widths", "transformer"}; }

Result<ElasticDesign> make_elastic_design(const std::string& name, const network::Extent& input, std::int64_t classes) {
  if (input.height != input.width || input.width < kSmallestSide || classes < 2)
    return invalid(fmt::format("elastic networks want square images of {} pixels a side or more and two classes or more, not {} x {} and {}",
                               kSmallestSide, input.height, input.width, classes));
  ElasticDesign design{.space = {.name = name, .resolutions = resolutions_of(input.width), .stages = {}}, .input = input, .classes = classes};
  if (name == "convolutions" || name == "widths") {
    const bool all = name == "convolutions";
    design.widths = {16, 32, 64};
    const Knob kernel{.name = "k", .values = all ? std::vector<int>{3, 5} : std::vector<int>{5}};
    const Knob expansion{.name = "e", .values = {25, 50, 100}};
    for (std::size_t s = 0; s < design.widths.size(); ++s)
      design.space.stages.push_back(stage_of(s, all ? std::vector<int>{1, 2} : std::vector<int>{2}, {kernel, expansion}));
    if (!all) design.space.resolutions = {static_cast<int>(input.width)};
    return design;
  }
  if (name == "transformer") {
    design.block = ElasticBlock::kTransformer;
    design.widths = {64};
    design.space.resolutions = {static_cast<int>(input.width)};
    design.space.stages.push_back(stage_of(0, {2, 3, 4}, {{.name = "h", .values = {1, 2, 4}}, {.name = "m", .values = {50, 100, 200}}}));
    return design;
  }
  return invalid(fmt::format("there is no elastic network '{}': {}", name, fmt::join(elastic_designs(), ", ")));
}

std::string format_design(const ElasticDesign& design) {
  return Json{{"block", name_of(design.block)},    {"space", space_json(design.space)}, {"widths", design.widths},
              {"channels", design.input.channels}, {"side", design.input.width},        {"classes", design.classes}}
      .dump();
}

Result<ElasticDesign> parse_design(std::string_view text) {
  MOSAIC_TRY(const Json json, parse_json(text));
  Fields fields(json, "design");
  ElasticDesign design;
  std::string block;
  Json space;
  fields.required("block", block).required("space", space).required("widths", design.widths).required("channels", design.input.channels);
  fields.required("side", design.input.width).required("classes", design.classes);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  design.input.height = design.input.width;
  for (const ElasticBlock each : {ElasticBlock::kConvolutions, ElasticBlock::kTransformer}) {
    if (block == name_of(each)) design.block = each;
  }
  if (block != name_of(design.block)) return invalid(fmt::format("design: there are no blocks '{}'", block));

  Fields of_space(space, "design, space");
  std::vector<std::int64_t> resolutions;
  std::vector<Json> stages;
  of_space.required("name", design.space.name).required("resolutions", resolutions).required("stages", stages);
  MOSAIC_RETURN_IF_ERROR(of_space.finish());
  MOSAIC_TRY(design.space.resolutions, ascending(resolutions, 4, design.input.width, "design, resolutions"));
  for (const Json& each : stages) {
    MOSAIC_TRY(Stage stage, parse_stage(each, design.block, fmt::format("design, stage {}", design.space.stages.size() + 1)));
    design.space.stages.push_back(std::move(stage));
  }
  const auto in_range = [](std::int64_t value) { return value >= 1 && value <= 100'000; };
  if (stages.empty() || design.widths.size() != stages.size() || !std::ranges::all_of(design.widths, in_range) || !in_range(design.classes) ||
      !in_range(design.input.channels) || !in_range(design.input.width))
    return invalid("design: a width for each stage, channels, side and classes must be 1 to 100,000");
  if (design.block == ElasticBlock::kTransformer && (stages.size() != 1 || resolutions != std::vector{design.input.width}))
    return invalid("design: a transformer has one stage and one resolution, that of its images");
  return design;
}

std::int64_t share_of_width(std::int64_t width, int percent) { return std::max<std::int64_t>(1, width * percent / 100); }

}  // namespace mosaic::training
