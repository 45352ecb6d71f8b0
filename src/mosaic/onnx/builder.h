#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mosaic/base/tensor.h"
#include "mosaic/onnx/model.h"

namespace mosaic::onnx {

/// An attribute of an operator.
using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>>;
using Attributes = std::map<std::string, Attribute>;

/// What a builder puts into weights.
enum class Weights : std::uint8_t {
  kSeeded,   ///< random numbers
  kLeftOut,  ///< type and shape alone: layers, sizes and cuts can be found in no time, but the model can neither be saved nor run
};

/// Builds float32 models node by node, with seeded weights: the same calls and seed give the same bytes on every machine. Values are known by their
/// names; shapes of values are not followed, so callers say how many channels go in. Thread-compatible.
class Builder {
 public:
  explicit Builder(std::string name, std::uint64_t seed, Weights content = Weights::kSeeded);
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  /// Adds an input and returns its name. An extent of -1 is symbolic.
  std::string input(const std::string& name, const Shape& shape, ElementType element = ElementType::kFloat32);

  /// Begins a block: nodes from here on are called "name/Op_0", so that a block can be made one layer (graph/regroup.h). Requires: no '/' in it.
  void block(const std::string& name);

  /// Adds a node and returns the name of its first output. `outputs`: how many it has.
  std::string node(const std::string& op, const std::vector<std::string>& inputs, const Attributes& attributes = {}, int outputs = 1);

  /// The name of output `index` of the node that made `first`.
  [[nodiscard]] static std::string output_of(const std::string& first, int index) { return first + "_" + std::to_string(index); }

  /// Makes a value an output of the model.
  void output(const std::string& value, const Shape& shape, ElementType element = ElementType::kFloat32);

  /// Adds a constant and returns its name.
  std::string constant(const std::string& name, const Tensor& value);
  std::string constant(const std::string& name, const std::vector<std::int64_t>& values);
  std::string constant(const std::string& name, float value);

  /// Adds weights: normal with this deviation (He and others, 2015: sqrt(2 / fan-in) keeps the scale of activations through ReLU).
  std::string weights(const std::string& name, const Shape& shape, double deviation);

  /// Everything about a convolution but the tensor it reads.
  struct Convolution {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::vector<std::int64_t> kernel{3, 3};
    std::int64_t stride = 1;
    std::int64_t groups = 1;
    std::string auto_pad = "SAME_UPPER";  ///< or "VALID"
    double gain = 1;                      ///< on the deviation of the weights
    bool bias = true;
  };
  std::string conv(const std::string& x, const Convolution& convolution);

  /// Batch normalisation with seeded statistics; `gain` scales what it lets through.
  std::string batch_norm(const std::string& x, std::int64_t channels, double gain = 1);

  /// Conv, BatchNormalization and an activation ("Relu", "Relu6" or nothing).
  std::string conv_bn(const std::string& x, Convolution convolution, const std::string& activation, double gain = 1);

  std::string relu(const std::string& x) { return node("Relu", {x}); }
  std::string relu6(const std::string& x);
  std::string max_pool(const std::string& x, std::int64_t kernel, std::int64_t stride, const std::string& auto_pad = "VALID");
  /// The average over what lies inside the image.
  std::string average_pool(const std::string& x, std::int64_t kernel, std::int64_t stride, const std::string& auto_pad = "SAME_UPPER");
  std::string global_average_pool(const std::string& x) { return node("GlobalAveragePool", {x}); }
  /// Zeros around an image, as many on each side.
  std::string pad(const std::string& x, std::int64_t pixels);
  /// The mean of each channel by ReduceMean.
  std::string mean_of_image(const std::string& x) {
    return node("ReduceMean", {x}, {{"axes", std::vector<std::int64_t>{2, 3}}, {"keepdims", std::int64_t{1}}});
  }
  std::string add(const std::string& a, const std::string& b) { return node("Add", {a, b}); }
  /// Joins channels.
  std::string concat(const std::vector<std::string>& values) { return node("Concat", values, {{"axis", std::int64_t{1}}}); }
  std::string flatten(const std::string& x) { return node("Flatten", {x}, {{"axis", std::int64_t{1}}}); }
  std::string softmax(const std::string& x) { return node("Softmax", {x}, {{"axis", std::int64_t{-1}}}); }

  /// A fully connected layer behind something flat ...
  std::string fully_connected(const std::string& flat, std::int64_t in, std::int64_t out, double gain = 1);
  /// ... and behind something that is not.
  std::string dense(const std::string& x, std::int64_t in, std::int64_t out, double gain = 1) { return fully_connected(flatten(x), in, out, gain); }

  /// The finished model; the builder is empty afterwards.
  [[nodiscard]] Model build();

 private:
  /// Adds float32 weights, each drawn by `draw`, or only their shape.
  std::string drawn(const std::string& name, const Shape& shape, const std::function<double()>& draw);
  std::string pool(const std::string& op, const std::string& x, std::int64_t kernel, std::int64_t stride, const std::string& auto_pad);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mosaic::onnx
