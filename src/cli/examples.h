#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/input/samples.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/quantize/examples.h"
#include "mosaic/session/search.h"

namespace mosaic::cli {

/// Images and arrays of files and folders, read as `mosaic run --input` reads files, one file in memory at a time.
struct ExampleOptions {
  std::vector<std::string> paths;  ///< files, and folders of files
  std::string preprocess = "raw";
  std::string truth;      ///< right classes, as `Truth` reads them; empty: what the files say
  std::size_t limit = 0;  ///< at most so many files, spread evenly; 0: all
  std::size_t all_but{};  ///< without those that this limit would take; 0: all
};

/// Errors: kInvalidInput: a path that is missing or holds no file of samples, a model with several inputs, an unknown way to prepare pixels, right
/// classes that do not fit the files (`Truth`), or are in the order of files of which only some are taken, a first file that cannot be read or does
/// not fit. When visited: the same of the others.
[[nodiscard]] Result<quantize::Examples> read_examples(const onnx::PreparedModel& model, const ExampleOptions& options);
/// The same for what one input wants.
[[nodiscard]] Result<quantize::Examples> read_examples(const InputSpec& spec, const ExampleOptions& options);

/// All of them in memory, of networks with one input. Errors: those of reading; kInvalidInput: a class below 0.
[[nodiscard]] Result<std::vector<LabelledImage>> labelled_images(const quantize::Examples& examples);

/// How many files the paths stand for. Errors: kInvalidInput: a path that is missing or holds no file of samples.
[[nodiscard]] Result<std::size_t> count_files(const ExampleOptions& options);

}  // namespace mosaic::cli
