#include "mosaic/session/quantize_model.h"

#include <memory>
#include <utility>
#include <vector>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/base/statistics.h"
#include "mosaic/base/tensor.h"
#include "mosaic/precision/evidence.h"
#include "mosaic/session/engine_runner.h"

namespace mosaic {
namespace {

void copy(const precision::Evidence& evidence, QuantizationCheck& check) {
  check.images = evidence.images;
  if (evidence.scored > 0) check.agreeing = evidence.scored - evidence.changed;
  check.labelled = evidence.labelled;
  check.right_float = evidence.right_float;
  check.right_int8 = evidence.right_float - evidence.lost + evidence.gained;
  check.sqnr_db = evidence.sqnr_db();
  check.cosine = evidence.cosine();
}

Result<std::unique_ptr<EngineRunner>> open_file(const std::filesystem::path& file, int threads) {
  MOSAIC_TRY(auto session, ort::Reference::open(file, {.threads = threads}));
  return std::make_unique<EngineRunner>(std::move(session));
}

}  // namespace

quantize::Open open_on_engine(int threads) {
  return [threads](const onnx::Model& model) -> Result<std::unique_ptr<quantize::Runner>> {
    MOSAIC_TRY(auto session, ort::Reference::open(model, {.threads = threads, .spin = false}));
    return std::make_unique<EngineRunner>(std::move(session));
  };
}

Result<QuantizationCheck> check_quantized(const std::filesystem::path& float_model, const std::filesystem::path& int8_model,
                                          const quantize::Examples& examples, const CheckOptions& options) {
  MOSAIC_TRY(const auto exact, open_file(float_model, options.threads));
  MOSAIC_TRY(const auto rounded, open_file(int8_model, options.threads));
  precision::Evidence evidence;
  std::vector<Tensor> first;
  std::size_t done = 0;
  std::size_t seen = 0;
  const auto compare = [&](const quantize::Example& example) -> Result<void> {
    MOSAIC_RETURN_IF_ERROR(options.watch.at("comparing", done, examples.about));
    MOSAIC_TRY(const std::vector<Tensor> expected, exact->run(example.inputs));
    MOSAIC_TRY(const std::vector<Tensor> actual, rounded->run(example.inputs));
    const auto added = evidence.add(expected, actual, example.label);
    if (!added) return within(example.name, added.error());
    seen += options.calibration.contains(quantize::fingerprint(example)) ? 1 : 0;
    if (done == 0) first = example.inputs;
    ++done;
    return {};
  };
  std::size_t all = 0;
  const auto count = [&](const quantize::Examples::Visit& visitor) {
    return examples.visit([&](const quantize::Example& example) {
      ++all;
      return visitor(example);
    });
  };
  const quantize::Examples counted{.about = examples.about, .visit = count};
  MOSAIC_RETURN_IF_ERROR(quantize::without_repeats(counted).visit(compare));
  if (done == 0) return fail(ErrorCode::kInvalidInput, "there is no image to compare on");
  QuantizationCheck check;
  check.repeated = all - done;
  check.seen = seen;
  copy(evidence, check);
  for (EngineRunner* each : {exact.get(), rounded.get()}) {
    const auto bound = each->run(first);
    if (!bound) return std::unexpected(bound.error());
  }
  MOSAIC_TRY(const auto times,
             race({{.name = "float", .run = [&] { return exact->time(); }}, {.name = "int8", .run = [&] { return rounded->time(); }}}, options.race));
  check.threads = options.threads;
  check.runs = times[0].size();
  check.float_time = Microseconds(median(times[0]));
  check.int8_time = Microseconds(median(times[1]));
  check.speedup = paired_ratio(times[0], times[1]);
  return check;
}

}  // namespace mosaic
