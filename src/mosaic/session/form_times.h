#pragma once

#include <cstddef>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/precision/choose.h"
#include "mosaic/quantize/examples.h"
#include "mosaic/session/race.h"
#include "mosaic/session/variants.h"

namespace mosaic {

/// This machine as a board of the one configuration with so many cores of its first CPU device that has them. Errors: kInvalidInput where none has;
/// those of discovering.
[[nodiscard]] Result<Board> board_with_threads(int threads);

struct FormTimesOptions {
  int threads = 1;
  std::size_t rounds = 10;  ///< of the profiles
  RaceOptions race;         ///< of whole networks
  quantize::Watch watch;
};

/// What the layers of a network take in each form, without noise.
struct FormTimes {
  precision::FormTable table;
  double float_microseconds = 0;  ///< of the whole on plain ONNX Runtime
  double int8_microseconds = 0;   ///< of the whole with all in int8
  precision::ConversionCost conversion;
};

/// Measures layers as profiles do, in slices between their neighbours, round by round in turn for the network in float, in int8 and in int8 with
/// float sums; and whole networks on plain ONNX Runtime in turn: the same three, and some whose forms alternate every one, two or four layers. Times
/// of layers are scaled so that they add up to the whole of their form; what the alternating ones take longer than the sum of their layers is what
/// converting takes, a line in the size of the cuts. Errors: those of profiling and of the engine; kCancelled.
[[nodiscard]] Result<FormTimes> measure_forms(const Variants& variants, const quantize::Example& example, const FormTimesOptions& options);

}  // namespace mosaic
