#include "mosaic/base/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "mosaic/base/check.h"
#include "mosaic/base/random.h"

namespace mosaic {
namespace {

struct TypeRow {
  ElementType type;
  std::string_view name;
  std::size_t size;
};

constexpr std::array kTypes{
    TypeRow{ElementType::kFloat32, "float32", 4}, TypeRow{ElementType::kUint8, "uint8", 1},       TypeRow{ElementType::kInt8, "int8", 1},
    TypeRow{ElementType::kUint16, "uint16", 2},   TypeRow{ElementType::kInt16, "int16", 2},       TypeRow{ElementType::kInt32, "int32", 4},
    TypeRow{ElementType::kInt64, "int64", 8},     TypeRow{ElementType::kString, "string", 0},     TypeRow{ElementType::kBool, "bool", 1},
    TypeRow{ElementType::kFloat16, "float16", 2}, TypeRow{ElementType::kFloat64, "float64", 8},   TypeRow{ElementType::kUint32, "uint32", 4},
    TypeRow{ElementType::kUint64, "uint64", 8},   TypeRow{ElementType::kBfloat16, "bfloat16", 2},
};

const TypeRow* find_type(ElementType type) {
  const auto* row = std::ranges::find(kTypes, type, &TypeRow::type);
  return row == kTypes.end() ? nullptr : row;
}

constexpr std::size_t kAlignment = 64;

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16U;
  const std::uint32_t exponent = (half >> 10U) & 0x1fU;
  const std::uint32_t mantissa = half & 0x3ffU;
  if (exponent == 0) return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(std::ldexp(static_cast<float>(mantissa), -24)));
  const std::uint32_t widened = exponent == 0x1fU ? 0xffU : exponent + 112U;
  return std::bit_cast<float>(sign | (widened << 23U) | (mantissa << 13U));
}

std::uint16_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
  const float magnitude = std::fabs(value);
  if (!(magnitude < 65520.0F)) return static_cast<std::uint16_t>(sign | (std::isnan(value) ? 0x7e00U : 0x7c00U));
  if (magnitude < 0x1.0p-14F) return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(magnitude * 0x1.0p24F)));
  const std::uint32_t rounded = (bits & 0x7fffffffU) + 0xfffU + ((bits >> 13U) & 1U);
  return static_cast<std::uint16_t>(sign | ((rounded - (112U << 23U)) >> 13U));
}

float brain_to_float(std::uint16_t brain) { return std::bit_cast<float>(static_cast<std::uint32_t>(brain) << 16U); }

std::uint16_t float_to_brain(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);  // rounding could make it infinite
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

template <class T>
void round_into(std::span<const float> values, Tensor& tensor) {
  constexpr auto kLow = static_cast<double>(std::numeric_limits<T>::lowest());
  constexpr auto kHigh = static_cast<double>(std::numeric_limits<T>::max());
  const auto out = tensor.as<T>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double rounded = std::nearbyint(static_cast<double>(values[i]));
    out[i] = std::isnan(rounded) ? T{}
             : rounded <= kLow   ? std::numeric_limits<T>::lowest()
             : rounded >= kHigh  ? std::numeric_limits<T>::max()
                                 : static_cast<T>(rounded);
  }
}

template <class T>
void append(std::vector<double>& out, const Tensor& tensor) {
  for (const T value : tensor.as<T>()) out.push_back(static_cast<double>(value));
}

}  // namespace

std::string_view name(ElementType type) {
  const TypeRow* row = find_type(type);
  return row == nullptr ? "undefined" : row->name;
}

std::size_t element_size(ElementType type) {
  const TypeRow* row = find_type(type);
  return row == nullptr ? 0 : row->size;
}

