#include "training/elastic_file.h"

#include <fmt/format.h>

#include <utility>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"

namespace mosaic::training {

std::string format_elastic(const ElasticModel& model) {
  const Json origin{
      {"only", model.only}, {"data", model.data}, {"preprocess", model.preprocess}, {"held_out", model.held_out}, {"training", model.training}};
  return format_checkpoint({.network = format_design(model.design), .options = origin.dump(), .losses = {}, .tensors = model.weights});
}

Result<ElasticModel> parse_elastic(std::string_view bytes) {
  MOSAIC_TRY(Checkpoint checkpoint, parse_checkpoint(bytes));
  if (!checkpoint.network.starts_with('{')) return invalid("a checkpoint of a training, not what 'mosaic elastic train' writes to --output");
  ElasticModel model;
  MOSAIC_TRY(model.design, parse_design(checkpoint.network));
  MOSAIC_TRY(const Json origin, parse_json(checkpoint.options));
  Fields fields(origin, "origin");
  fields.required("only", model.only).required("data", model.data).required("preprocess", model.preprocess);
  fields.required("held_out", model.held_out).required("training", model.training);
  if (!fields.failed() && model.held_out < 1) fields.reject(fmt::format("held_out is {}, not 1 or more", model.held_out));
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  model.weights = std::move(checkpoint.tensors);
  return model;
}

Result<ElasticModel> read_elastic(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string bytes, read_file(path));
  auto model = parse_elastic(bytes);
  if (!model) return within(path.string(), model.error());
  return model;
}

Result<void> write_elastic(const ElasticModel& model, const std::filesystem::path& path) { return write_file(path, format_elastic(model)); }

}  // namespace mosaic::training
