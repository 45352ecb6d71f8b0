#include "training/images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "mosaic/base/file.h"
#include "mosaic/base/random.h"
#include "mosaic/input/array_file.h"

namespace mosaic::training {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFashionMnist = "fashion-mnist";

std::string way_out() { return "'scripts/setup training' fetches Fashion-MNIST for --data fashion-mnist; or name a folder with such files"; }

/// The file or the same with .gz behind its name.
Result<std::string> read_either(const fs::path& file) {
  std::error_code error;
  for (const fs::path& path : {file, fs::path(file.string() + ".gz")}) {
    if (!fs::exists(path, error)) continue;
    MOSAIC_TRY(std::string bytes, read_file(path));
    auto content = gunzip(std::move(bytes));
    if (!content) return within(path.string(), content.error());
    return content;
  }
  return fail(ErrorCode::kInvalidInput, fmt::format("{} is missing, with .gz or without: {}", file.string(), way_out()));
}

Result<Tensor> read_idx(const fs::path& file) {
  MOSAIC_TRY(const std::string bytes, read_either(file));
  auto tensor = parse_idx(bytes);
  if (!tensor) return within(file.string(), tensor.error());
  return tensor;
}

Result<ImageSet> read_idx_set(const fs::path& folder, const std::string& prefix) {
  MOSAIC_TRY(const Tensor images, read_idx(folder / (prefix + "-images-idx3-ubyte")));
  MOSAIC_TRY(const Tensor labels, read_idx(folder / (prefix + "-labels-idx1-ubyte")));
  const Shape& shape = images.shape();
  if (shape.size() != 3 || labels.shape().size() != 1)
    return fail(ErrorCode::kInvalidInput, fmt::format("{}: images of shape {} and labels of shape {}, not N x height x width and N",
                                                      (folder / prefix).string(), to_string(shape), to_string(labels.shape())));
  if (shape[0] != labels.shape()[0] || shape[0] == 0)
    return fail(ErrorCode::kInvalidInput, fmt::format("{} has {} images and {} labels", (folder / prefix).string(), shape[0], labels.shape()[0]));
  const auto bytes_of = [](const Tensor& tensor) {
    const auto values = tensor.as<std::uint8_t>();
    return std::vector<std::uint8_t>(values.begin(), values.end());
  };
  return ImageSet{.extent = {.channels = 1, .height = shape[1], .width = shape[2]}, .pixels = bytes_of(images), .labels = bytes_of(labels)};
}

Result<ImageSet> read_cifar_set(const std::vector<fs::path>& files) {
  ImageSet set{.extent = {.channels = 3, .height = 32, .width = 32}, .pixels = {}, .labels = {}};
  for (const fs::path& file : files) {
    MOSAIC_TRY(const std::string bytes, read_file(file));
    auto cifar = parse_cifar(bytes);
    if (!cifar) return within(file.string(), cifar.error());
    set.pixels.insert(set.pixels.end(), cifar->planes.begin(), cifar->planes.end());
    set.labels.insert(set.labels.end(), cifar->labels.begin(), cifar->labels.end());
  }
  return set;
}

/// Sorted by name; empty where the folder does not hold CIFAR-10.
std::vector<fs::path> cifar_batches(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("data_batch_") && name.ends_with(".bin")) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

Result<fs::path> find_folder(const std::string& where) {
  std::error_code error;
  if (where != kFashionMnist || fs::is_directory(where, error)) {
    if (fs::is_directory(where, error)) return fs::path(where);
    return fail(ErrorCode::kInvalidInput, fmt::format("--data {}: there is no such folder: {}", where, way_out()));
  }
  const std::vector<fs::path> places{fs::path(MOSAIC_TRAINING_DATA) / kFashionMnist, fs::path("/usr/share/datasets") / kFashionMnist};
  for (const fs::path& place : places) {
    if (fs::is_directory(place, error)) return place;
  }
  return fail(ErrorCode::kInvalidInput,
              fmt::format("Fashion-MNIST is neither in {} nor in {}: 'scripts/setup training' fetches it", places[0].string(), places[1].string()));
}

ImageSet chosen(const ImageSet& images, const std::vector<std::size_t>& indices) {
  ImageSet result{.extent = images.extent, .pixels = {}, .labels = {}};
  for (const std::size_t i : indices) {
    const auto image = images.image(i);
    result.pixels.insert(result.pixels.end(), image.begin(), image.end());
    result.labels.push_back(images.labels[i]);
  }
  return result;
}

/// The first `count` of a random order, and the others; both ascending.
std::pair<std::vector<std::size_t>, std::vector<std::size_t>> draw(std::size_t all, std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(all);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random(seed).shuffle(order);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<std::size_t> first(order.begin(), middle);
  std::vector<std::size_t> rest(middle, order.end());
  std::ranges::sort(first);
  std::ranges::sort(rest);
  return {std::move(first), std::move(rest)};
}

}  // namespace

