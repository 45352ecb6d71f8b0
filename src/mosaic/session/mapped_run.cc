#include "mosaic/session/mapped_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/integers/export.h"

namespace mosaic {
namespace {

using integers::QuantizedNode;

constexpr std::size_t kMostImagesForSteps = 64;

Shape output_shape(const network::Extent& extent) {
  if (extent.height == 1 && extent.width == 1) return {1, extent.channels};
  return {1, extent.channels, extent.height, extent.width};
}

/// The integer that the engine's tensor has for one of the simulator's.
double as_stored(const Tensor& tensor, const QuantizedNode& node, std::int32_t integer) {
  return tensor.type() == ElementType::kUint8 ? integer - node.format.low : integer;
}

/// Compares one image's run.
void compare_run(const integers::Simulator& simulator, const std::string& image, const std::vector<std::vector<std::int32_t>>& expected,
                 const std::vector<Tensor>& actual, EngineComparison& result) {
  const std::vector<QuantizedNode>& nodes = simulator.network().nodes;
  const auto differs = [&](const std::string& where, double simulated, double engine) {
    if (result.first.empty()) result.first = fmt::format("{}, {}: {} in the simulator, {} on the engine", image, where, simulated, engine);
  };
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const Tensor& tensor = actual[n + 1];
    const std::vector<double> values = tensor.to_doubles();
    for (std::size_t i = 0; i < expected[n].size(); ++i) {
      ++result.integers;
      const double wanted = as_stored(tensor, nodes[n], expected[n][i]);
      if (i < values.size() && values[i] == wanted) continue;
      ++result.different;
      differs(fmt::format("layer '{}', value {}", nodes[n].name, i), wanted, i < values.size() ? values[i] : 0);
    }
  }
  const std::vector<float> outputs = simulator.outputs(expected.back());
  const auto engine = actual[0].as<float>();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    ++result.outputs;
    if (i < engine.size() && engine[i] == outputs[i]) continue;
    ++result.outputs_different;
    differs(fmt::format("output {}", i), static_cast<double>(outputs[i]), i < engine.size() ? static_cast<double>(engine[i]) : 0);
  }
}

}  // namespace

Result<std::vector<Tensor>> simulate_images(const integers::Simulator& simulator, std::span<const LabelledImage> images,
                                            std::optional<integers::AnalogEffects> effects, const quantize::Watch& watch, std::string_view what) {
  std::vector<Tensor> outputs;
  for (const LabelledImage& each : images) {
    MOSAIC_RETURN_IF_ERROR(watch.at(what, outputs.size(), images.size()));
    integers::Converter converter;
    if (effects) {
      effects->seed = outputs.size() + 1;
      MOSAIC_TRY(converter, integers::make_converter(*effects));
    }
    const auto integers = simulator.run(each.image.as<float>(), converter);
    if (!integers) return within(each.name, integers.error());
    MOSAIC_TRY(Tensor output, from_floats(ElementType::kFloat32, output_shape(simulator.network().output()), simulator.outputs(*integers)));
    outputs.push_back(std::move(output));
  }
  return outputs;
}

Result<integers::AnalogEffects> calibrated_effects(const integers::Simulator& simulator, std::span<const LabelledImage> images, double noise) {
  std::vector<std::vector<float>> pixels;
  const std::size_t count = std::min(images.size(), kMostImagesForSteps);
  for (std::size_t i = 0; i < count; ++i) {
    const auto values = images[i * images.size() / count].image.as<float>();
    pixels.emplace_back(values.begin(), values.end());
  }
  MOSAIC_TRY(std::vector<std::int32_t> steps, integers::calibrate_steps(simulator, pixels));
  return integers::AnalogEffects{.steps = std::move(steps), .noise = noise};
}

Result<EngineComparison> compare_with_engine(const integers::Simulator& simulator, std::span<const LabelledImage> images,
                                             const quantize::Watch& watch) {
  const onnx::Model model = integers::to_model(simulator.network(), {.every_tensor = true});
  MOSAIC_TRY(const auto engine, ort::Reference::open(model, {.threads = 1, .spin = false}));
  EngineComparison result;
  for (const LabelledImage& each : images) {
    MOSAIC_RETURN_IF_ERROR(watch.at("comparing with ONNX Runtime", result.images, images.size()));
    const auto expected = simulator.run_all(each.image.as<float>());
    if (!expected) return within(each.name, expected.error());
    MOSAIC_RETURN_IF_ERROR(engine->bind({&each.image}));
    MOSAIC_TRY([[maybe_unused]] const Nanoseconds time, engine->run());
    MOSAIC_TRY(const std::vector<Tensor> actual, engine->results());
    if (actual.size() != expected->size() + 1)
      return fail(ErrorCode::kEngine, fmt::format("the engine gives {} outputs, {} are right", actual.size(), expected->size() + 1));
    compare_run(simulator, each.name, *expected, actual, result);
    ++result.images;
  }
  return result;
}

}  // namespace mosaic
