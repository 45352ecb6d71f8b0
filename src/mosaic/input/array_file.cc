#include "mosaic/input/array_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

#include "mosaic/base/text.h"

namespace mosaic {
namespace {

struct NpyType {
  std::string_view code;
  ElementType type;
};
constexpr std::array<NpyType, 12> kNpyTypes{{{"<f4", ElementType::kFloat32},
                                             {"<f8", ElementType::kFloat64},
                                             {"<f2", ElementType::kFloat16},
                                             {"|u1", ElementType::kUint8},
                                             {"|i1", ElementType::kInt8},
                                             {"<u2", ElementType::kUint16},
                                             {"<i2", ElementType::kInt16},
                                             {"<i4", ElementType::kInt32},
                                             {"<u4", ElementType::kUint32},
                                             {"<i8", ElementType::kInt64},
                                             {"<u8", ElementType::kUint64},
                                             {"|b1", ElementType::kBool}}};

/// The text after "'key':" in the header's dictionary, up to the end of the header.
std::optional<std::string_view> value_of(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(fmt::format("'{}':", key));
  if (at == std::string_view::npos) return std::nullopt;
  header.remove_prefix(at + key.size() + 3);
  while (header.starts_with(' ')) header.remove_prefix(1);
  return header;
}

std::optional<Shape> parse_tuple(std::string_view text) {
  const std::size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) return std::nullopt;
  Shape shape;
  for (std::string part : split(text.substr(1, end - 1), ',')) {
    std::erase(part, ' ');
    if (part.empty()) continue;
    std::int64_t extent = 0;
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), extent);
    if (parsed.ec != std::errc() || parsed.ptr != part.data() + part.size() || extent < 0) return std::nullopt;
    shape.push_back(extent);
  }
  return shape;
}

/// A tensor whose elements are exactly these bytes.
Result<Tensor> fill(ElementType type, const Shape& shape, std::string_view data) {
  const auto size = byte_size(type, shape);
  if (!size || static_cast<std::uint64_t>(size->value) != data.size()) {
    return invalid(fmt::format("an array of {} {} needs {} bytes, the file has {}", name(type), to_string(shape),
                               size ? std::to_string(size->value) : "too many", data.size()));
  }
  Tensor tensor(type, shape);
  std::memcpy(tensor.bytes().data(), data.data(), data.size());
  return tensor;
}

}  // namespace

Result<Tensor> parse_npy(std::string_view bytes) {
  constexpr std::string_view kMagic("\x93NUMPY", 6);
  if (!bytes.starts_with(kMagic) || bytes.size() < 12) return invalid("not a NumPy file");
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
  const bool long_form = byte(6) >= 2;
  const std::size_t start = long_form ? 12 : 10;
  const std::size_t length = byte(8) | byte(9) << 8U | (long_form ? byte(10) << 16U | byte(11) << 24U : 0);
  if (byte(6) < 1 || byte(6) > 3 || length > bytes.size() - start) return invalid("the NumPy file's header is damaged");
  const std::string_view header = bytes.substr(start, length);
  const auto descr = value_of(header, "descr");
  const auto order = value_of(header, "fortran_order");
  const auto tuple = value_of(header, "shape");
  if (!descr || !order || !tuple) return invalid("the NumPy file's header is damaged");
  const auto* type = std::ranges::find_if(kNpyTypes, [&](const NpyType& each) { return descr->starts_with(fmt::format("'{}'", each.code)); });
  if (type == kNpyTypes.end())
    return invalid(fmt::format("the NumPy file's elements are of type {}, which is not read", descr->substr(0, descr->find(','))));
  if (!order->starts_with("False")) return invalid("the NumPy file is in Fortran order, which is not read");
  const auto shape = parse_tuple(*tuple);
  if (!shape) return invalid("the NumPy file's shape is damaged");
  return fill(type->type, *shape, bytes.substr(start + length));
}

std::string format_npy(const Tensor& tensor) {
  const auto* type = std::ranges::find(kNpyTypes, tensor.type(), &NpyType::type);
  const std::string code = type == kNpyTypes.end() ? fmt::format("|V{}", element_size(tensor.type())) : std::string(type->code);
  const auto& shape = tensor.shape();
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", code, fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(header.size() & 0xffU);
  out += static_cast<char>(header.size() >> 8U);
  out += header;
  out.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
  return out;
}

Result<Tensor> parse_idx(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::int64_t>(static_cast<unsigned char>(bytes[i])); };
  if (bytes.size() < 4 || byte(0) != 0 || byte(1) != 0) return invalid("not an idx file");
  if (byte(2) != 8) return invalid("the idx file does not hold unsigned bytes");
  const auto rank = static_cast<std::size_t>(byte(3));
  const std::size_t start = 4 + 4 * rank;
  if (rank < 1 || rank > 8 || bytes.size() < start) return invalid("the idx file's header is damaged");
  Shape shape;
  for (std::size_t i = 4; i < start; i += 4) shape.push_back(byte(i) << 24 | byte(i + 1) << 16 | byte(i + 2) << 8 | byte(i + 3));
  return fill(ElementType::kUint8, shape, bytes.substr(start));
}

Result<Cifar> parse_cifar(std::string_view bytes) {
  constexpr std::size_t kRecord = 1 + 3 * 32 * 32;
  if (bytes.empty() || bytes.size() % kRecord != 0)
    return invalid(fmt::format("not a CIFAR-10 file: {} bytes are not a multiple of {}", bytes.size(), kRecord));
  Cifar cifar;
  for (std::size_t at = 0; at < bytes.size(); at += kRecord) {
    cifar.labels.push_back(static_cast<std::uint8_t>(bytes[at]));
    cifar.planes.insert(cifar.planes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                        bytes.begin() + static_cast<std::ptrdiff_t>(at + kRecord));
  }
  return cifar;
}

Result<std::string> gunzip(std::string bytes) {
  constexpr std::size_t kMost = std::size_t{1} << 31U;
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (!bytes.starts_with("\x1f\x8b")) return bytes;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return invalid("zlib cannot be initialised");
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> cleanup(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<unsigned char*>(bytes.data());
  stream.avail_in = static_cast<unsigned>(std::min<std::size_t>(bytes.size(), 0xffffffffU));
  std::string out;
  std::vector<char> chunk(1U << 18U);
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<unsigned char*>(chunk.data());
    stream.avail_out = static_cast<unsigned>(chunk.size());
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - stream.avail_out);
    if (out.size() > kMost) return invalid("the gzip file holds more than 2 GiB");
    if (status == Z_STREAM_END && stream.avail_in > 0 && *stream.next_in == 0x1f) status = inflateReset(&stream);  // another member follows
  }
  if (status != Z_STREAM_END) return invalid("the gzip file is damaged");
  return out;
}

}  // namespace mosaic