std::span<const std::uint8_t> ImageSet::image(std::size_t i) const {
  const auto each = static_cast<std::size_t>(extent.size());
  return std::span(pixels).subspan(i * each, each);
}

Result<Dataset> read_dataset(const std::string& where) {
  MOSAIC_TRY(const fs::path folder, find_folder(where));
  Dataset data{.name = where, .train = {}, .test = {}};
  if (const auto batches = cifar_batches(folder); !batches.empty()) {
    MOSAIC_TRY(data.train, read_cifar_set(batches));
    MOSAIC_TRY(data.test, read_cifar_set({folder / "test_batch.bin"}));
  } else {
    MOSAIC_TRY(data.train, read_idx_set(folder, "train"));
    MOSAIC_TRY(data.test, read_idx_set(folder, "t10k"));
  }
  if (data.train.extent != data.test.extent) {
    return fail(ErrorCode::kInvalidInput, fmt::format("{}: training images of {} x {}, test images of {} x {}", where, data.train.extent.height,
                                                      data.train.extent.width, data.test.extent.height, data.test.extent.width));
  }
  data.classes = 1 + std::ranges::max(data.train.labels);
  if (const int largest = std::ranges::max(data.test.labels); largest >= data.classes)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{}: a test image is of class {}, training images end at {}", where, largest, data.classes - 1));
  return data;
}

Result<std::pair<ImageSet, ImageSet>> hold_out(const ImageSet& images, std::size_t count, std::uint64_t seed) {
  if (images.size() <= count)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} training images, of which {} are to be held out: give a smaller --hold-out, or more images", images.size(), count));
  const auto [held, kept] = draw(images.size(), count, seed);
  return std::pair(chosen(images, kept), chosen(images, held));
}

ImageSet sample(const ImageSet& images, std::size_t count, std::uint64_t seed) {
  return chosen(images, draw(images.size(), std::min(count, images.size()), seed).first);
}

Result<Pixels> Pixels::create(Preprocess preprocess, std::int64_t channels) {
  if (preprocess == Preprocess::kCaffe)
    return fail(ErrorCode::kUnsupported, "training takes pixels as raw, tf or torch have them; caffe changes the order of channels");
  Pixels result;
  result.values_.resize(static_cast<std::size_t>(channels) * 256);
  for (std::size_t value = 0; value < 256; ++value) {
    const std::vector<std::uint8_t> grey(static_cast<std::size_t>(channels), static_cast<std::uint8_t>(value));
    MOSAIC_TRY(const Tensor pixel, planes_to_input(grey, ElementType::kFloat32, {1, channels, 1, 1}, preprocess));
    for (std::size_t c = 0; c < grey.size(); ++c) result.values_[c * 256 + value] = pixel.as<float>()[c];
  }
  float largest = 0;
  for (const float value : result.values_) largest = std::max(largest, std::abs(value));
  result.magnitude_ = std::exp2(std::ceil(std::log2(largest)));
  return result;
}

Fingerprint Pixels::fingerprint() const { return Hasher().add(std::as_bytes(std::span(values_))).fingerprint(); }

std::vector<float> Pixels::input(const ImageSet& images, std::size_t i) const {
  const auto image = images.image(i);
  const auto plane = static_cast<std::size_t>(images.extent.height * images.extent.width);
  std::vector<float> result(image.size());
  for (std::size_t p = 0; p < image.size(); ++p) result[p] = at(static_cast<std::int64_t>(p / plane), image[p]);
  return result;
}

std::vector<LabelledImage> labelled(const ImageSet& images, const Pixels& pixels, const std::string& name) {
  const network::Extent& extent = images.extent;
  std::vector<LabelledImage> result;
  result.reserve(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    Tensor tensor(ElementType::kFloat32, {1, extent.channels, extent.height, extent.width});
    std::ranges::copy(pixels.input(images, i), tensor.as<float>().begin());
    result.push_back({.name = fmt::format("{}#{}", name, i), .image = std::move(tensor), .label = images.labels[i]});
  }
  return result;
}

}  // namespace mosaic::training
