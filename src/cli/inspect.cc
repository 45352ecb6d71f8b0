#include <fmt/format.h>

#include "command.h"
#include "mosaic/base/text.h"
#include "mosaic/graph/regroup.h"
#include "mosaic/onnx/zoo.h"
#include "mosaic/session/workspace.h"
#include "output.h"

namespace mosaic::cli {
namespace {

Json to_json(const GraphTensor& tensor) {
  return {{"name", tensor.name}, {"type", name(tensor.element)}, {"shape", tensor.shape ? Json(*tensor.shape) : Json(nullptr)}};
}

Json to_json(const Graph& graph) {
  Json json{{"model", graph.name}, {"fingerprint", graph.fingerprint}, {"nodes", graph.nodes.size()}};
  for (const auto& [key, list] : {std::pair{"inputs", &graph.inputs}, std::pair{"outputs", &graph.outputs}}) {
    json[key] = Json::array();
    for (const TensorId id : *list) json[key].push_back(to_json(graph.tensor(id)));
  }
  json["layers"] = Json::array();
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const Layer& layer = graph.layers[i];
    Json entry{{"id", i},
               {"name", layer.name},
               {"kind", layer.kind},
               {"macs", layer.macs},
               {"parameters", layer.parameters},
               {"weight_bytes", layer.weights.value},
               {"activation_bytes", layer.activations.value},
               {"signature", layer.signature}};
    if (i < graph.cuts.size()) {
      Json tensors = Json::array();
      for (const TensorId id : graph.cuts[i].tensors) tensors.push_back(graph.tensor(id).name);
      entry["cut_behind"] = {{"bytes", graph.cuts[i].bytes.value}, {"tensors", tensors}};
    }
    json["layers"].push_back(std::move(entry));
  }
  json["joins"] = Json::array();
  for (const Join& join : graph.joins) json["joins"].push_back({{"layer", join.layer.value}, {"reason", join.reason}});
  return json;
}

std::string describe(const Graph& graph, const std::vector<TensorId>& tensors) {
  std::string text;
  for (const TensorId id : tensors) {
    const GraphTensor& tensor = graph.tensor(id);
    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", tensor.name, name(tensor.element),
                        tensor.shape ? to_string(*tensor.shape) : "(shape depends on the data)");
  }
  return text;
}

/// Output shape of a layer: of its first output.
std::string output_shape(const Graph& graph, const Layer& layer) {
  if (layer.outputs.empty()) return "";
  const auto& shape = graph.tensor(layer.outputs.front()).shape;
  return shape ? to_string(*shape) : "?";
}

void print_table(const Graph& graph) {
  Table table({">layer", "name", "operators", "output", ">MACs", ">parameters", ">weights", ">cut behind", ">tensors"});
  std::int64_t macs = 0;
  std::int64_t parameters = 0;
  Bytes weights;
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const Layer& layer = graph.layers[i];
    macs = saturating_add(macs, layer.macs);
    parameters = saturating_add(parameters, layer.parameters);
    weights = saturating_add(weights, layer.weights);
    const bool cut = i < graph.cuts.size();
    table.add({std::to_string(i), shorten(layer.name, 32), shorten(layer.kind, 40), output_shape(graph, layer), format_count(layer.macs),
               format_count(layer.parameters), format_bytes(layer.weights), cut ? format_bytes(graph.cuts[i].bytes) : "",
               cut ? std::to_string(graph.cuts[i].tensors.size()) : ""});
  }
  print(fmt::format("{}: {} layers of {} operators, {} MACs, {} parameters, {} of weights\ninputs:  {}\noutputs: {}\n\n", graph.name,
                    graph.layers.size(), graph.nodes.size(), format_count(macs), format_count(parameters), format_bytes(weights),
                    describe(graph, graph.inputs), describe(graph, graph.outputs)));
  print(table.text());
  for (const Join& join : graph.joins) print(fmt::format("layer {} cannot be cut further: {}\n", join.layer.value, join.reason));
}

constexpr std::string_view kZoo = "zoo:";

/// A file's layers, or those of "zoo:NAME", which needs neither weights nor an engine.
Result<Graph> find_graph(const ModelOptions& options) {
  if (!options.model.starts_with(kZoo)) {
    MOSAIC_TRY(const Workspace::Options workspace, options.workspace());
    return read_graph(workspace.model, workspace.shapes);
  }
  if (!options.shapes.empty()) return fail(ErrorCode::kInvalidInput, fmt::format("--shape: the inputs of {} have fixed shapes", options.model));
  return onnx::zoo_graph(options.model.substr(kZoo.size()));
}

}  // namespace

void add_inspect(CLI::App& app, Context& context) {
  auto& command = add_command(app, "inspect", "Show a model's layers, and what would have to travel where it is cut",
                              "  mosaic inspect mobilenet_v2.onnx\n"
                              "  mosaic inspect detector.onnx --shape images=1x3x416x416\n"
                              "  mosaic inspect model.onnx --json | jq '.layers[] | {id, kind, macs}'\n"
                              "  mosaic inspect zoo:resnet152_v2 --paper-layers");
  auto options = std::make_shared<ModelOptions>();
  auto paper_layers = std::make_shared<bool>(false);
  options->declare(command, false);
  command.get_option("MODEL")->description("ONNX file, or zoo:NAME for a network of 'mosaic zoo list'");
  command.add_flag("--paper-layers", *paper_layers,
                   "For networks of the zoo: layers as their papers count them (units, modules), not as mosaic does");
  command.callback([options, paper_layers, &context] {
    context.action = [options, paper_layers]() -> Result<void> {
      MOSAIC_TRY(Graph graph, find_graph(*options));
      if (*paper_layers) {
        MOSAIC_TRY(graph, layers_of_blocks(graph));
      }
      options->json ? print_json(to_json(graph)) : print_table(graph);
      return {};
    };
  });
}

}  // namespace mosaic::cli
