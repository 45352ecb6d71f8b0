#include "mosaic/input/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include "mosaic/base/file.h"
#include "mosaic/base/text.h"
#include "mosaic/input/array_file.h"

namespace mosaic {
namespace {

/// The file's name without ".gz".
std::string ending(const std::filesystem::path& path) {
  const std::filesystem::path inner = path.extension() == ".gz" ? path.stem() : path;
  return inner.extension().string();
}

/// The array as it is, or cut along a first extent that the input does not have.
Result<std::vector<Sample>> from_array(const Tensor& array, const std::string& name, const InputSpec& spec) {
  const auto wrong = [&] {
    return invalid(fmt::format("{} holds {} {}, input '{}' wants {} {}", name, mosaic::name(array.type()), to_string(array.shape()), spec.name,
                               mosaic::name(spec.type), to_string(spec.shape)));
  };
  if (array.type() != spec.type) return wrong();
  std::vector<Sample> samples;
  if (array.shape() == spec.shape) {
    samples.push_back({.name = name, .tensor = array, .label = {}});
    return samples;
  }
  const bool stacked = array.shape().size() == spec.shape.size() + 1 && std::equal(spec.shape.begin(), spec.shape.end(), array.shape().begin() + 1);
  const bool batched = array.shape().size() == spec.shape.size() && !spec.shape.empty() && spec.shape[0] == 1 &&
                       std::equal(spec.shape.begin() + 1, spec.shape.end(), array.shape().begin() + 1);
  if (!stacked && !batched) return wrong();
  const std::size_t size = static_cast<std::size_t>(byte_size(spec.type, spec.shape)->value);
  for (std::size_t i = 0; size > 0 && (i + 1) * size <= array.bytes().size(); ++i) {
    Sample& sample = samples.emplace_back(Sample{.name = fmt::format("{}#{}", name, i), .tensor = Tensor(spec.type, spec.shape), .label = {}});
    std::ranges::copy(array.bytes().subspan(i * size, size), sample.tensor.bytes().begin());
  }
  return samples;
}

/// Images that follow each other in one block of bytes.
Result<std::vector<Sample>> from_planes(std::span<const std::uint8_t> planes, std::size_t count, const std::string& name, const InputSpec& spec,
                                        Preprocess preprocess) {
  std::vector<Sample> samples;
  const std::size_t size = planes.size() / std::max<std::size_t>(count, 1);
  for (std::size_t i = 0; i < count; ++i) {
    auto tensor = planes_to_input(planes.subspan(i * size, size), spec.type, spec.shape, preprocess);
    if (!tensor) return within(name, tensor.error());
    samples.push_back({.name = fmt::format("{}#{}", name, i), .tensor = *std::move(tensor), .label = {}});
  }
  return samples;
}

bool may_hold_samples(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 6> kEndings{".jpg", ".jpeg", ".png", ".npy", ".bin", ".gz"};
  std::string last = path.extension().string();
  std::ranges::transform(last, last.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::ranges::find(kEndings, last) != kEndings.end() || path.filename().string().contains("idx");
}

}  // namespace

bool is_idx(const std::filesystem::path& path, std::string_view bytes) {
  return path.filename().string().contains("idx") && bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (std::string& line : lines) {
    if (line.ends_with('\r')) line.pop_back();
  }
  return lines;
}

Result<std::vector<std::filesystem::path>> sample_files(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return invalid(fmt::format("{}: no such file or folder", path.string()));
  if (!std::filesystem::is_directory(path, error)) return std::vector{path};
  std::vector<std::filesystem::path> files;
  auto each = std::filesystem::directory_iterator(path, error);
  for (; !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
    std::error_code ignored;
    if (each->is_regular_file(ignored) && may_hold_samples(each->path())) files.push_back(each->path());
  }
  if (error) return invalid(fmt::format("{}: cannot be read: {}", path.string(), error.message()));
  if (files.empty()) return invalid(fmt::format("{} holds no image: no file that ends in .jpg, .jpeg, .png, .npy, .bin or .gz", path.string()));
  std::ranges::sort(files);
  return files;
}

Result<std::vector<Sample>> read_samples(const std::filesystem::path& path, const InputSpec& spec, Preprocess preprocess) {
  MOSAIC_TRY(std::string raw, read_file(path));
  auto unpacked = gunzip(std::move(raw));
  if (!unpacked) return within(path.string(), unpacked.error());
  const std::string& bytes = *unpacked;
  const std::string name = path.string();
  if (ending(path) == ".npy") {
    const auto array = parse_npy(bytes);
    return array ? from_array(*array, name, spec) : within(name, array.error());
  }
  if (is_idx(path, bytes)) {
    const auto array = parse_idx(bytes);
    if (!array) return within(name, array.error());
    return from_planes(array->as<std::uint8_t>(), static_cast<std::size_t>(array->shape()[0]), name, spec, preprocess);
  }
  if (ending(path) == ".bin") {
    const auto cifar = parse_cifar(bytes);
    if (!cifar) return within(name, cifar.error());
    MOSAIC_TRY(auto samples, from_planes(cifar->planes, cifar->labels.size(), name, spec, preprocess));
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i].label = cifar->labels[i];
    return samples;
  }
  const auto image = decode_image(bytes);
  if (!image) return within(name, {image.error().code, image.error().message + " (nor .npy, an idx file or CIFAR-10's .bin)"});
  auto tensor = to_input(*image, spec.type, spec.shape, preprocess);
  if (!tensor) return within(name, tensor.error());
  std::vector<Sample> samples;
  samples.push_back({.name = name, .tensor = *std::move(tensor), .label = {}});
  return samples;
}

Result<std::vector<std::string>> read_labels(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string text, read_file(path));
  return lines_of(text);
}

}  // namespace mosaic
