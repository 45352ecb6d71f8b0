#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/ids.h"
#include "mosaic/board/board.h"
#include "mosaic/plan/plan.h"

namespace mosaic {

/// A layer that may be divided: several accelerators compute its output channels at the same time, each a block of its own.
struct DividedLayer {
  std::string name;
  std::int64_t channels = 0;  ///< of the output, 1 or more
};

/// Channels [begin, end) of a layer, by one step.
struct LayerPart {
  StepId step;
  ConfigurationId configuration;
  std::int64_t begin = 0;
  std::int64_t end = 0;

  friend bool operator==(const LayerPart&, const LayerPart&) = default;
};

/// Judges a plan of layers that run one after the other and may be divided by channels, whoever wrote it, and gives the parts of each layer by
/// ascending channels. Whose model the layers are, and what each device can compute, is for the caller to judge. Errors: kInvalidInput, with step and
/// layer: no step; a step without a layer, with one
/// that does not exist or with layers that do not follow one another; an unknown configuration; channels of several layers at once, along an
/// axis other than 1, none, or beyond the layer's; a channel in two parts or in none; a step that does not come after all parts of the layer before,
/// or that comes after a part of its own layer or a later one.
[[nodiscard]] Result<std::vector<std::vector<LayerPart>>> divide_layers(const Plan& plan, const Board& board, std::span<const DividedLayer> layers);

}  // namespace mosaic
