#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/integers/quantized_network.h"

namespace mosaic::integers {

/// A quantised network as JSON, every integer in it: docs/formats.md. The same network gives the same bytes; scales are written so that reading gives
/// the same numbers.
[[nodiscard]] std::string format_quantized(const QuantizedNetwork& network);

/// Of all that the file holds, names among it.
[[nodiscard]] Fingerprint fingerprint(const QuantizedNetwork& network);

/// What is read is valid (`validate`). Errors: kInvalidInput, with the key or the node.
[[nodiscard]] Result<QuantizedNetwork> parse_quantized(std::string_view text, std::string_view where = "quantised network");
[[nodiscard]] Result<QuantizedNetwork> read_quantized(const std::filesystem::path& path);

/// Whole or not at all. Errors: kIo.
[[nodiscard]] Result<void> write_quantized(const QuantizedNetwork& network, const std::filesystem::path& path);

}  // namespace mosaic::integers
