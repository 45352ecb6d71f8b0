#include "examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "mosaic/input/truth.h"
#include "mosaic/onnx/model.h"

namespace mosaic::cli {
namespace {

/// What is read, and how.
struct Source {
  std::vector<std::filesystem::path> files;
  InputSpec spec;
  Preprocess preprocess = Preprocess::kRaw;
  std::optional<Truth> truth;

  [[nodiscard]] Result<void> visit(const quantize::Examples::Visit& visitor) const {
    std::size_t index = 0;
    for (const std::filesystem::path& file : files) {
      MOSAIC_TRY(std::vector<Sample> samples, read_samples(file, spec, preprocess));
      for (Sample& sample : samples) {
        const std::size_t place = index++;
        const auto known = truth ? truth->of(sample.name, place) : std::nullopt;
        quantize::Example example{.name = sample.name, .inputs = {}, .label = known ? known : sample.label};
        example.inputs.push_back(std::move(sample.tensor));
        MOSAIC_RETURN_IF_ERROR(visitor(example));
      }
    }
    return truth ? truth->check_count(index) : Result<void>();
  }
};

/// Whether right classes fit the files that are read, of so many.
Result<void> check_truth(const Source& source, const std::string& file, std::size_t all) {
  if (source.truth->is_ordered() && source.files.size() < all) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} has classes in the order of all {} files, and {} of them are taken: give the files to compare on "
                            "alone, with --images, or their classes by name",
                            file, all, source.files.size()));
  }
  std::vector<std::string> names;
  for (const std::filesystem::path& each : source.files) names.push_back(each.string());
  return source.truth->check_names(names);
}

Result<InputSpec> only_input(const onnx::PreparedModel& model) {
  const std::vector<std::string> inputs = onnx::input_names(model.model);
  if (inputs.size() != 1)
    return fail(ErrorCode::kUnsupported, fmt::format("the model has {} inputs: sets of images are for models with one", inputs.size()));
  const onnx::ValueType& type = model.types.at(inputs[0]);
  return InputSpec{.name = inputs[0], .type = type.element, .shape = type.shape.value_or(Shape{})};
}

/// `count` of them at even distances.
std::vector<std::filesystem::path> spread(const std::vector<std::filesystem::path>& files, std::size_t count) {
  if (count == 0 || count >= files.size()) return files;
  std::vector<std::filesystem::path> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(files[i * files.size() / count]);
  return chosen;
}

/// All but those that `spread` takes.
std::vector<std::filesystem::path> rest(const std::vector<std::filesystem::path>& files, std::size_t count) {
  std::vector<std::filesystem::path> left;
  const std::vector<std::filesystem::path> taken = spread(files, count);
  std::ranges::copy_if(files, std::back_inserter(left), [&](const auto& file) { return std::ranges::find(taken, file) == taken.end(); });
  return left;
}

Result<std::vector<std::filesystem::path>> find_files(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    MOSAIC_TRY(const std::vector<std::filesystem::path> found, sample_files(path));
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

}  // namespace

Result<std::size_t> count_files(const ExampleOptions& options) {
  MOSAIC_TRY(const std::vector<std::filesystem::path> files, find_files(options.paths));
  return files.size();
}

Result<quantize::Examples> read_examples(const onnx::PreparedModel& model, const ExampleOptions& options) {
  MOSAIC_TRY(const InputSpec spec, only_input(model));
  return read_examples(spec, options);
}

Result<quantize::Examples> read_examples(const InputSpec& spec, const ExampleOptions& options) {
  const auto source = std::make_shared<Source>();
  source->spec = spec;
  MOSAIC_TRY(source->preprocess, parse_preprocess(options.preprocess));
  MOSAIC_TRY(source->files, find_files(options.paths));
  const std::size_t all = source->files.size();
  if (options.all_but > 0) source->files = rest(source->files, options.all_but);
  source->files = spread(source->files, options.limit);
  if (!options.truth.empty()) {
    MOSAIC_TRY(source->truth, Truth::read(options.truth));
    MOSAIC_RETURN_IF_ERROR(check_truth(*source, options.truth, all));
  }
  MOSAIC_TRY(const auto first, read_samples(source->files.front(), source->spec, source->preprocess));
  if (source->truth && source->files.size() == 1) MOSAIC_RETURN_IF_ERROR(source->truth->check_count(first.size()));
  return quantize::Examples{.about = source->files.size(),
                            .visit = [source](const quantize::Examples::Visit& visitor) { return source->visit(visitor); }};
}

Result<std::vector<LabelledImage>> labelled_images(const quantize::Examples& examples) {
  std::vector<LabelledImage> images;
  const auto keep = [&](const quantize::Example& each) -> Result<void> {
    if (each.label && *each.label < 0) return fail(ErrorCode::kInvalidInput, fmt::format("{} is of class {}", each.name, *each.label));
    const auto label = each.label ? std::optional(static_cast<std::size_t>(*each.label)) : std::nullopt;
    images.push_back({.name = each.name, .image = each.inputs[0], .label = label});
    return {};
  };
  MOSAIC_RETURN_IF_ERROR(examples.visit(keep));
  return images;
}

}  // namespace mosaic::cli
