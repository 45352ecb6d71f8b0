#include "mosaic/integers/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace mosaic::integers {
namespace {

using network::Extent;
using network::Kind;

constexpr std::int64_t kMostPixels = 1 << 24;  // of a tensor, channels included
constexpr std::int64_t kMostWindow = 1 << 10;
constexpr std::int32_t kMostInteger = 1 << 23;

std::string text(const Extent& extent) { return fmt::format("{}x{}x{}", extent.channels, extent.height, extent.width); }

bool has_window(Kind kind) { return kind == Kind::kConvolution || kind == Kind::kMaxPool || kind == Kind::kAveragePool; }

class Checker {
 public:
  explicit Checker(const QuantizedNetwork& network) : network_(network) {}

  Result<void> check() {
    if (network_.nodes.empty()) return fail(ErrorCode::kInvalidInput, "the network has no nodes");
    for (index_ = 0; index_ < network_.nodes.size(); ++index_) {
      MOSAIC_RETURN_IF_ERROR(check_place());
      MOSAIC_RETURN_IF_ERROR(check_format());
      MOSAIC_RETURN_IF_ERROR(check_extent());
      MOSAIC_RETURN_IF_ERROR(node().kind == Kind::kConvolution ? check_convolution() : check_multipliers());
    }
    return {};
  }

 private:
  [[nodiscard]] const QuantizedNode& node() const { return network_.nodes[index_]; }
  [[nodiscard]] const QuantizedNode& source() const { return network_.nodes[node().inputs[0]]; }

  [[nodiscard]] std::unexpected<Error> wrong(const std::string& message) const {
    return fail(ErrorCode::kInvalidInput, fmt::format("node {} ('{}'): {}", index_, node().name, message));
  }

  Result<void> check_place() {
    if (node().name.empty() || !names_.insert(node().name).second) return wrong("its name is empty or another node's too");
    const std::size_t inputs = node().inputs.size();
    if ((index_ == 0) != (node().kind == Kind::kInput)) return wrong("the first node is the input, and no other");
    if (node().kind == Kind::kInput ? inputs != 0 : inputs == 0) return wrong(fmt::format("it has {} inputs", inputs));
    if (inputs > 1 && node().kind != Kind::kAdd && node().kind != Kind::kConcat) return wrong(fmt::format("it has {} inputs, one is right", inputs));
    for (const std::size_t input : node().inputs) {
      if (input >= index_) return wrong(fmt::format("its input {} does not come before it", input));
    }
    return {};
  }

  Result<void> check_format() const {
    const Format& format = node().format;
    if (!std::isfinite(format.scale) || format.scale <= 0) return wrong(fmt::format("its scale is {}", format.scale));
    if (format.low > 0 || format.high < 1 || format.low < -kMostInteger || format.high > kMostInteger)
      return wrong(fmt::format("its integers go from {} to {}: 0 must be among them, and they must lie within 2^23", format.low, format.high));
    for (const std::size_t input : node().inputs) {
      const Format& from = network_.nodes[input].format;
      if (from.high - from.low > 255 && node().kind != Kind::kFlatten)
        return wrong(fmt::format("its input {} has integers from {} to {}, more than 8 bits", input, from.low, from.high));
    }
    if (keeps_format(node().kind) && source().format != format) return wrong("its format is not that of its input");
    return {};
  }

  Result<void> check_extent() const {
    const Extent& extent = node().extent;
    const bool sane = std::ranges::all_of(std::vector{extent.channels, extent.height, extent.width},
                                          [](std::int64_t each) { return each >= 1 && each <= kMostPixels; });
    if (!sane || extent.channels * extent.height > kMostPixels || extent.size() > kMostPixels)
      return wrong(fmt::format("its extent is {}: at least 1 each, and {} in all at most", text(extent), kMostPixels));
    if (node().kind == Kind::kInput) return {};
    if (has_window(node().kind)) {
      MOSAIC_RETURN_IF_ERROR(check_window());
    }
    const Extent expected = expected_extent();
    if (extent != expected) return wrong(fmt::format("its extent is {}, its inputs make {}", text(extent), text(expected)));
    return {};
  }

  /// Every output of a pool must have a pixel of the image in its window.
  Result<void> check_window() const {
    const network::Window& window = node().window;
    const std::vector<std::int64_t> in{source().extent.height, source().extent.width};
    const std::vector<std::int64_t> out{node().extent.height, node().extent.width};
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t kernel = window.kernel[axis];
      const std::int64_t stride = window.stride[axis];
      const std::int64_t before = window.padding[axis];
      const std::int64_t after = window.padding[axis + 2];
      const std::int64_t most = node().kind == Kind::kConvolution ? kMostWindow : kernel - 1;
      if (kernel < 1 || kernel > kMostWindow || stride < 1 || stride > kMostWindow || before < 0 || before > most || after < 0 || after > most)
        return wrong(fmt::format("a window of {} with stride {} and padding {} and {}", kernel, stride, before, after));
      if ((out[axis] - 1) * stride - before >= in[axis])
        return wrong(fmt::format("{} outputs of a window of {} with stride {} and padding {} go beyond {} pixels", out[axis], kernel, stride, before,
                                 in[axis]));
    }
    return {};
  }

  [[nodiscard]] Extent expected_extent() const {
    const Extent& from = source().extent;
    switch (node().kind) {
      case Kind::kConvolution:
        return {.channels = node().convolution.out, .height = node().extent.height, .width = node().extent.width};
      case Kind::kMaxPool:
      case Kind::kAveragePool:
        return {.channels = from.channels, .height = node().extent.height, .width = node().extent.width};
      case Kind::kGlobalPool:
        return {.channels = from.channels};
      case Kind::kFlatten:
        return {.channels = from.size()};
      case Kind::kSubsample:
        return subsampled(from);
      case Kind::kAdd:
      case Kind::kConcat:
      case Kind::kInput:
        break;
    }
    return joined();
  }

