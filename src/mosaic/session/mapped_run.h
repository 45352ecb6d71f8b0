#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/integers/converter.h"
#include "mosaic/integers/simulate.h"
#include "mosaic/quantize/examples.h"
#include "mosaic/session/search.h"

namespace mosaic {

/// What the network gives for each image, float32 [1, C], or [1, C, H, W] where that is more than a pixel: computed by the simulator, integer by
/// integer. With `effects` through the analog array's converter, each image with noise of its own, seeded by its place, so that it does not depend on
/// the images before it. Errors: kInvalidInput: an image of another size, as `make_converter`; kCancelled.
[[nodiscard]] Result<std::vector<Tensor>> simulate_images(const integers::Simulator& simulator, std::span<const LabelledImage> images,
                                                          std::optional<integers::AnalogEffects> effects = {}, const quantize::Watch& watch = {},
                                                          std::string_view what = "simulating");

/// The analog array's converter of 6 bits with this noise, in its codes, its range calibrated on at most 64 of the images, spread evenly. Errors: as
/// `calibrate_steps`.
[[nodiscard]] Result<integers::AnalogEffects> calibrated_effects(const integers::Simulator& simulator, std::span<const LabelledImage> images,
                                                                 double noise);

/// How far the simulator and ONNX Runtime agree.
struct EngineComparison {
  std::size_t images = 0;
  std::size_t integers = 0;   ///< compared: of every node, for every image
  std::size_t different = 0;  ///< of those
  std::size_t outputs = 0;    ///< real outputs compared
  std::size_t outputs_different = 0;
  std::string first;  ///< the first difference, in words; empty: none

  [[nodiscard]] bool equal() const { return different == 0 && outputs_different == 0; }
};

/// Runs the network as a model of standard operators (integers/export.h) on ONNX Runtime and compares every integer of every node, and what it gives,
/// bit for bit with the simulator's. Errors: kInvalidInput: an image of another size; kEngine; kCancelled.
[[nodiscard]] Result<EngineComparison> compare_with_engine(const integers::Simulator& simulator, std::span<const LabelledImage> images,
                                                           const quantize::Watch& watch = {});

}  // namespace mosaic
