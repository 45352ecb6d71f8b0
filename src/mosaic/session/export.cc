#include "mosaic/session/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"
#include "mosaic/onnx/extract.h"

namespace mosaic {
namespace {

namespace fs = std::filesystem;

Json describe(const GraphTensor& tensor) {
  Json json{{"name", tensor.name}, {"type", name(tensor.element)}};
  json["shape"] = tensor.shape ? Json(*tensor.shape) : Json(nullptr);
  return json;
}

std::vector<std::string> names_of(const Graph& graph, const std::set<TensorId>& tensors) {
  std::vector<std::string> names;
  for (const TensorId id : tensors) names.push_back(graph.tensor(id).name);
  return names;
}

std::string file_of(StepId id) { return fmt::format("slice_{}.onnx", id.value); }

struct Slice {
  onnx::Model model;
  Json manifest;
};

Slice cut(const Workspace& workspace, const ValidPlan& plan, StepId id) {
  const Graph& graph = workspace.graph();
  const Step& step = plan.step(id);
  std::vector<std::size_t> nodes;
  std::set<TensorId> made;
  std::set<TensorId> inputs;
  for (const LayerId layer : step.layers) {
    for (const NodeId node : graph.layer(layer).nodes) nodes.push_back(node.index());
    made.insert(graph.layer(layer).outputs.begin(), graph.layer(layer).outputs.end());
    inputs.insert(graph.layer(layer).inputs.begin(), graph.layer(layer).inputs.end());
  }
  std::ranges::sort(nodes);
  std::erase_if(inputs, [&](TensorId tensor) { return made.contains(tensor); });
  std::set<TensorId> outputs;
  for (const TensorId tensor : made) {
    const bool is_output = std::ranges::find(graph.outputs, tensor) != graph.outputs.end();
    if (is_output || !plan.users(tensor).empty()) outputs.insert(tensor);
  }
  Slice slice{
      .model = onnx::extract(workspace.prepared().model, nodes, names_of(graph, inputs), names_of(graph, outputs), workspace.prepared().types),
      .manifest = {}};
  slice.manifest = {{"file", file_of(id)}, {"configuration", step.configuration}, {"layers", format_layers(step.layers)}, {"after", Json::array()}};
  for (const StepId each : step.after) slice.manifest["after"].push_back(each.value);
  slice.manifest["inputs"] = Json::array();
  for (const TensorId tensor : inputs) slice.manifest["inputs"].push_back(describe(graph.tensor(tensor)));
  slice.manifest["outputs"] = Json::array();
  for (const TensorId tensor : outputs) slice.manifest["outputs"].push_back(describe(graph.tensor(tensor)));
  return slice;
}

Result<void> write_all(const Workspace& workspace, const ValidPlan& plan, const fs::path& folder) {
  const Graph& graph = workspace.graph();
  Json manifest{{"schema_version", 1}, {"model", graph.name}, {"fingerprint", graph.fingerprint}, {"board", workspace.board().name}};
  manifest["inputs"] = Json::array();
  for (const TensorId id : graph.inputs) manifest["inputs"].push_back(describe(graph.tensor(id)));
  manifest["outputs"] = Json::array();
  for (const TensorId id : graph.outputs) manifest["outputs"].push_back(describe(graph.tensor(id)));
  manifest["order"] = Json::array();
  for (const StepId id : plan.order()) manifest["order"].push_back(id.value);
  manifest["slices"] = Json::array();
  for (std::size_t s = 0; s < plan.size(); ++s) {
    Slice slice = cut(workspace, plan, StepId(s));
    MOSAIC_RETURN_IF_ERROR(onnx::save_model(slice.model, folder / file_of(StepId(s))));
    manifest["slices"].push_back(std::move(slice.manifest));
  }
  return write_file(folder / "manifest.json", to_text(manifest));
}

}  // namespace

Result<void> export_plan(const Workspace& workspace, const ValidPlan& plan, const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error))
    return fail(ErrorCode::kInvalidInput, fmt::format("{} exists and is not empty", folder.string()));
  std::string temporary = (folder / "").parent_path().string() + ".XXXXXX";  // beside it also where it is named with a slash at the end
  fs::create_directories(fs::path(temporary).parent_path(), error);
  if (::mkdtemp(temporary.data()) == nullptr) return fail(ErrorCode::kIo, fmt::format("cannot write {}: {}", folder.string(), std::strerror(errno)));
  fs::permissions(temporary, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec,
                  error);
  auto written = write_all(workspace, plan, temporary);
  if (written) {
    fs::remove(folder, error);
    fs::rename(temporary, folder, error);
    if (error) written = fail(ErrorCode::kIo, fmt::format("cannot write {}: {}", folder.string(), error.message()));
  }
  if (!written) fs::remove_all(temporary, error);
  return written;
}

}  // namespace mosaic
