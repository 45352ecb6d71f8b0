#include "mosaic/session/workspace.h"

#include <fmt/format.h>

#include <charconv>

#include "mosaic/backend/ort/evaluator.h"
#include "mosaic/base/text.h"
#include "mosaic/onnx/import.h"
#include "mosaic/session/boards.h"

namespace mosaic {
namespace {

Result<Graph> import_file(const onnx::PreparedModel& prepared, const std::filesystem::path& path) {
  auto graph = onnx::import_graph(prepared, path.stem().string());
  if (!graph) return within(path.string(), graph.error());
  return graph;
}

}  // namespace

Result<onnx::PreparedModel> read_model(const std::filesystem::path& path, const onnx::InputShapes& shapes) {
  MOSAIC_TRY(onnx::Model model, onnx::load_model(path));
  MOSAIC_TRY(const auto evaluator, ort::make_evaluator());
  auto prepared = onnx::prepare(std::move(model), shapes, *evaluator);
  if (!prepared) return within(path.string(), prepared.error());
  return prepared;
}

Result<std::unique_ptr<Workspace>> Workspace::open(const Options& options) {
  std::unique_ptr<Workspace> workspace(new Workspace);
  workspace->options_ = options;
  MOSAIC_TRY(workspace->board_, find_board(options.board));
  MOSAIC_TRY(workspace->backends_, make_backends(workspace->board_, true, options.remark));
  MOSAIC_TRY(workspace->prepared_, read_model(options.model, options.shapes));
  MOSAIC_TRY(workspace->graph_, import_file(workspace->prepared_, options.model));
  return workspace;
}

Result<Graph> read_graph(const std::filesystem::path& model, const onnx::InputShapes& shapes) {
  MOSAIC_TRY(const onnx::PreparedModel prepared, read_model(model, shapes));
  return import_file(prepared, model);
}

Result<std::pair<std::string, Shape>> parse_shape(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  const auto wrong = [&] { return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is not a shape such as input=1x3x224x224", text)); };
  if (equals == std::string_view::npos || equals == 0) return wrong();
  Shape shape;
  for (const std::string& part : split(text.substr(equals + 1), 'x')) {
    std::int64_t extent = 0;
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), extent);
    if (parsed.ec != std::errc() || parsed.ptr != part.data() + part.size() || extent < 1) return wrong();
    shape.push_back(extent);
  }
  if (!element_count(shape)) return wrong();
  return std::pair(std::string(text.substr(0, equals)), shape);
}

}  // namespace mosaic
