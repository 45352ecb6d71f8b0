#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"

namespace mosaic {

/// A NumPy array file (.npy, versions 1 to 3): row-major, little-endian numbers. Errors: kInvalidInput.
[[nodiscard]] Result<Tensor> parse_npy(std::string_view bytes);

/// The bytes of a NumPy file.
[[nodiscard]] std::string format_npy(const Tensor& tensor);

/// An array of unsigned bytes in the idx format of the MNIST files. Errors: kInvalidInput.
[[nodiscard]] Result<Tensor> parse_idx(std::string_view bytes);

/// Images of the CIFAR-10 binary format and their labels.
struct Cifar {
  std::vector<std::uint8_t> labels;
  std::vector<std::uint8_t> planes;  ///< for each image 3 x 32 x 32 values: red, green, blue
};
/// Errors: kInvalidInput.
[[nodiscard]] Result<Cifar> parse_cifar(std::string_view bytes);

/// The content of a gzip file; what is not gzip comes back as it is. Errors: kInvalidInput: damaged, or more than 2 GiB.
[[nodiscard]] Result<std::string> gunzip(std::string bytes);

}  // namespace mosaic
