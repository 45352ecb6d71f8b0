#include "mosaic/http/elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "mosaic/base/check.h"

namespace mosaic::http {
namespace {

static_assert(std::endian::native == std::endian::little, "binary tensor data is little-endian");

/// Floating point of 16 bits, which C++ has no type for: as float on its way in and out.
struct Half {};

/// Calls `visitor` with a value of the C++ type that holds the elements.
template <class Visitor>
auto visit_type(ElementType type, Visitor visitor) {
  switch (type) {
    case ElementType::kFloat32:
      return visitor(float{});
    case ElementType::kUint8:
      return visitor(std::uint8_t{});
    case ElementType::kInt8:
      return visitor(std::int8_t{});
    case ElementType::kUint16:
      return visitor(std::uint16_t{});
    case ElementType::kInt16:
      return visitor(std::int16_t{});
    case ElementType::kInt32:
      return visitor(std::int32_t{});
    case ElementType::kInt64:
      return visitor(std::int64_t{});
    case ElementType::kBool:
      return visitor(bool{});
    case ElementType::kFloat64:
      return visitor(double{});
    case ElementType::kUint32:
      return visitor(std::uint32_t{});
    case ElementType::kUint64:
      return visitor(std::uint64_t{});
    case ElementType::kFloat16:
    case ElementType::kBfloat16:
      return visitor(Half{});
    case ElementType::kUndefined:
    case ElementType::kString:
      break;
  }
  MOSAIC_CHECK(false);
  return visitor(float{});
}

bool convert(const Json& json, bool& value) {
  if (!json.is_boolean() && json != 0 && json != 1) return false;
  value = json.is_boolean() ? json.get<bool>() : json == 1;
  return true;
}

template <std::integral T>
bool convert(const Json& json, T& value) {
  if (!json.is_number_integer()) return false;
  if (json.is_number_unsigned() ? !std::in_range<T>(json.get<std::uint64_t>()) : !std::in_range<T>(json.get<std::int64_t>())) return false;
  value = json.get<T>();
  return true;
}

template <std::floating_point T>
bool convert(const Json& json, T& value) {
  if (!json.is_number()) return false;
  const auto number = json.get<double>();
  if (!(std::fabs(number) <= static_cast<double>(std::numeric_limits<T>::max()))) return false;
  value = static_cast<T>(number);
  return true;
}

/// Writes elements one after the other.
template <class T>
class Elements {
 public:
  Elements(std::span<T> out, ElementType type, const Shape& shape) : out_(out), type_(type), shape_(shape) {}

  Result<void> read(const Json& data) {
    if (!data.is_array()) return invalid("its data must be a list");
    if (shape_.empty() || !data.front().is_array()) return read_list(data, out_.size());
    return read_nested(data, 0);
  }

 private:
  Result<void> read_nested(const Json& data, std::size_t dimension) {
    const auto extent = static_cast<std::size_t>(shape_[dimension]);
    if (dimension + 1 == shape_.size()) return read_list(data, extent);
    if (!data.is_array() || data.size() != extent) return wrong_length(data, extent);
    for (const Json& part : data) MOSAIC_RETURN_IF_ERROR(read_nested(part, dimension + 1));
    return {};
  }

  Result<void> read_list(const Json& data, std::size_t count) {
    if (!data.is_array() || data.size() != count) return wrong_length(data, count);
    for (const Json& element : data) {
      if (!convert(element, out_[next_])) {
        const std::string shown =
            element.is_primitive() ? element.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 40) : "a list or object";
        return invalid(fmt::format("its element {} is {}, which {} does not hold", next_, shown, datatype(type_)));
      }
      ++next_;
    }
    return {};
  }

  Result<void> wrong_length(const Json& data, std::size_t count) const {
    return invalid(fmt::format("its data has {} where shape {} asks for a list of {}",
                               data.is_array() ? fmt::format("a list of {}", data.size()) : "no list", to_string(shape_), count));
  }

