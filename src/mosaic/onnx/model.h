#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"

namespace mosaic::onnx {

/// An ONNX model in memory, weights included. Movable; copies are explicit because they may be large. Thread-compatible.
class Model {
 public:
  Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  [[nodiscard]] Model copy() const;

  /// What only code that knows the schema can look into (onnx/proto.h); everyone else uses the functions of this room.
  struct Data;
  [[nodiscard]] Data& data() { return *data_; }
  [[nodiscard]] const Data& data() const { return *data_; }

 private:
  std::unique_ptr<Data> data_;
};

/// Reads a model and whatever it keeps in other files. Errors: kInvalidInput: missing, empty, truncated, not ONNX, 2 GiB or more in all, external
/// data that is missing, too short, or outside the model's folder.
[[nodiscard]] Result<Model> load_model(const std::filesystem::path& path);

/// A model from the bytes of its file; external data is refused. Errors: kInvalidInput.
[[nodiscard]] Result<Model> parse_model(std::string_view bytes);

/// The bytes of the model's file. Requires: less than 2 GiB. Deterministic.
[[nodiscard]] std::string serialize_model(const Model& model);

/// Writes the model to a file, whole or not at all. Errors: kIo.
[[nodiscard]] Result<void> save_model(const Model& model, const std::filesystem::path& path);

/// Names of the model's inputs (initialisers with a default left out) and outputs, in order.
[[nodiscard]] std::vector<std::string> input_names(const Model& model);
[[nodiscard]] std::vector<std::string> output_names(const Model& model);

}  // namespace mosaic::onnx
