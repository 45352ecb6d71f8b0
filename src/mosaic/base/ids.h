#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace mosaic {

/// An index into one kind of list. Ids of two lists cannot be mixed up.
template <class Tag>
struct Id {
  std::uint32_t value = 0;

  constexpr Id() = default;
  constexpr explicit Id(std::size_t index) : value(static_cast<std::uint32_t>(index)) {}
  [[nodiscard]] constexpr std::size_t index() const { return value; }
  friend constexpr auto operator<=>(Id, Id) = default;
};

using NodeId = Id<struct NodeTag>;                    ///< Graph::nodes
using TensorId = Id<struct TensorTag>;                ///< Graph::tensors
using LayerId = Id<struct LayerTag>;                  ///< Graph::layers
using DeviceId = Id<struct DeviceTag>;                ///< Board::devices
using SpaceId = Id<struct SpaceTag>;                  ///< Board::spaces
using ConfigurationId = Id<struct ConfigurationTag>;  ///< Board::configurations
using StepId = Id<struct StepTag>;                    ///< Plan::steps

}  // namespace mosaic

template <class Tag>
struct std::hash<mosaic::Id<Tag>> {
  std::size_t operator()(mosaic::Id<Tag> id) const noexcept { return id.value; }
};
