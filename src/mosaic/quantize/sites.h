#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/onnx/evaluator.h"
#include "mosaic/onnx/model.h"
#include "mosaic/quantize/ranges.h"

namespace mosaic::quantize {

/// Values by name. A node is kept in float where a value that it makes is among them.
using Kept = std::set<std::string>;

/// A node that will compute on integers: between `DequantizeLinear` of what it reads and `QuantizeLinear` of what it makes, which the engine turns
/// into one operator. Indices and names are those of the folded model.
struct Site {
  enum class Kind {
    kLinear,  ///< Conv, Gemm, MatMul with constant weights
    kOwn,     ///< Add, Concat, AveragePool, GlobalAveragePool: the result has a range of its own
    kSame,    ///< MaxPool, Reshape, ...: the result has its argument's scale and zero point
  };
  std::size_t node = 0;
  Kind kind = Kind::kLinear;
  std::string name;  ///< of the node, or of what it makes where it has none
  std::string op;
  std::vector<std::size_t> reads;         ///< which of the node's inputs are quantised values; of a linear one, the first
  std::string result;                     ///< what it makes, after the activation
  std::size_t axis = 0;                   ///< of a linear one: that of the weights' output channels
  std::optional<std::size_t> activation;  ///< a Relu or Clip behind it, which the limits of 8-bit values replace
  std::optional<Range> bounds;            ///< of the activation: the result's range must lie inside
};

/// A node of the folded model that stays as it is.
struct LeftOut {
  std::string name;
  std::string op;
  std::string reason;
};

/// What is quantised and what is not.
struct Scheme {
  std::vector<Site> sites;                  ///< in the model's order
  std::vector<LeftOut> left;                ///< likewise; constants' nodes and activations that sites replace are in neither
  std::map<std::string, std::string> ties;  ///< value -> the value whose scale and zero point it takes, unless its bounds forbid it

  [[nodiscard]] std::size_t linear() const;
};

/// Quantises every linear node, and others where what they read is quantised anyway: all of a pooling's or a reshape's argument, one argument of an
/// Add, half of a Concat's. The result of a site that only a Concat reads is tied to the Concat's: it would be rounded to that scale at once.
/// Requires: a folded model in operator set 13 or later. Errors: kInvalidInput: there is nothing to quantise, and why.
[[nodiscard]] Result<Scheme> find_sites(const onnx::Model& model, const onnx::ValueTypes& types, const Kept& keep);

/// Errors: kInvalidInput, naming a node, where the model computes on integers already.
[[nodiscard]] Result<void> refuse_quantised(const onnx::Model& model);

/// The value whose range is chosen for this one: it, or where its ties lead.
[[nodiscard]] std::string root_of(const Scheme& scheme, const std::string& value);

}  // namespace mosaic::quantize
