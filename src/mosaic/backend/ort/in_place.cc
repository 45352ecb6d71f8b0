#include "mosaic/backend/ort/in_place.h"

#include <algorithm>
#include <map>

namespace mosaic::ort {
namespace {

/// What a convolution adds its result to; empty where there is no such argument, or another one reads the same memory. Only in the engine's blocked
/// layout: a tensor in plain layout may have views (Reshape, Identity ...) that share its memory unseen, and may be of unknown shape.
std::string summand(const onnx::Structure::Node& node) {
  const bool adds = node.op == "com.microsoft.nchwc.Conv" && node.arguments.size() == 4;
  return adds && std::ranges::count(node.arguments, node.arguments[3]) == 1 ? node.arguments[3] : "";
}

}  // namespace

std::vector<InPlace> in_place_sums(const onnx::Structure& model, std::span<const std::size_t> nodes, std::span<const std::string> leaving) {
  std::map<std::string, std::vector<std::size_t>> users;
  for (const std::size_t n : nodes) {
    for (const std::string& name : model.nodes[n].inputs) users[name].push_back(n);
  }
  const auto leaves = [&](const std::string& name) { return std::ranges::find(leaving, name) != leaving.end(); };
  std::vector<InPlace> sums;
  for (const std::size_t n : nodes) {
    const onnx::Structure::Node& node = model.nodes[n];
    const std::string argument = summand(node);
    if (!model.maker.contains(argument) || leaves(argument) || leaves(node.outputs.front())) continue;
    const std::vector<std::size_t> earlier = model.ancestors(node.inputs);
    const bool last = std::ranges::all_of(users[argument], [&](std::size_t user) { return user == n || std::ranges::binary_search(earlier, user); });
    if (last) sums.push_back({.result = node.outputs.front(), .argument = argument});
  }
  return sums;
}

}  // namespace mosaic::ort
