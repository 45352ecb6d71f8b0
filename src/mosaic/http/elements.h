#pragma once

// Tensors as the inference protocol's JSON has them. Not installed: it shows the JSON library.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/base/json.h"
#include "mosaic/base/tensor.h"

namespace mosaic::http {

/// "FP32", "INT64", "BOOL", ...: the protocol's name. Requires: not kUndefined.
[[nodiscard]] std::string_view datatype(ElementType type);

/// A tensor from a flat list in row-major order, or from lists nested as the shape is. Nothing is allocated before the list was found to be as long
/// as the shape says. Integers must be integers in range, floating point must be finite in its type, booleans are true, false, 1 or 0. Requires:
/// element_size(type) > 0, no extent below 1. Errors: kInvalidInput, with index and value.
[[nodiscard]] Result<Tensor> tensor_from_json(const Json& data, ElementType type, const Shape& shape);

/// A tensor from its elements in row-major order, little-endian. Requirements as above. Errors: kInvalidInput: another number of bytes; a boolean
/// that is neither 0 nor 1.
[[nodiscard]] Result<Tensor> tensor_from_bytes(std::span<const std::byte> bytes, ElementType type, const Shape& shape);

/// Appends a flat list. Numbers read back to the same bits; what is not finite is null, JSON has no word for it.
void append_json(const Tensor& tensor, std::string& out);

}  // namespace mosaic::http
