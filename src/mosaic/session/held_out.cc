#include "mosaic/session/held_out.h"

#include <fmt/format.h>

#include <vector>

namespace mosaic {

Result<HeldOut> hold_out(const quantize::Examples& examples, const std::set<Fingerprint>& calibration, quantize::Runner& float_network,
                         const quantize::Watch& watch) {
  HeldOut out;
  Hasher hasher;
  std::set<Fingerprint> seen;
  std::size_t done = 0;
  const auto add = [&](const quantize::Example& example) -> Result<void> {
    MOSAIC_RETURN_IF_ERROR(watch.at("looking at the images held out", done++, examples.about));
    const Fingerprint content = quantize::fingerprint(example);
    const bool is_calibrated = calibration.contains(content);
    const bool is_repeated = !is_calibrated && !seen.insert(content).second;
    out.calibrated += is_calibrated ? 1 : 0;
    out.repeated += is_repeated ? 1 : 0;
    if (is_calibrated || is_repeated) return {};
    MOSAIC_TRY(const std::vector<Tensor> outputs, float_network.run(example.inputs));
    const auto added = out.evidence.add(outputs, outputs, example.label);
    if (!added) return within(example.name, added.error());
    quantize::hash_inputs(example, hasher);
    return {};
  };
  MOSAIC_RETURN_IF_ERROR(examples.visit(add));
  if (out.evidence.images == 0) {
    return fail(
        ErrorCode::kInvalidInput,
        fmt::format("there is no image to compare on: of {}, {} are the calibration's, whatever their files are called", done, out.calibrated));
  }
  out.set = hasher.fingerprint();
  out.examples = quantize::without_repeats(examples, calibration);
  out.examples.about = out.evidence.images;
  return out;
}

}  // namespace mosaic
