#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"

namespace mosaic {

/// Element types of tensors; the values are those of ONNX's TensorProto.DataType.
enum class ElementType : std::uint8_t {
  kUndefined = 0,
  kFloat32 = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kFloat64 = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
};

/// "float32", "int64", ... ; "undefined" for what mosaic does not move between devices.
[[nodiscard]] std::string_view name(ElementType type);

/// Bytes an element takes; 0 for strings and undefined types, whose tensors cannot cross a cut.
[[nodiscard]] std::size_t element_size(ElementType type);

/// Extents, outermost first. A scalar has none.
using Shape = std::vector<std::int64_t>;

/// "1x3x224x224"; "scalar" for no extents.
[[nodiscard]] std::string to_string(const Shape& shape);

/// Product of the extents, or nothing if one is negative or the product exceeds 2^62.
[[nodiscard]] std::optional<std::int64_t> element_count(const Shape& shape);

/// Bytes of a dense tensor, or nothing where its type has no fixed size or the count overflows.
[[nodiscard]] std::optional<Bytes> byte_size(ElementType type, const Shape& shape);

/// A dense tensor in host memory, row-major, aligned to 64 bytes. Copies share nothing. Thread-compatible.
class Tensor {
 public:
  Tensor() = default;
  /// All zeros. Requires: byte_size(type, shape) has a value.
  Tensor(ElementType type, Shape shape);

  Tensor(const Tensor& other);
  Tensor& operator=(const Tensor& other);
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  ~Tensor() = default;

  [[nodiscard]] ElementType type() const { return type_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] std::span<std::byte> bytes() { return {data_.get(), size_}; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_.get(), size_}; }

  /// The elements as `T`. Requires: sizeof(T) == element_size(type()).
  template <class T>
  [[nodiscard]] std::span<T> as() {
    return {reinterpret_cast<T*>(data_.get()), size_ / sizeof(T)};
  }
  template <class T>
  [[nodiscard]] std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data_.get()), size_ / sizeof(T)};
  }

  /// The elements converted to double, whatever their type.
  [[nodiscard]] std::vector<double> to_doubles() const;

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };

  ElementType type_ = ElementType::kUndefined;
  Shape shape_;
  std::size_t size_ = 0;
  std::unique_ptr<std::byte[], Free> data_;
};

/// A tensor of `type` from numbers, in order; rounded and clamped for integer types, to the nearest for 16-bit floating point. Errors: kInvalidInput:
/// the number of values does not fit the shape, or the type holds no numbers.
[[nodiscard]] Result<Tensor> from_floats(ElementType type, const Shape& shape, std::span<const float> values);

/// How far `actual` is from `expected`: the largest difference divided by the expected values' range (their largest difference from each
/// other, or their largest magnitude where all are equal). 0 for equal tensors; infinity where types or shapes differ or where one of the two
/// is not a number and the other is.
struct Difference {
  bool equal_bits = false;
  double relative = 0;
};
[[nodiscard]] Difference compare(const Tensor& expected, const Tensor& actual);

/// Where they are, for `Executor::run`.
[[nodiscard]] std::vector<const Tensor*> pointers(const std::vector<Tensor>& tensors);

/// Fills with seeded values: normal for floating point, small non-negative integers otherwise.
void fill_random(Tensor& tensor, std::uint64_t seed);

}  // namespace mosaic
