#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "mosaic/base/statistics.h"
#include "mosaic/onnx/model.h"
#include "mosaic/onnx/network.h"
#include "mosaic/session/search.h"
#include "output.h"
#include "output_folder.h"
#include "train_options.h"
#include "training/commands.h"
#include "training/start.h"

namespace mosaic::training {
namespace {

using cli::Context;
using cli::TrainCommand;

void show(const TrainCommand& command, const Start& start, const Trained& trained, std::size_t right) {
  const std::size_t all = start.data.test.size();
  const Interval interval = share_interval(right, all);
  const double accuracy = 100 * static_cast<double>(right) / static_cast<double>(all);
  if (command.json) {
    cli::print_json({{"model", command.model},
                     {"data", command.data},
                     {"seed", command.seed},
                     {"epochs", command.epochs},
                     {"training_images", start.data.train.size()},
                     {"held_out_images", start.held_out.size()},
                     {"test_images", all},
                     {"losses", trained.losses},
                     {"held_out_accuracy_pct", trained.held_out_percent},
                     {"accuracy_pct", accuracy},
                     {"accuracy_low_pct", 100 * interval.low},
                     {"accuracy_high_pct", 100 * interval.high}});
    return;
  }
  for (std::size_t e = 0; e < trained.losses.size(); ++e) cli::print(fmt::format("epoch {:>3}: loss {:.4f}\n", e + 1, trained.losses[e]));
  cli::print(fmt::format("{} on {}: {:.2f} % of {} held-out images right, {:.2f} % of {} test images ({:.2f} to {:.2f})\n", start.network.name,
                         command.data, trained.held_out_percent, start.held_out.size(), accuracy, all, 100 * interval.low, 100 * interval.high));
  if (!command.output.empty()) cli::print(fmt::format("{}\n", command.output));
}

Result<void> run(const TrainCommand& command, const Context& context) {
  MOSAIC_RETURN_IF_ERROR(cli::keep_inputs(command.output, {command.model}));
  if (!command.output.empty()) MOSAIC_RETURN_IF_ERROR(cli::check_output_folder(std::filesystem::absolute(command.output).parent_path()));
  MOSAIC_TRY(const auto start, make_start(command.model, command));
  MOSAIC_RETURN_IF_ERROR(try_engine(*start));
  cli::Progress progress(command.json);
  TrainOptions options = float_training(start->network.name, command, context.stop);
  options.progress = [&](std::string_view what, double share) { progress.show(what, share); };
  MOSAIC_TRY(const Trained trained, train_float(start->network, start->from_nothing, start->images(), options));
  progress.clear();
  // Of the network as it is written, by the inference engine.
  const std::vector<LabelledImage> test = labelled(start->data.test, start->pixels, "test image");
  MOSAIC_TRY(const std::vector<std::size_t> classes, float_classes(trained.network, test));
  show(command, *start, trained, right_answers(test, classes));
  if (command.output.empty()) return {};
  return onnx::save_model(onnx::to_model(trained.network), command.output);
}

}  // namespace

void add_train(CLI::App& app, Context& context) {
  auto options = std::make_shared<TrainCommand>();
  options->declare_command(app).callback([options, &context] { context.action = [options, &context] { return run(*options, context); }; });
}

}  // namespace mosaic::training
