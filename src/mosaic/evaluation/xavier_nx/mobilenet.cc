#include "mosaic/evaluation/xavier_nx/mobilenet.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"

namespace mosaic::xavier_nx {
namespace {

using elastic::AdditiveScores;
using elastic::Space;

constexpr std::array kKernels{3, 5, 7};
constexpr std::array kExpansions{3, 4, 6};

/// A stage of blocks; the first block changes width and size.
struct Shape {
  int in = 0;
  int out = 0;
  int shrunk = 0;  ///< the resolution is this many times the size of what the stage reads
  int stride = 1;
  int squeeze = 0;  ///< whether blocks have squeeze-and-excitation
  int swish = 0;    ///< whether their activation is h-swish
};
constexpr std::array<Shape, 5> kShapes{{{.in = 24, .out = 32, .shrunk = 2, .stride = 2, .squeeze = 0, .swish = 0},
                                        {.in = 32, .out = 48, .shrunk = 4, .stride = 2, .squeeze = 1, .swish = 0},
                                        {.in = 48, .out = 96, .shrunk = 8, .stride = 2, .squeeze = 0, .swish = 1},
                                        {.in = 96, .out = 136, .shrunk = 16, .stride = 1, .squeeze = 1, .swish = 1},
                                        {.in = 136, .out = 192, .shrunk = 16, .stride = 2, .squeeze = 1, .swish = 1}}};

/// What every sub-network has.
std::vector<std::string> fixed_keys(int resolution) {
  const int half = resolution / 2;
  const int last = resolution / 32;
  return {fmt::format("Conv-input:{0}x{0}x3-output:{1}x{1}x24", resolution, half),
          fmt::format("expanded_conv-input:{0}x{0}x24-output:{0}x{0}x24-expand:24-kernel:3-stride:1-idskip:1-se:0-hs:0", half),
          fmt::format("Conv_1-input:{0}x{0}x192-output:{0}x{0}x1152", last),
          fmt::format("AvgPool2D-input:{0}x{0}x1152-output:1x1x1152", last),
          "Conv_2-input:1x1x1152-output:1x1x1536",
          "Logits-input:1x1x1536-output:1000"};
}

/// The latencies of one file, by block.
class LatencyTable {
 public:
  static Result<LatencyTable> read(const std::filesystem::path& path) {
    MOSAIC_TRY(const std::string text, read_file(path));
    auto json = parse_json(text);
    if (!json) return within(path.string(), std::move(json).error());
    if (!json->is_object()) return invalid(fmt::format("{}: not a table of blocks", path.string()));
    return LatencyTable(path.string(), *std::move(json));
  }

  [[nodiscard]] Result<Nanoseconds> latency(const std::string& block) const {
    if (!blocks_.contains(block)) return invalid(fmt::format("{}: there is no '{}'", where_, block));
    double mean = 0;
    std::int64_t count = 0;
    double deviation = 0;
    Fields fields(blocks_.at(block), fmt::format("{}: '{}'", where_, block));
    fields.required("mean", mean).optional("count", count).optional("std", deviation);
    constexpr double kMostMilliseconds = 1e6;
    if (mean <= 0 || mean > kMostMilliseconds) fields.reject(fmt::format("a mean of {} ms is no latency", mean));
    MOSAIC_RETURN_IF_ERROR(fields.finish());
    return std::chrono::round<Nanoseconds>(Milliseconds(mean));
  }

 private:
  LatencyTable(std::string where, Json blocks) : where_(std::move(where)), blocks_(std::move(blocks)) {}

  std::string where_;
  Json blocks_;
};

Result<void> add_latencies(const LatencyTable& table, std::size_t index, AdditiveScores& scores) {
  const int resolution = scores.space().resolutions[index];
  for (const std::string& key : fixed_keys(resolution)) {
    MOSAIC_TRY(const Nanoseconds latency, table.latency(key));
    scores.fixed(index).latency += latency;
  }
  std::optional<Error> error;
  elastic::for_each_place(scores.space(), [&](std::size_t stage, std::size_t layer, std::size_t place) {
    for (std::size_t option = 0; !error && option < kKernels.size() * kExpansions.size(); ++option) {
      const auto latency =
          table.latency(block_key(resolution, stage, layer, kKernels[option / kExpansions.size()], kExpansions[option % kExpansions.size()]));
      if (latency)
        scores.layer(index, place, option).latency = *latency;
      else
        error = latency.error();
    }
  });
  if (error) return std::unexpected(*std::move(error));
  return {};
}

}  // namespace

Space elastic_mobilenet() {
  Space space{.name = "elastic MobileNetV3 of width 1.2", .resolutions = {160, 192, 224}, .stages = {}};
  for (std::size_t s = 0; s < kShapes.size(); ++s) {
    space.stages.push_back(
        {.name = fmt::format("stage {}", s + 1),
         .depths = {2, 3, 4},
         .knobs = {{.name = "k", .values = {kKernels.begin(), kKernels.end()}}, {.name = "e", .values = {kExpansions.begin(), kExpansions.end()}}}});
  }
  return space;
}

std::string block_key(int resolution, std::size_t stage, std::size_t layer, int kernel, int expansion) {
  const Shape& shape = kShapes[stage];
  const bool first = layer == 0;
  const int stride = first ? shape.stride : 1;
  const int in = first ? shape.in : shape.out;
  const int size = resolution / shape.shrunk / (first ? 1 : shape.stride);
  return fmt::format("expanded_conv-input:{0}x{0}x{1}-output:{2}x{2}x{3}-expand:{4}-kernel:{5}-stride:{6}-idskip:{7}-se:{8}-hs:{9}", size, in,
                     size / stride, shape.out, in * expansion, kernel, stride, first ? 0 : 1, shape.squeeze, shape.swish);
}

void add_accuracy_proxy(AdditiveScores& scores) {
  constexpr std::int64_t kSmallest = 71'100;
  constexpr std::array<std::int64_t, 3> kResolution{0, 1'600, 2'600};
  constexpr std::array<std::int64_t, 4> kLayer{0, 0, 250, 150};
  constexpr std::array<std::int64_t, 3> kKernel{0, 30, 50};
  constexpr std::array<std::int64_t, 3> kExpansion{0, 60, 140};
  constexpr std::array<std::int64_t, 5> kTenthsOfStage{6, 8, 10, 13, 13};
  for (std::size_t r = 0; r < kResolution.size(); ++r) {
    scores.fixed(r).accuracy = {kSmallest + kResolution[r]};
    elastic::for_each_place(scores.space(), [&](std::size_t stage, std::size_t layer, std::size_t place) {
      for (std::size_t k = 0; k < kKernel.size(); ++k) {
        for (std::size_t e = 0; e < kExpansion.size(); ++e) {
          const std::int64_t worth = kLayer[layer] + kKernel[k] + kExpansion[e];
          scores.layer(r, place, k * kExpansion.size() + e).accuracy = {worth * kTenthsOfStage[stage] / 10};
        }
      }
    });
  }
}

Result<AdditiveScores> read_scores(const std::filesystem::path& folder, const std::string& device) {
  AdditiveScores scores(elastic_mobilenet());
  for (std::size_t r = 0; r < scores.space().resolutions.size(); ++r) {
    MOSAIC_TRY(const LatencyTable table, LatencyTable::read(folder / fmt::format("{}.{}.json", device, scores.space().resolutions[r])));
    MOSAIC_RETURN_IF_ERROR(add_latencies(table, r, scores));
  }
  add_accuracy_proxy(scores);
  return scores;
}

}  // namespace mosaic::xavier_nx
