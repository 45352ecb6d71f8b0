#include "mosaic/onnx/macs.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "mosaic/onnx/proto.h"

namespace mosaic::onnx {
namespace {

std::int64_t saturating_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::int64_t>::max() : product;
}

/// Operators that multiply, and where their second factor stands among the inputs.
struct Multiplier {
  std::string_view op;
  enum class Form { kConvolution, kTransposedConvolution, kMatrix, kRecurrent } form;
  int second;
};
using Form = Multiplier::Form;
constexpr std::array kMultipliers{
    Multiplier{"Conv", Form::kConvolution, 1},
    Multiplier{"FusedConv", Form::kConvolution, 1},
    Multiplier{"ConvInteger", Form::kConvolution, 1},
    Multiplier{"QLinearConv", Form::kConvolution, 3},
    Multiplier{"ConvTranspose", Form::kTransposedConvolution, 1},
    Multiplier{"Gemm", Form::kMatrix, 1},
    Multiplier{"FusedGemm", Form::kMatrix, 1},
    Multiplier{"MatMul", Form::kMatrix, 1},
    Multiplier{"FusedMatMul", Form::kMatrix, 1},
    Multiplier{"MatMulInteger", Form::kMatrix, 1},
    Multiplier{"QLinearMatMul", Form::kMatrix, 3},
    Multiplier{"QGemm", Form::kMatrix, 3},
    Multiplier{"RNN", Form::kRecurrent, 1},
    Multiplier{"GRU", Form::kRecurrent, 1},
    Multiplier{"LSTM", Form::kRecurrent, 1},
};

bool flag(const ::onnx::NodeProto& node, std::string_view name) {
  const auto* attribute = find_attribute(node, name);
  return attribute != nullptr && attribute->i() != 0;
}

/// Elements of the weights per output channel (convolution) or per input channel (transposed).
std::int64_t per_channel(const Shape& weights) {
  const std::int64_t channels = weights.empty() ? 0 : weights.front();
  return channels > 0 ? element_count(weights).value_or(0) / channels : 0;
}

}  // namespace

std::int64_t count_macs(const ::onnx::NodeProto& node, const ShapeOf& shape_of) {
  const auto* row = std::ranges::find(kMultipliers, std::string_view(node.op_type()), &Multiplier::op);
  if (row == kMultipliers.end() || node.input_size() <= row->second || node.output_size() == 0) return 0;
  const auto first = shape_of(node.input(0));
  const auto second = shape_of(node.input(row->second));
  const auto result = shape_of(node.output(0));
  if (!first || !second || first->empty()) return 0;
  switch (row->form) {
    case Form::kConvolution:
      return result ? saturating_multiply(element_count(*result).value_or(0), per_channel(*second)) : 0;
    case Form::kTransposedConvolution:
      return saturating_multiply(element_count(*first).value_or(0), per_channel(*second));
    case Form::kMatrix: {
      const bool transposed = flag(node, "transA") && first->size() >= 2;
      const std::int64_t inner = transposed ? (*first)[first->size() - 2] : first->back();
      return result ? saturating_multiply(element_count(*result).value_or(0), std::max<std::int64_t>(inner, 0)) : 0;
    }
    case Form::kRecurrent: {
      // Each step multiplies the input and the recurrent weights once for every element of the batch; the first two extents are steps and batch.
      const auto recurrent = node.input_size() > 2 ? shape_of(node.input(2)) : std::nullopt;
      if (!recurrent || first->size() < 2 || (*first)[0] < 0 || (*first)[1] < 0) return 0;
      const std::int64_t weights = element_count(*second).value_or(0) + element_count(*recurrent).value_or(0);
      return saturating_multiply(saturating_multiply((*first)[0], (*first)[1]), weights);
    }
  }
  return 0;
}

}  // namespace mosaic::onnx
