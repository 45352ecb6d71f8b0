#include "mosaic/session/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "command.h"
#include "examples.h"
#include "mosaic/base/random.h"
#include "mosaic/onnx/network.h"
#include "mosaic/session/boards.h"
#include "mosaic/session/mapped_plan.h"
#include "output.h"
#include "output_folder.h"
#include "search_costs.h"
#include "search_options.h"
#include "search_report.h"
#include "training_program.h"

namespace mosaic::cli {
namespace {

struct Images {
  std::vector<LabelledImage> calibration;
  std::vector<LabelledImage> test;
};

Result<std::vector<LabelledImage>> read_images(const onnx::PreparedModel& model, const ExampleOptions& options) {
  MOSAIC_TRY(const quantize::Examples examples, read_examples(model, options));
  return labelled_images(examples);
}

/// Which of so many images are held out: half of them, drawn by a fixed seed, because files often hold their classes in turn.
std::vector<bool> held_out(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random(1).shuffle(order);
  std::vector<bool> held(count, false);
  for (std::size_t i = 0; i < count / 2; ++i) held[order[i]] = true;
  return held;
}

/// Without test images of their own, half of them are held out.
Result<Images> divide(const onnx::PreparedModel& model, const SearchCommand& options) {
  MOSAIC_TRY(std::vector<LabelledImage> all, read_images(model, options.images));
  Images images;
  if (!options.test.paths.empty()) {
    images.calibration = std::move(all);
    MOSAIC_TRY(images.test, read_images(model, options.test));
  } else {
    const std::vector<bool> held = held_out(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) (held[i] ? images.test : images.calibration).push_back(std::move(all[i]));
  }
  Random(2).shuffle(images.calibration);  // whatever takes the first few takes them at random
  if (images.calibration.size() > options.calibration) images.calibration.resize(options.calibration);
  if (images.test.empty()) return fail(ErrorCode::kInvalidInput, "one image alone cannot be both calibrated on and held out: give more, or --test");
  return images;
}

Result<void> run(SearchCommand& options, const Context& context) {
  MOSAIC_TRY(const Board board, find_board(options.accelerators));
  MOSAIC_TRY([[maybe_unused]] const Arrays arrays, find_arrays(board));
  MOSAIC_TRY(const onnx::PreparedModel model, read_model(options.model, {}));
  auto network = onnx::read_network(model, std::filesystem::path(options.model).stem().string());
  if (!network) return within(options.model, network.error());
  options.search.objective = options.kind();
  if (options.cost_only) {
    return search_costs(*network, board,
                        {.model = options.model,
                         .objective = options.search.objective,
                         .points = options.search.points,
                         .output = options.output,
                         .json = options.json});
  }
  if (options.images.paths.empty())
    return fail(ErrorCode::kInvalidInput, "a search wants images: give --images, or --cost-only for costs without accuracies");
  options.test.preprocess = options.images.preprocess;
  if (!options.output.empty()) MOSAIC_RETURN_IF_ERROR(check_output_folder(options.output));
  MOSAIC_TRY(const Images images, divide(model, options));
  if (const auto missing = missing_labels(images.calibration, "calibration")) note(*missing + ": sensitivities are to the network's own classes");

  Progress progress(options.json);
  options.search.corrected = !options.uncorrected;
  options.search.compensated = !options.uncompensated;
  options.search.stop = context.stop;
  options.search.progress = [&](std::string_view what, double share) { progress.show(what, share); };
  MOSAIC_TRY(const SearchResult result, search(*network, images.calibration, images.test, options.search));
  progress.clear();

  const SearchReport report{.title = fmt::format("{} on {}, training-free, by {}", network->name, board.name, options.objective),
                            .calibration = images.calibration.size(),
                            .facts = {{"model", options.model}, {"board", board.name}, {"objective", options.objective}}};
  return show_search(result, images.test, board, report, options);
}

}  // namespace

void add_search(CLI::App& app, Context& context) {
  auto options = std::make_shared<SearchCommand>();
  options->declare_command(app).callback([options, &context] {
    context.action = [options, &context]() -> Result<void> {
      MOSAIC_RETURN_IF_ERROR(options->refuse_unused());
      return options->method == "gradient" ? become_training_program(context) : run(*options, context);
    };
  });
}

}  // namespace mosaic::cli
