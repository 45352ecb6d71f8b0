#include "examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "mosaic/onnx/model.h"

namespace mosaic::cli {
namespace {

/// What is read, and how.
struct Source {
  std::vector<std::filesystem::path> files;
  InputSpec spec;
  Preprocess preprocess = Preprocess::kRaw;
  std::map<std::string, std::int64_t> truth;

  [[nodiscard]] Result<void> visit(const quantize::Examples::Visit& visitor) const {
    std::size_t index = 0;
    for (const std::filesystem::path& file : files) {
      MOSAIC_TRY(std::vector<Sample> samples, read_samples(file, spec, preprocess));
      for (Sample& sample : samples) {
        quantize::Example example{.name = sample.name, .inputs = {}, .label = label_of(sample, index++)};
        example.inputs.push_back(std::move(sample.tensor));
        MOSAIC_RETURN_IF_ERROR(visitor(example));
      }
    }
    return {};
  }

  [[nodiscard]] std::optional<std::int64_t> label_of(const Sample& sample, std::size_t index) const {
    for (const std::string& key : {fmt::format("#{}", index), std::filesystem::path(sample.name).filename().string()}) {
      if (const auto found = truth.find(key); found != truth.end()) return found->second;
    }
    return sample.label;
  }
};

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
  if (options.all_but > 0) source->files = rest(source->files, options.all_but);
  source->files = spread(source->files, options.limit);
  if (!options.truth.empty()) {
    MOSAIC_TRY(source->truth, read_truth(options.truth));
    const auto& truth = source->truth;
    const auto is_named = [&](const std::filesystem::path& file) {  // or one of its samples, "name#0" and so on
      const std::string name = file.filename().string();
      return truth.contains(name) || truth.lower_bound(name + "#") != truth.lower_bound(name + "$");
    };
    if (!truth.contains("#0") && std::ranges::none_of(source->files, is_named))
      return fail(ErrorCode::kInvalidInput, fmt::format("{} names none of the images", options.truth));
  }
  MOSAIC_TRY([[maybe_unused]] const auto first, read_samples(source->files.front(), source->spec, source->preprocess));
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
