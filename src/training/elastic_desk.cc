#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "mosaic/backend/ort/evaluator.h"
#include "mosaic/base/file.h"
#include "mosaic/onnx/import.h"
#include "mosaic/onnx/prepare.h"
#include "training/elastic_command.h"
#include "training/start.h"

namespace mosaic::training {

Result<std::unique_ptr<ElasticDesk>> ElasticDesk::open(const cli::ElasticUse& use) {
  auto desk = std::make_unique<ElasticDesk>();
  MOSAIC_TRY(desk->model, read_elastic(use.model));
  MOSAIC_TRY(const Preprocess preprocess, parse_preprocess(desk->model.preprocess));
  MOSAIC_TRY(desk->data, read_dataset(use.data.empty() ? desk->model.data : use.data));
  MOSAIC_TRY(desk->pixels, Pixels::create(preprocess, desk->data.train.extent.channels));
  MOSAIC_TRY(auto parts, hold_out(desk->data.train, static_cast<std::size_t>(desk->model.held_out), kHeldOutSeed));
  desk->data.train = std::move(parts.first);
  desk->held_out = std::move(parts.second);
  desk->recalibration = sample(desk->data.train, use.recalibration, 1);
  auto extractor = Extractor::create(desk->model, desk->recalibration, desk->pixels);
  if (!extractor) return within(use.model, extractor.error());
  desk->extractor = *std::move(extractor);
  return desk;
}

Result<CutOut> cut_out(const ElasticDesk& desk, std::string name, const elastic::SubNetwork& network, const std::stop_token& stop) {
  CutOut cut{.name = std::move(name), .network = network, .model = {}};
  MOSAIC_TRY(cut.model, desk.extractor->model(network));
  MOSAIC_TRY(const auto evaluator, ort::make_evaluator());
  MOSAIC_TRY(const onnx::PreparedModel prepared, onnx::prepare(cut.model.copy(), {}, *evaluator));
  MOSAIC_TRY(const Graph graph, onnx::import_graph(prepared, cut.name));
  for (const Layer& layer : graph.layers) cut.macs += layer.macs;
  const int resolution = desk.model.design.space.resolutions[network.resolution];
  MOSAIC_TRY(cut.right, right_by_engine(cut.model, resolution, desk.data.test, desk.pixels, stop));
  return cut;
}

Result<void> write_family(const ElasticDesk& desk, const std::vector<CutOut>& cuts, const std::string& folder) {
  const std::filesystem::path path(folder);
  Family family{.name = desk.model.design.space.name, .task = fmt::format("classes of {}", desk.data.name), .variants = {}};
  for (const CutOut& each : cuts) {
    const std::filesystem::path file = path / (each.name + ".onnx");
    MOSAIC_RETURN_IF_ERROR(onnx::save_model(each.model, file));
    family.variants.push_back({.name = each.name,
                               .model = file,
                               .accuracy_percent = 100 * static_cast<double>(each.right) / static_cast<double>(desk.data.test.size()),
                               .accuracy_from = fmt::format("{} test images of {}", desk.data.test.size(), desk.data.name)});
  }
  return write_file(path / "family.yaml", format_family(family, path));
}

}  // namespace mosaic::training
