#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/random.h"

namespace mosaic::elastic {

/// A choice that each layer of a stage has: its kernel, its expansion, its heads.
struct Knob {
  std::string name;
  std::vector<int> values;  ///< one or more
};

/// Layers of which the first few are there; each has the same knobs. An *option* of a layer is one combination of their values, numbered with the
/// last knob running fastest.
struct Stage {
  std::string name;
  std::vector<int> depths;  ///< how many layers there may be, one or more each; ascending
  std::vector<Knob> knobs;

  [[nodiscard]] std::size_t most_layers() const { return static_cast<std::size_t>(depths.back()); }
  [[nodiscard]] std::size_t options() const;
};

/// What an elastic network can be: every sub-network is a choice of a resolution, a depth for each stage and an option for each layer that is there.
/// Fixed parts (first and last layers) are not in it. Source: Cai et al., "Once-for-all" (ICLR 2020). Immutable.
struct Space {
  std::string name;
  std::vector<int> resolutions;  ///< pixels a side; one or more
  std::vector<Stage> stages;

  /// Layers that the largest sub-network has, over all stages: places of layers are numbered stage by stage.
  [[nodiscard]] std::size_t places() const;

  /// Sub-networks that differ: layers that are not there do not count. As a floating-point number, for there may be more than 2^64.
  [[nodiscard]] double sub_networks() const;
};

/// Calls visit(stage, layer, place) for every layer that the largest sub-network has: indices of the stage, of the layer within it, and of its place.
template <class Visit>
void for_each_place(const Space& space, Visit visit) {
  std::size_t place = 0;
  for (std::size_t stage = 0; stage < space.stages.size(); ++stage) {
    for (std::size_t layer = 0; layer < space.stages[stage].most_layers(); ++layer) visit(stage, layer, place++);
  }
}

/// One sub-network, as indices into the lists of a Space. Plain data; equal networks compare equal once `canonical`.
struct SubNetwork {
  std::uint8_t resolution = 0;
  std::vector<std::uint8_t> depths;   ///< by stage
  std::vector<std::uint8_t> options;  ///< by place; of layers that are not there too, where they have no meaning

  friend auto operator<=>(const SubNetwork&, const SubNetwork&) = default;
};

/// The values of an option of a stage's layer, one of each knob.
[[nodiscard]] std::vector<int> knob_values(const Stage& stage, std::size_t option);

/// The first option for every layer that is not there.
[[nodiscard]] SubNetwork canonical(const Space& space, SubNetwork network);

/// The last of every list. Requires: lists ascending in size for it to be the largest.
[[nodiscard]] SubNetwork largest(const Space& space);
[[nodiscard]] SubNetwork smallest(const Space& space);

/// Each choice uniform and independent of the others.
[[nodiscard]] SubNetwork random_sub_network(const Space& space, Random& random);

/// Draws resolution, each depth and each layer's option again with this probability.
[[nodiscard]] SubNetwork mutated(const Space& space, const SubNetwork& parent, double probability, Random& random);

/// Resolution, each depth and each knob of each layer from one parent or the other, with equal chance.
[[nodiscard]] SubNetwork crossed(const Space& space, const SubNetwork& one, const SubNetwork& other, Random& random);

/// "160: 2 (k3 e3, k3 e4), 3 (...)": the resolution, then each stage's depth and its layers' options.
[[nodiscard]] std::string describe(const Space& space, const SubNetwork& network);

/// The canonical sub-network that `describe` says so; also "largest" and "smallest". White space does not count. Errors: kInvalidInput: another text,
/// with how the largest is written; a value that the space does not have, with those that it has.
[[nodiscard]] Result<SubNetwork> parse_sub_network(const Space& space, std::string_view text);

}  // namespace mosaic::elastic
