#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/graph/graph.h"
#include "mosaic/onnx/prepare.h"

namespace mosaic {

/// A model and a board, ready to be measured, planned and run. Immutable after `open`; neither movable nor copyable, because executors refer to it
/// while they are made.
class Workspace {
 public:
  struct Options {
    std::filesystem::path model;
    std::string board;                                    ///< as `find_board` takes it
    onnx::InputShapes shapes;                             ///< for inputs whose shapes are symbolic
    std::function<void(const std::string&)> remark = {};  ///< takes what must be said but fails nothing
  };

  /// Errors: those of reading, preparing and importing the model; of finding the board; of its devices.
  [[nodiscard]] static Result<std::unique_ptr<Workspace>> open(const Options& options);

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const onnx::PreparedModel& prepared() const { return prepared_; }
  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Board& board() const { return board_; }
  [[nodiscard]] const Backends& backends() const { return backends_; }

  /// Fingerprint of the engine behind the board's devices.
  [[nodiscard]] Fingerprint engine() const { return backends_.begin()->second->engine().fingerprint; }

  /// Seeded inputs of the right types and shapes. Errors: kUnsupported for an input that is no tensor of numbers.
  [[nodiscard]] Result<std::vector<Tensor>> random_inputs(std::uint64_t seed) const { return mosaic::random_inputs(graph_, seed); }

 private:
  Workspace() = default;

  Options options_;
  onnx::PreparedModel prepared_;
  Graph graph_;
  Board board_;
  Backends backends_;
};

/// A model's file, prepared. Errors: those of reading and preparing it, after its name.
[[nodiscard]] Result<onnx::PreparedModel> read_model(const std::filesystem::path& path, const onnx::InputShapes& shapes);

/// The layers of a model without a board. Errors: as `Workspace::open`.
[[nodiscard]] Result<Graph> read_graph(const std::filesystem::path& model, const onnx::InputShapes& shapes);

/// "name=1x3x224x224" from a command line. Errors: kInvalidInput.
[[nodiscard]] Result<std::pair<std::string, Shape>> parse_shape(std::string_view text);

}  // namespace mosaic
