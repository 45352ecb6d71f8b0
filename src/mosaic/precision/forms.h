#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/graph/graph.h"
#include "mosaic/quantize/sites.h"

namespace mosaic::precision {

/// How a layer computes.
enum class Form {
  kFloat,
  kInt8,          ///< all of it that has an integer form
  kInt8FloatSum,  ///< its convolution or product in int8; the sum behind it, and what follows that within the layer, in float
};
inline constexpr std::array<Form, 3> kForms{Form::kFloat, Form::kInt8, Form::kInt8FloatSum};

/// "float", "int8", "int8, sum in float".
[[nodiscard]] std::string_view name(Form form);

/// The forms that make a difference to a layer.
struct LayerForms {
  bool integer = false;  ///< something in it has an integer form
  bool linear = false;   ///< a convolution or product does; without one, a layer (a pooling, say) is in int8 only where the layer before is
  bool sum = false;      ///< and a sum of two tensors comes after a convolution or product in it

  [[nodiscard]] bool has(Form form) const { return form == Form::kFloat || (form == Form::kInt8 ? integer : sum); }
};

/// By layer of the float model's graph. `scheme`: what of it is quantised where nothing is kept.
[[nodiscard]] std::vector<LayerForms> layer_forms(const Graph& graph, const quantize::Scheme& scheme);

/// What to keep in float (`quantize::Options::keep`) so that the layers compute so: all nodes of float layers, sums and what follows them in others.
/// Requires: a form for each layer.
[[nodiscard]] std::vector<std::string> kept_nodes(const Graph& graph, std::span<const Form> forms);

/// Adds up what layers of a quantised model take by the layers of the float one that they came from. Operators that convert belong to the layer that
/// makes what they convert; a value that no layer makes belongs to the first. A layer of the quantised model belongs to where its convolution or
/// product came from, else its last operator. Requires: a time for each of its layers.
[[nodiscard]] std::vector<double> times_by_float_layer(const Graph& graph, const Graph& quantised, std::span<const double> times);

}  // namespace mosaic::precision