std::string to_string(const Shape& shape) { return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x")); }

std::optional<std::int64_t> element_count(const Shape& shape) {
  constexpr std::int64_t kMost = std::int64_t{1} << 62;
  if (std::ranges::any_of(shape, [](std::int64_t extent) { return extent < 0; })) return std::nullopt;
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  std::int64_t count = 1;
  bool overflow = false;
  for (const std::int64_t extent : shape) {
    overflow = overflow || count > kMost / extent;
    if (!overflow) count *= extent;
  }
  return overflow ? std::nullopt : std::optional(count);
}

std::optional<Bytes> byte_size(ElementType type, const Shape& shape) {
  const auto size = static_cast<std::int64_t>(element_size(type));
  const auto count = element_count(shape);
  if (size == 0 || !count || *count > (std::int64_t{1} << 62) / size) return std::nullopt;
  return Bytes{*count * size};
}

void Tensor::Free::operator()(std::byte* data) const { std::free(data); }

Tensor::Tensor(ElementType type, Shape shape) : type_(type), shape_(std::move(shape)) {
  const auto size = byte_size(type_, shape_);
  MOSAIC_CHECK(size.has_value());
  size_ = static_cast<std::size_t>(size->value);
  const std::size_t padded = std::max((size_ + kAlignment - 1) / kAlignment, std::size_t{1}) * kAlignment;
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, padded)));
  if (data_ == nullptr) throw std::bad_alloc();
  std::memset(data_.get(), 0, padded);
}

Tensor::Tensor(const Tensor& other) : type_(other.type_), shape_(other.shape_) {
  if (other.data_ == nullptr) return;
  *this = Tensor(other.type_, other.shape_);
  std::memcpy(data_.get(), other.data_.get(), size_);
}

Tensor& Tensor::operator=(const Tensor& other) {
  if (this != &other) *this = Tensor(other);
  return *this;
}

std::vector<double> Tensor::to_doubles() const {
  std::vector<double> out;
  out.reserve(size_ / std::max<std::size_t>(element_size(type_), 1));
  switch (type_) {
    case ElementType::kFloat32:
      append<float>(out, *this);
      break;
    case ElementType::kFloat64:
      append<double>(out, *this);
      break;
    case ElementType::kUint8:
    case ElementType::kBool:
      append<std::uint8_t>(out, *this);
      break;
    case ElementType::kInt8:
      append<std::int8_t>(out, *this);
      break;
    case ElementType::kUint16:
      append<std::uint16_t>(out, *this);
      break;
    case ElementType::kInt16:
      append<std::int16_t>(out, *this);
      break;
    case ElementType::kInt32:
      append<std::int32_t>(out, *this);
      break;
    case ElementType::kUint32:
      append<std::uint32_t>(out, *this);
      break;
    case ElementType::kInt64:
      append<std::int64_t>(out, *this);
      break;
    case ElementType::kUint64:
      append<std::uint64_t>(out, *this);
      break;
    case ElementType::kFloat16:
      for (const std::uint16_t half : as<std::uint16_t>()) out.push_back(half_to_float(half));
      break;
    case ElementType::kBfloat16:
      for (const std::uint16_t brain : as<std::uint16_t>()) out.push_back(brain_to_float(brain));
      break;
    case ElementType::kString:
    case ElementType::kUndefined:
      break;
  }
  return out;
}

