#include "mosaic/onnx/wiring.h"

#include "mosaic/onnx/structure.h"

namespace mosaic::onnx {

Wiring::Wiring(const Model& model) {
  const Structure structure = mosaic::onnx::structure(model);
  maker = structure.maker;
  constants = structure.constants;
  for (std::size_t n = 0; n < structure.nodes.size(); ++n) {
    for (const std::string& value : structure.nodes[n].inputs) {
      std::vector<std::size_t>& of = users[value];
      if (of.empty() || of.back() != n) of.push_back(n);
    }
  }
  for (const std::string& name : output_names(model)) outputs.insert(name);
}

std::optional<std::size_t> Wiring::only_user(const std::string& value) const {
  const auto found = users.find(value);
  if (found == users.end() || found->second.size() != 1 || outputs.contains(value)) return std::nullopt;
  return found->second.front();
}

std::optional<std::size_t> Wiring::maker_of(const std::string& value) const {
  const auto found = maker.find(value);
  return found == maker.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace mosaic::onnx
