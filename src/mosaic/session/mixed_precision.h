#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/units.h"
#include "mosaic/onnx/model.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/precision/choose.h"
#include "mosaic/precision/evidence.h"
#include "mosaic/precision/guard.h"
#include "mosaic/precision/record.h"
#include "mosaic/quantize/quantize.h"
#include "mosaic/session/form_times.h"
#include "mosaic/session/held_out.h"
#include "mosaic/session/race.h"

namespace mosaic {

struct MixedOptions {
  double limit_percent = 0.5;           ///< the drop that the guard lets through
  double least_speedup = 1.05;          ///< over float, for which the lower end of the measured interval has to stand
  std::size_t candidates = 8;           ///< assignments to try, besides all in int8
  std::size_t sensitivity_images = 16;  ///< of the calibration's, for the noise of each layer
  std::size_t rounds = 10;              ///< of the layers' profiles
  int threads = 1;
  bool needs_classes = false;     ///< right classes were given: it is an error where none counts
  RaceOptions race{.runs = 100};  ///< turns of whole networks; 30 left intervals from half to three times as fast where two cores are shared
  quantize::Options quantize;
  quantize::Watch watch;
  std::function<void(const std::string&)> remark;  ///< told what should be known before all is measured
};

/// An assignment that was tried end to end.
struct Tried {
  precision::Assignment assignment;  ///< with the time and noise that the layers promise
  bool all_int8 = false;
  std::size_t int8_layers = 0;           ///< layers that are not in float
  std::size_t integer_layers = 0;        ///< those that could be
  Microseconds time{};                   ///< median on plain ONNX Runtime
  PairedRatio speedup;                   ///< float / this, in turn with all that are tried
  precision::Evidence evidence;          ///< on the images held out
  precision::Judgement judgement;        ///< untested, but for those of the sequence
  std::optional<PairedRatio> confirmed;  ///< where it passed: float / this once more, the two alone; what is best of many looks better than it is
  std::vector<precision::Form> written;  ///< the forms that the layers have in the model; those assigned may make no difference
};

/// What was measured and what is to be used.
struct MixedPrecision {
  onnx::Model model;  ///< the chosen one, or the float one; its metadata have the record
  precision::Record record;
  std::vector<Tried> tried;           ///< the least noisy first
  std::vector<std::size_t> sequence;  ///< of those tried: whose accuracy was tested, in this order, until one passed
  std::optional<std::size_t> chosen;  ///< none: float
  FormTimes times;
  Microseconds float_time{};
  Fingerprint calibration_set;
  std::size_t calibration_images = 0;
  HeldOut held_out;
  std::size_t runs = 0;  ///< timed, of each
};

/// Finds which layers of a float model are best computed in int8 on this machine, after a look at the images held out (`hold_out`, `check_float`):
/// 1. times of all layers in each form (`measure_forms`);
/// 2. the noise that each layer alone brings into the outputs, on some images of the calibration;
/// 3. the whole front of time against noise, and a few assignments from it (`precision_front`, `candidates`), with all in int8 besides;
/// 4. these, as far as they are different models, on plain ONNX Runtime in turn with the float file, and on the held-out images, judged against the
///    limit (`judge`, `sequence`, `select`); one that passes is timed once more, alone with the float file.
/// Float always remains: `prepared`, which has fixed shapes and no dead nodes. Errors: those of quantising, profiling, `hold_out`, `check_float` and
/// the engine; kInvalidInput: `needs_classes`, and outputs are no scores of classes or no image has one; kCancelled.
[[nodiscard]] Result<MixedPrecision> choose_precision(const std::filesystem::path& float_model, const onnx::PreparedModel& prepared,
                                                      const quantize::Examples& calibration, const quantize::Examples& held_out,
                                                      const MixedOptions& options);

}  // namespace mosaic
