#include "training/start.h"

#include <fmt/format.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "mosaic/input/image.h"
#include "mosaic/onnx/network.h"
#include "mosaic/session/search.h"
#include "mosaic/session/workspace.h"
#include "training/architectures.h"

namespace mosaic::training {
namespace {

Result<network::Network> read_model(const std::string& file) {
  MOSAIC_TRY(const auto workspace, Workspace::open({.model = file, .board = {}, .shapes = {}}));
  auto network = onnx::read_network(workspace->prepared(), workspace->graph().name);
  if (!network) return within(file, network.error());
  return network;
}

}  // namespace

Result<std::unique_ptr<Start>> make_start(const std::string& model, const cli::TrainingOptions& options) {
  if (options.data.empty())
    return fail(ErrorCode::kInvalidInput, "training needs --data: fashion-mnist, or a folder with images and labels (docs/training.md)");
  MOSAIC_TRY(const Preprocess preprocess, parse_preprocess(options.preprocess));
  MOSAIC_TRY(Dataset data, read_dataset(options.data));
  MOSAIC_TRY(Pixels pixels, Pixels::create(preprocess, data.train.extent.channels));
  const bool from_nothing = is_architecture(model);
  MOSAIC_TRY(network::Network network,
             from_nothing ? make_architecture(model, data.train.extent, data.classes, pixels.magnitude(), options.seed) : read_model(model));
  MOSAIC_TRY(auto parts, hold_out(data.train, options.hold_out, kHeldOutSeed));
  data.train = std::move(parts.first);
  return std::make_unique<Start>(Start{.data = std::move(data),
                                       .held_out = std::move(parts.second),
                                       .pixels = std::move(pixels),
                                       .network = std::move(network),
                                       .from_nothing = from_nothing});
}

Result<void> try_engine(const Start& start) {
  MOSAIC_TRY([[maybe_unused]] const std::vector<std::size_t> none, float_classes(start.network, {}));
  return {};
}

TrainOptions float_training(const std::string& name, const cli::TrainingOptions& options, const std::stop_token& stop) {
  constexpr double kDecay = 5e-4;
  return {.name = name,
          .schedule = {.epochs = options.epochs, .batch = options.batch, .optimiser = Optimiser::kSgd, .rate = options.rate, .decay = kDecay},
          .mirrored = !options.unmirrored,
          .seed = options.seed,
          .threads = options.threads,
          .checkpoint = options.checkpoint,
          .resume = options.resume,
          .stop = stop};
}

}  // namespace mosaic::training