  [[nodiscard]] Extent subsampled(const Extent& from) const {
    const auto [down, right] = node().window.stride;
    const auto [before, after] = node().zero_channels;
    if (down < 1 || right < 1 || before < 0 || after < 0) return {};
    return {.channels = before + from.channels + after, .height = (from.height - 1) / down + 1, .width = (from.width - 1) / right + 1};
  }

  /// Of a sum or a concat; that of the first input that does not fit the node, if there is one.
  [[nodiscard]] Extent joined() const {
    const Extent& extent = node().extent;
    Extent all{.channels = 0, .height = extent.height, .width = extent.width};
    for (const std::size_t input : node().inputs) {
      const Extent& next = network_.nodes[input].extent;
      if (node().kind == Kind::kAdd ? next != extent : next.height != extent.height || next.width != extent.width) return next;
      all.channels = node().kind == Kind::kAdd ? next.channels : all.channels + next.channels;
    }
    return all;
  }

  [[nodiscard]] Result<void> check_multiplier(const Multiplier& multiplier) const {
    if (multiplier.mantissa < 0 || multiplier.mantissa >= 1 << kMantissaBits || multiplier.shift < 0 || multiplier.shift > kMostShift)
      return wrong(fmt::format("a multiplier of {} / 2^{}: mantissas have {} bits, shifts are at most {}", multiplier.mantissa, multiplier.shift,
                               kMantissaBits, kMostShift));
    return {};
  }

  Result<void> check_multipliers() const {
    std::size_t expected = 0;
    if (node().kind == Kind::kAdd || node().kind == Kind::kConcat) expected = node().inputs.size();
    if (node().kind == Kind::kAveragePool) expected = static_cast<std::size_t>(node().extent.height * node().extent.width);
    if (node().kind == Kind::kGlobalPool) expected = 1;
    if (node().multipliers.size() != expected) return wrong(fmt::format("it has {} multipliers, {} are right", node().multipliers.size(), expected));
    for (const Multiplier& each : node().multipliers) {
      MOSAIC_RETURN_IF_ERROR(check_multiplier(each));
      if (node().kind == Kind::kAdd && each.shift != node().multipliers[0].shift) return wrong("the multipliers of a sum have one shift");
    }
    if (node().kind == Kind::kAdd && node().inputs.size() > 1024)
      return wrong(fmt::format("{} inputs, a sum has 1024 at most", node().inputs.size()));
    return {};
  }

  Result<void> check_convolution() const {
    const Convolution& convolution = node().convolution;
    const auto [in, out, groups] = std::tuple(convolution.in, convolution.out, convolution.groups);
    if (in != source().extent.channels || groups < 1 || in % groups != 0 || out % groups != 0)
      return wrong(fmt::format("{} to {} channels in {} groups, with {} channels coming in", in, out, groups, source().extent.channels));
    const std::int64_t each = in / groups * node().window.kernel[0] * node().window.kernel[1];
    const auto rows = static_cast<std::int64_t>(convolution.rows.size());
    if (rows != out || static_cast<std::int64_t>(convolution.weights.size()) != rows * each)
      return wrong(fmt::format("{} rows and {} weights, {} and {} are right", rows, convolution.weights.size(), out, out * each));
    std::vector<bool> seen(convolution.rows.size());
    for (std::int64_t r = 0; r < rows; ++r) {
      const Row& row = convolution.rows[static_cast<std::size_t>(r)];
      if (row.channel < 0 || row.channel >= out || seen[static_cast<std::size_t>(row.channel)])
        return wrong(fmt::format("row {} gives channel {}, of {} that have one row each", r, row.channel, out));
      seen[static_cast<std::size_t>(row.channel)] = true;
      MOSAIC_RETURN_IF_ERROR(check_row(row, r * each, each));
    }
    return {};
  }

  Result<void> check_row(const Row& row, std::int64_t first, std::int64_t each) const {
    MOSAIC_RETURN_IF_ERROR(check_multiplier(row.multiplier));
    std::int64_t sum = 0;
    std::int64_t largest = 0;
    for (std::int64_t i = first; i < first + each; ++i) {
      const std::int64_t magnitude = std::abs(static_cast<int>(node().convolution.weights[static_cast<std::size_t>(i)]));
      sum += magnitude;
      largest = std::max(largest, magnitude);
    }
    if (row.accelerator == Accelerator::kAnalog && (node().convolution.groups != 1 || largest > 1))
      return wrong(fmt::format("channel {} is analog with {} groups and weights up to {}: one group, -1, 0 and 1 are right", row.channel,
                               node().convolution.groups, largest));
    if (row.bias_shift < 0 || row.bias_shift > 30)
      return wrong(fmt::format("channel {} has a bias shifted by {}, 0 to 30 are right", row.channel, row.bias_shift));
    const std::int64_t most = std::max<std::int64_t>(source().format.high, -std::int64_t{source().format.low});
    const std::int64_t bound = sum * most + (std::abs(std::int64_t{row.bias}) << row.bias_shift);
    if (bound > std::numeric_limits<std::int32_t>::max())
      return wrong(fmt::format("sums of channel {} may reach {}, more than 32 bits hold", row.channel, bound));
    return {};
  }

  const QuantizedNetwork& network_;
  std::size_t index_ = 0;
  std::set<std::string> names_;
};

}  // namespace

Result<void> validate(const QuantizedNetwork& network) { return Checker(network).check(); }

}  // namespace mosaic::integers
