#include "mosaic/onnx/structure.h"

#include "mosaic/onnx/proto.h"

namespace mosaic::onnx {

std::vector<std::size_t> Structure::ancestors(std::span<const std::string> values) const {
  std::vector<bool> needed(nodes.size(), false);
  std::vector<std::string> pending(values.begin(), values.end());
  while (!pending.empty()) {
    const auto found = maker.find(pending.back());
    pending.pop_back();
    if (found == maker.end() || needed[found->second]) continue;
    needed[found->second] = true;
    const Node& node = nodes[found->second];
    pending.insert(pending.end(), node.inputs.begin(), node.inputs.end());
  }
  std::vector<std::size_t> indices;
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    if (needed[n]) indices.push_back(n);
  }
  return indices;
}

Structure structure(const Model& model) {
  const ::onnx::GraphProto& graph = proto_of(model).graph();
  Structure out;
  for (const auto& proto : graph.node()) {
    Structure::Node node;
    node.op = qualified_op(proto);
    node.arguments.assign(proto.input().begin(), proto.input().end());
    const std::set<std::string> used = used_names(proto);
    node.inputs.assign(used.begin(), used.end());
    for (const std::string& name : proto.output()) {
      if (name.empty()) continue;
      node.outputs.push_back(name);
      out.maker.emplace(name, out.nodes.size());
    }
    out.nodes.push_back(std::move(node));
  }
  for (const auto& initializer : graph.initializer()) out.constants.insert(initializer.name());
  for (const auto& initializer : graph.sparse_initializer()) out.constants.insert(initializer.values().name());
  return out;
}

}  // namespace mosaic::onnx
