#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/graph/graph.h"
#include "mosaic/onnx/model.h"

namespace mosaic::onnx {

/// A network that mosaic can build itself.
struct ZooEntry {
  std::string name;
  std::string description;
  std::string source;  ///< the paper that published it
};

/// In alphabetical order. A name that ends in "_<width>" may be built at any width from 0.05 to 4: "mobilenet_v2_0.35".
[[nodiscard]] const std::vector<ZooEntry>& zoo();

/// The real topology with seeded weights: activations stay finite and depend on the input; there is nothing it has learned. The same name and seed
/// give the same bytes. Errors: kInvalidInput: an unknown name, with those there are.
[[nodiscard]] Result<Model> build_zoo_model(const std::string& name, std::uint64_t seed);

/// The layers of a network of the zoo, without its weights and without an engine: milliseconds instead of seconds. Nodes, tensors and fingerprint are
/// those of the built model. `layers_of_blocks` (graph/regroup.h) gives the layers that the network's authors would count: units, blocks, modules.
/// Errors: as `build_zoo_model`.
[[nodiscard]] Result<Graph> zoo_graph(const std::string& name);

}  // namespace mosaic::onnx
