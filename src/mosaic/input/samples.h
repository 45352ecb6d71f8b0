#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/input/image.h"

namespace mosaic {

/// One input for one run.
struct Sample {
  std::string name;  ///< file, with "#i" where the file holds several
  Tensor tensor;
  std::optional<std::int64_t> label;  ///< where the file says what it shows
};

/// What an input of a model wants.
struct InputSpec {
  std::string name;
  ElementType type = ElementType::kFloat32;
  Shape shape;
};

/// Samples from a file: JPEG and PNG images, NumPy arrays (.npy; taken as they are, type and shape must fit, a further first extent means several
/// samples), MNIST idx files and CIFAR-10 binary files (each image a sample; .gz of both). `preprocess` applies to all but NumPy arrays. Errors:
/// kInvalidInput: unreadable, of another kind, or not fitting the input, with what was wanted.
[[nodiscard]] Result<std::vector<Sample>> read_samples(const std::filesystem::path& path, const InputSpec& spec, Preprocess preprocess);

/// The files to read samples from: `path` itself, or, of a folder, those whose names end as `read_samples` takes them (.jpg, .jpeg, .png, .npy, .bin,
/// .gz, or with "idx" in them), by name, without those of folders inside. Errors: kInvalidInput: nothing there, or none of those.
[[nodiscard]] Result<std::vector<std::filesystem::path>> sample_files(const std::filesystem::path& path);

/// One name a class, a line each.
[[nodiscard]] Result<std::vector<std::string>> read_labels(const std::filesystem::path& path);

/// Whether these bytes of a file of this name are an idx file.
[[nodiscard]] bool is_idx(const std::filesystem::path& path, std::string_view bytes);

/// Lines, whichever way they end; none after the last one's end.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

}  // namespace mosaic
