#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/accelerators/conv_shape.h"
#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

/// Which output channels of each convolution the digital accelerator computes, with 8-bit weights, and which the analog one, with ternary weights.
/// Values; thread-compatible.

enum class Unit : std::uint8_t { kAnalog, kDigital };

struct LayerMapping {
  std::string name;            ///< of the convolution
  std::vector<Unit> channels;  ///< by output channel

  [[nodiscard]] std::int64_t digital() const;  ///< how many
  friend bool operator==(const LayerMapping&, const LayerMapping&) = default;
};

struct Mapping {
  std::string network_name;
  Fingerprint network;
  std::string board_name;            ///< of the board with both accelerators; may be empty
  std::vector<LayerMapping> layers;  ///< one for each convolution, in the network's order

  friend bool operator==(const Mapping&, const Mapping&) = default;
};

[[nodiscard]] bool has_finite_weights(const network::Filters& filters);

/// What cost functions know of each convolution, in order.
[[nodiscard]] std::vector<ConvShape> conv_shapes(const network::Network& network);

/// Numbers of digital channels, by layer.
[[nodiscard]] std::vector<std::int64_t> digital_counts(const Mapping& mapping);

/// The first channels of each layer digital, as many as `digital` says. Requires: a count for each convolution, within its channels.
[[nodiscard]] Mapping with_counts(const network::Network& network, std::span<const std::int64_t> digital);

/// The manual heuristics of the ODiMO paper, with layers of several groups digital in all of them, for the analog array cannot compute them: every
/// layer with 8-bit weights; every layer ternary; the first and the last with 8-bit weights and those between them ternary.
[[nodiscard]] Mapping all_digital(const network::Network& network);
[[nodiscard]] Mapping all_ternary(const network::Network& network);
[[nodiscard]] Mapping ends_digital(const network::Network& network);

/// Errors: kInvalidInput: made for another network, layers that are missing, too many or named otherwise, another number of channels, analog channels
/// in a layer of several groups, weights that are not finite. The message names the layer.
[[nodiscard]] Result<void> validate(const network::Network& network, const Mapping& mapping);

/// A mapping as JSON, of each layer its name and "bits": 8 for a digital channel, 2 for an analog one. The same mapping gives the same bytes.
[[nodiscard]] std::string format_mapping(const Mapping& mapping);

/// Errors: kInvalidInput, with the key.
[[nodiscard]] Result<Mapping> parse_mapping(std::string_view text, std::string_view where = "mapping");
[[nodiscard]] Result<Mapping> read_mapping(const std::filesystem::path& path);
/// Whole or not at all. Errors: kIo.
[[nodiscard]] Result<void> write_mapping(const Mapping& mapping, const std::filesystem::path& path);

}  // namespace mosaic::mapping