Result<Tensor> from_floats(ElementType type, const Shape& shape, std::span<const float> values) {
  const auto count = element_count(shape);
  if (!count || static_cast<std::size_t>(*count) != values.size()) {
    return fail(ErrorCode::kInvalidInput, fmt::format("{} values do not make a tensor of shape {}", values.size(), to_string(shape)));
  }
  if (element_size(type) == 0) return fail(ErrorCode::kInvalidInput, fmt::format("a tensor of type {} cannot be made of numbers", name(type)));
  Tensor tensor(type, shape);
  switch (type) {
    case ElementType::kFloat32:
      std::ranges::copy(values, tensor.as<float>().begin());
      break;
    case ElementType::kFloat64:
      std::ranges::copy(values, tensor.as<double>().begin());
      break;
    case ElementType::kFloat16:
      std::ranges::transform(values, tensor.as<std::uint16_t>().begin(), float_to_half);
      break;
    case ElementType::kBfloat16:
      std::ranges::transform(values, tensor.as<std::uint16_t>().begin(), float_to_brain);
      break;
    case ElementType::kUint8:
      round_into<std::uint8_t>(values, tensor);
      break;
    case ElementType::kInt8:
      round_into<std::int8_t>(values, tensor);
      break;
    case ElementType::kUint16:
      round_into<std::uint16_t>(values, tensor);
      break;
    case ElementType::kInt16:
      round_into<std::int16_t>(values, tensor);
      break;
    case ElementType::kInt32:
      round_into<std::int32_t>(values, tensor);
      break;
    case ElementType::kUint32:
      round_into<std::uint32_t>(values, tensor);
      break;
    case ElementType::kInt64:
      round_into<std::int64_t>(values, tensor);
      break;
    case ElementType::kUint64:
      round_into<std::uint64_t>(values, tensor);
      break;
    case ElementType::kBool:
      std::ranges::transform(values, tensor.as<std::uint8_t>().begin(), [](float value) { return static_cast<std::uint8_t>(value != 0 ? 1 : 0); });
      break;
    case ElementType::kString:
    case ElementType::kUndefined:
      break;
  }
  return tensor;
}

Difference compare(const Tensor& expected, const Tensor& actual) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (expected.type() != actual.type() || expected.shape() != actual.shape()) return {.equal_bits = false, .relative = kInfinity};
  if (std::ranges::equal(expected.bytes(), actual.bytes())) return {.equal_bits = true, .relative = 0};
  const std::vector<double> a = expected.to_doubles();
  const std::vector<double> b = actual.to_doubles();
  double low = kInfinity;
  double high = -kInfinity;
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (std::isfinite(a[i])) {
      low = std::min(low, a[i]);
      high = std::max(high, a[i]);
    }
    if (a[i] == b[i]) continue;
    const double difference = std::fabs(a[i] - b[i]);
    worst = std::isfinite(difference) ? std::max(worst, difference) : kInfinity;
  }
  const double range = high > low ? high - low : std::fabs(high);
  if (worst == 0 || !std::isfinite(worst)) return {.equal_bits = false, .relative = worst};
  return {.equal_bits = false, .relative = range > 0 && std::isfinite(range) ? worst / range : kInfinity};
}

std::vector<const Tensor*> pointers(const std::vector<Tensor>& tensors) {
  std::vector<const Tensor*> out;
  for (const Tensor& tensor : tensors) out.push_back(&tensor);
  return out;
}

void fill_random(Tensor& tensor, std::uint64_t seed) {
  Random random(seed);
  switch (tensor.type()) {
    case ElementType::kFloat32:
      for (float& value : tensor.as<float>()) value = static_cast<float>(random.normal());
      break;
    case ElementType::kFloat64:
      for (double& value : tensor.as<double>()) value = random.normal();
      break;
    case ElementType::kFloat16:
      for (std::uint16_t& value : tensor.as<std::uint16_t>()) value = float_to_half(static_cast<float>(random.normal()));
      break;
    case ElementType::kBfloat16:
      for (std::uint16_t& value : tensor.as<std::uint16_t>()) value = float_to_brain(static_cast<float>(random.normal()));
      break;
    case ElementType::kBool:
      for (std::uint8_t& value : tensor.as<std::uint8_t>()) value = static_cast<std::uint8_t>(random.below(2));
      break;
    case ElementType::kUint8:
      for (std::uint8_t& value : tensor.as<std::uint8_t>()) value = static_cast<std::uint8_t>(random.below(256));
      break;
    default: {
      // Indices and counts: the lowest byte carries a small value, little-endian, the rest stays zero.
      const std::size_t size = std::max<std::size_t>(element_size(tensor.type()), 1);
      const std::span<std::byte> bytes = tensor.bytes();
      std::ranges::fill(bytes, std::byte{0});
      for (std::size_t i = 0; i + size <= bytes.size(); i += size) bytes[i] = static_cast<std::byte>(random.below(4));
    }
  }
}

}  // namespace mosaic
