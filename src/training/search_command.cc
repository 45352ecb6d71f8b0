#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "mosaic/session/boards.h"
#include "mosaic/session/mapped_plan.h"
#include "output.h"
#include "output_folder.h"
#include "search_options.h"
#include "search_report.h"
#include "training/commands.h"
#include "training/gradient_search.h"
#include "training/start.h"

namespace mosaic::training {
namespace {

using cli::Context;
using cli::SearchCommand;

/// The float network: as it was given, or trained first.
Result<network::Network> float_network(const Start& start, const SearchCommand& command, const Context& context, cli::Progress& progress) {
  if (!start.from_nothing) return start.network;
  TrainOptions options = float_training("float", command.training, context.stop);
  if (!command.training.checkpoint.empty()) options.checkpoint = std::filesystem::path(command.training.checkpoint) / "float.checkpoint";
  options.progress = [&](std::string_view what, double share) { progress.show(what, share); };
  MOSAIC_TRY(Trained trained, train_float(start.network, true, start.images(), options));
  return std::move(trained.network);
}

Result<void> run(SearchCommand& command, const Context& context) {
  if (command.method != "gradient")
    return fail(ErrorCode::kInvalidInput, "this program searches by gradients: --method gradient; 'mosaic search' has the other methods");
  if (command.cost_only)
    return fail(ErrorCode::kInvalidInput, "--cost-only is not for this program, which searches by gradients: 'mosaic search' has it");
  MOSAIC_RETURN_IF_ERROR(command.refuse_unused());
  MOSAIC_TRY(const Board board, find_board(command.accelerators));
  MOSAIC_TRY([[maybe_unused]] const Arrays arrays, find_arrays(board));
  if (!command.output.empty()) MOSAIC_RETURN_IF_ERROR(cli::check_output_folder(command.output));
  command.training.preprocess = command.images.preprocess;
  MOSAIC_TRY(const auto start, make_start(command.model, command.training));
  if (!start->from_nothing) MOSAIC_RETURN_IF_ERROR(command.refuse_float_training());

  MOSAIC_RETURN_IF_ERROR(try_engine(*start));

  cli::Progress progress(command.json);
  MOSAIC_TRY(const network::Network network, float_network(*start, command, context, progress));
  GradientOptions options{.search = command.search,
                          .lambdas = command.lambdas,
                          .search_epochs = command.search_epochs,
                          .tune_epochs = command.tune_epochs,
                          .tune_rate = command.tune_rate,
                          .batch = command.training.batch,
                          .mirrored = !command.training.unmirrored,
                          .seed = command.training.seed,
                          .threads = command.training.threads,
                          .folder = command.training.checkpoint,
                          .resume = command.training.resume};
  options.search.objective = command.kind();
  options.search.corrected = !command.uncorrected;
  options.search.compensated = !command.uncompensated;
  options.search.stop = context.stop;
  options.search.progress = [&](std::string_view what, double share) { progress.show(what, share); };
  const std::vector<LabelledImage> test = labelled(start->data.test, start->pixels, "test image");
  MOSAIC_TRY(const SearchResult result, search_by_gradient(network, start->images(), test, options));
  progress.clear();

  cli::SearchReport report{.title = fmt::format("{} on {} for {}, by gradients and without training, by {}, seed {}", network.name,
                                                command.training.data, board.name, command.objective, command.training.seed),
                           .calibration = std::min(kCalibrationImages, start->data.train.size()),
                           .seed = command.training.seed,
                           .facts = {{"model", command.model},
                                     {"data", command.training.data},
                                     {"board", board.name},
                                     {"objective", command.objective},
                                     {"float_epochs", start->from_nothing ? command.training.epochs : 0},
                                     {"search_epochs", command.search_epochs},
                                     {"tune_epochs", command.tune_epochs}}};
  return cli::show_search(result, test, board, report, command);
}

}  // namespace

void add_search(CLI::App& app, Context& context) {
  auto options = std::make_shared<SearchCommand>();
  options->method = "gradient";
  options->declare_command(app).callback([options, &context] { context.action = [options, &context] { return run(*options, context); }; });
}

}  // namespace mosaic::training
