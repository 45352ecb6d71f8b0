#include "cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "mosaic/input/samples.h"
#include "mosaic/input/truth.h"

namespace mosaic::cli {
namespace {

InputSpec spec_of(const Graph& graph, std::size_t i) {
  const GraphTensor& input = graph.tensor(graph.inputs[i]);
  return {.name = input.name, .type = input.element, .shape = input.shape.value_or(Shape{})};
}

}  // namespace

Result<std::vector<Case>> read_cases(const Workspace& workspace, const std::vector<std::string>& files, const std::string& preprocess_name) {
  const Graph& graph = workspace.graph();
  std::vector<Case> cases;
  if (files.empty()) {
    MOSAIC_TRY(std::vector<Tensor> random, workspace.random_inputs(1));
    cases.push_back({.name = "random input", .inputs = std::move(random), .label = {}});
    return cases;
  }
  MOSAIC_TRY(const Preprocess preprocess, parse_preprocess(preprocess_name));
  if (graph.inputs.size() == 1) {
    const InputSpec only = spec_of(graph, 0);
    for (const std::string& text : files) {
      std::error_code error;
      const std::size_t equals = text.find('=');
      const bool named = equals != std::string::npos && !std::filesystem::exists(text, error);  // NAME=FILE, as models with several inputs need it
      if (named && text.substr(0, equals) != only.name)
        return fail(ErrorCode::kInvalidInput, fmt::format("--input {}: there is no such file, and the model's input is '{}'", text, only.name));
      const std::string file = named ? text.substr(equals + 1) : text;
      MOSAIC_TRY(std::vector<Sample> samples, read_samples(file, only, preprocess));
      if (samples.empty()) return fail(ErrorCode::kInvalidInput, fmt::format("{} holds no sample", file));
      for (Sample& sample : samples) {
        Case& each = cases.emplace_back(Case{.name = sample.name, .inputs = {}, .label = sample.label});
        each.inputs.push_back(std::move(sample.tensor));
      }
    }
    return cases;
  }
  for (const std::string& text : files) {
    const auto is_named = [&](TensorId id) { return text.starts_with(graph.tensor(id).name + "="); };
    if (std::ranges::none_of(graph.inputs, is_named))
      return fail(ErrorCode::kInvalidInput, fmt::format("--input {}: the model has no input of that name", text));
  }
  Case only;
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    const InputSpec spec = spec_of(graph, i);
    const auto found = std::ranges::find_if(files, [&](const std::string& text) { return text.starts_with(spec.name + "="); });
    if (found == files.end())
      return fail(ErrorCode::kInvalidInput, fmt::format("the model has {} inputs: give --input {}=FILE", graph.inputs.size(), spec.name));
    const std::string file = found->substr(spec.name.size() + 1);
    MOSAIC_TRY(std::vector<Sample> samples, read_samples(file, spec, preprocess));
    if (samples.size() != 1)
      return fail(ErrorCode::kInvalidInput, fmt::format("{} holds {} samples; a model with several inputs takes one", file, samples.size()));
    only.name += (only.name.empty() ? "" : ", ") + file;
    only.inputs.push_back(std::move(samples[0].tensor));
  }
  cases.push_back(std::move(only));
  return cases;
}

Result<void> add_truth(std::vector<Case>& cases, const std::string& file) {
  MOSAIC_TRY(const Truth truth, Truth::read(file));
  std::vector<std::string> names;
  for (const Case& each : cases) names.push_back(each.name);
  MOSAIC_RETURN_IF_ERROR(truth.check_names(names));
  MOSAIC_RETURN_IF_ERROR(truth.check_count(cases.size()));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (const auto known = truth.of(cases[i].name, i)) cases[i].label = known;
  }
  return {};
}

}  // namespace mosaic::cli