  std::span<T> out_;
  ElementType type_;
  const Shape& shape_;
  std::size_t next_ = 0;
};

/// Elements that stand in the text, lists of lists counted through.
std::size_t count_elements(const Json& data) {
  if (!data.is_array()) return 1;
  if (data.empty() || !data.front().is_array()) return data.size();
  std::size_t count = 0;
  for (const Json& part : data) count += count_elements(part);
  return count;
}

/// With a comma behind it.
template <class T>
void append_number(T value, std::string& out) {
  if constexpr (std::floating_point<T>) {
    if (!std::isfinite(value)) {
      out += "null,";
      return;
    }
    if (value == 0 && std::signbit(value)) {  // "-0" would read back as the integer
      out += "-0.0,";
      return;
    }
  }
  fmt::format_to(std::back_inserter(out), "{},", value);
}

}  // namespace

std::string_view datatype(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return "FP32";
    case ElementType::kUint8:
      return "UINT8";
    case ElementType::kInt8:
      return "INT8";
    case ElementType::kUint16:
      return "UINT16";
    case ElementType::kInt16:
      return "INT16";
    case ElementType::kInt32:
      return "INT32";
    case ElementType::kInt64:
      return "INT64";
    case ElementType::kString:
      return "BYTES";
    case ElementType::kBool:
      return "BOOL";
    case ElementType::kFloat16:
      return "FP16";
    case ElementType::kFloat64:
      return "FP64";
    case ElementType::kUint32:
      return "UINT32";
    case ElementType::kUint64:
      return "UINT64";
    case ElementType::kBfloat16:
      return "BF16";
    case ElementType::kUndefined:
      break;
  }
  MOSAIC_CHECK(false);
  return "";
}

Result<Tensor> tensor_from_json(const Json& data, ElementType type, const Shape& shape) {
  if (!data.is_array()) return invalid("its data must be a list");
  const auto count = element_count(shape);
  const std::size_t found = count_elements(data);
  if (!count || !byte_size(type, shape) || found != static_cast<std::size_t>(*count))
    return invalid(fmt::format("its data has {} elements, which is not what shape {} asks for", found, to_string(shape)));
  return visit_type(type, [&]<class T>(T) -> Result<Tensor> {
    if constexpr (std::same_as<T, Half>) {
      std::vector<float> values(found);
      MOSAIC_RETURN_IF_ERROR(Elements<float>(values, type, shape).read(data));
      MOSAIC_TRY(Tensor tensor, from_floats(type, shape, values));
      const auto finite = [](double value) { return std::isfinite(value); };
      if (!std::ranges::all_of(tensor.to_doubles(), finite)) return invalid(fmt::format("it has an element beyond the range of {}", datatype(type)));
      return tensor;
    } else {
      Tensor tensor(type, shape);
      MOSAIC_RETURN_IF_ERROR(Elements<T>(tensor.as<T>(), type, shape).read(data));
      return tensor;
    }
  });
}

Result<Tensor> tensor_from_bytes(std::span<const std::byte> bytes, ElementType type, const Shape& shape) {
  const auto size = byte_size(type, shape);
  if (!size || bytes.size() != static_cast<std::size_t>(size->value))
    return invalid(fmt::format("it has {} bytes of data, which is not what {} of shape {} takes", bytes.size(), datatype(type), to_string(shape)));
  if (type == ElementType::kBool) {
    const auto other = std::ranges::find_if(bytes, [](std::byte byte) { return byte > std::byte{1}; });
    if (other != bytes.end())
      return invalid(fmt::format("its element {} is {}, where BOOL has 0 or 1", other - bytes.begin(), std::to_integer<int>(*other)));
  }
  Tensor tensor(type, shape);
  std::ranges::copy(bytes, tensor.bytes().begin());
  return tensor;
}

void append_json(const Tensor& tensor, std::string& out) {
  out += '[';
  visit_type(tensor.type(), [&]<class T>(T) {
    if constexpr (std::same_as<T, Half>) {
      for (const double value : tensor.to_doubles()) append_number(static_cast<float>(value), out);
    } else {
      for (const T value : tensor.as<T>()) append_number(value, out);
    }
  });
  if (out.back() == ',') out.pop_back();
  out += ']';
}

}  // namespace mosaic::http
