#include "mosaic/quantize/quantize.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

#include "command.h"
#include "examples.h"
#include "mosaic/base/text.h"
#include "mosaic/discovery/host.h"
#include "mosaic/quantize/weights.h"
#include "mosaic/session/quantize_model.h"
#include "output.h"
#include "quantize_mixed.h"

namespace mosaic::cli {
namespace {

struct QuantizeArguments : ModelOptions {
  ExampleOptions calibrate;
  ExampleOptions test;  // no paths: the images of the calibration
  std::string output;
  std::string ranges = "mse";
  int weight_bits = 0;  // 0: what this machine computes exactly
  bool no_bias_correction = false;
  bool no_check = false;
  bool percentile_given = false;
  bool runs_given = false;
  quantize::Options quantize;
  CheckOptions check;
  double max_drop = 0;  // 0: all in int8, without a guard
  std::string plan;
  MixedOptions mixed;
};

struct Sizes {
  std::int64_t before = 0;
  std::int64_t after = 0;
};

std::int64_t file_size(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

/// "35.2 dB"; where nothing differs, and where values are no numbers, that.
std::string sqnr_text(double sqnr_db) {
  if (std::isfinite(sqnr_db)) return fmt::format("{:.1f} dB", sqnr_db);
  return sqnr_db > 0 ? "infinite (all values are equal)" : "-infinite (values that are no numbers, or outputs of other shapes)";
}

Json to_json(const QuantizationCheck& check) {
  Json json{{"images", check.images}, {"repeated", check.repeated}, {"calibration_images", check.seen > 0}, {"seen", check.seen}};
  json["agreement"] = check.agreeing ? Json(static_cast<double>(*check.agreeing) / static_cast<double>(check.images)) : Json(nullptr);
  json["labelled"] = check.labelled;
  const auto share = [&](std::size_t right) {
    return check.labelled > 0 ? Json(static_cast<double>(right) / static_cast<double>(check.labelled)) : Json(nullptr);
  };
  json["top1_float"] = share(check.right_float);
  json["top1_int8"] = share(check.right_int8);
  json["sqnr_db"] = std::isfinite(check.sqnr_db) ? Json(check.sqnr_db) : Json(nullptr);
  json["equal"] = check.sqnr_db == std::numeric_limits<double>::infinity();
  json["sound"] = std::isfinite(check.sqnr_db) || check.sqnr_db > 0;
  json["cosine"] = check.cosine;
  json["threads"] = check.threads;
  json["runs"] = check.runs;
  json["float_ms"] = json_ms(check.float_time);
  json["int8_ms"] = json_ms(check.int8_time);
  json["speedup"] = {{"ratio", check.speedup.ratio}, {"low", check.speedup.interval.low}, {"high", check.speedup.interval.high}};
  return json;
}

Json to_json(const QuantizeArguments& options, const quantize::Quantized& made, const Sizes& sizes, const std::optional<QuantizationCheck>& check) {
  Json json{{"model", options.model},       {"output", options.output},  {"images", made.examples},
            {"calibration_set", made.set},  {"ranges", options.ranges},  {"weight_bits", options.quantize.weight_bits},
            {"bytes_before", sizes.before}, {"bytes_after", sizes.after}};
  json["quantised"] = Json::array();
  for (const quantize::Site& site : made.scheme.sites) json["quantised"].push_back({{"node", site.name}, {"op", site.op}});
  json["float"] = Json::array();
  for (const quantize::LeftOut& each : made.scheme.left) json["float"].push_back({{"node", each.name}, {"op", each.op}, {"reason", each.reason}});
  json["check"] = check ? to_json(*check) : Json(nullptr);
  return json;
}

void print_nodes(const quantize::Scheme& scheme) {
  std::map<std::string, std::pair<std::size_t, std::map<std::string, std::vector<std::string>>>> by_op;  // quantised; in float by reason
  for (const quantize::Site& site : scheme.sites) ++by_op[site.op].first;
  for (const quantize::LeftOut& each : scheme.left) by_op[each.op].second[each.reason].push_back(each.name);
  Table table({"operator", ">quantised", ">in float", "why, for example"});
  for (const auto& [op, nodes] : by_op) {
    if (nodes.second.empty()) table.add({op, std::to_string(nodes.first), "0", ""});
    std::string quantised = std::to_string(nodes.first);
    for (const auto& [reason, names] : nodes.second) {
      table.add({op, quantised, std::to_string(names.size()), fmt::format("{} ({})", reason, shorten(names.front(), 40))});
      quantised.clear();
    }
  }
  print(table.text());
}

/// What should be known of the images that were compared on.
std::string about_images(const QuantizationCheck& check) {
  std::string text;
  if (check.seen == check.images) text = ", the same that it was calibrated on";
  if (check.seen > 0 && check.seen < check.images) text = fmt::format(", {} of which it was calibrated on", check.seen);
  return check.repeated == 0 ? text : text + fmt::format(" ({} left out that came twice)", check.repeated);
}

void print_check(const QuantizationCheck& check) {
  std::string text = fmt::format("on {} images{}: ", check.images, about_images(check));
  if (check.agreeing)
    text += fmt::format("the best class agrees on {:.1f} %, ", 100 * static_cast<double>(*check.agreeing) / static_cast<double>(check.images));
  if (check.labelled > 0) {
    text += fmt::format("top-1 {:.3f} in float, {:.3f} in int8 ({} labelled), ",
                        static_cast<double>(check.right_float) / static_cast<double>(check.labelled),
                        static_cast<double>(check.right_int8) / static_cast<double>(check.labelled), check.labelled);
  }
  print(text + fmt::format("SQNR {}, cosine {:.4f}\n", sqnr_text(check.sqnr_db), check.cosine));
  print(fmt::format("{} on ONNX Runtime, in turn: float {} ms, int8 {} ms: {:.2f} times as fast (95 % {:.2f} to {:.2f})\n",
                    check.threads == 1 ? "one thread" : fmt::format("{} threads", check.threads), ms(check.float_time), ms(check.int8_time),
                    check.speedup.ratio, check.speedup.interval.low, check.speedup.interval.high));
}

void print_all(const QuantizeArguments& options, const quantize::Quantized& made, const Sizes& sizes, const std::optional<QuantizationCheck>& check) {
  print_nodes(made.scheme);
  print(fmt::format("{}: {} nodes in int8, {} in float; {} instead of {}; ranges by {} of {} images (set {}), weights of {} bits\n", options.output,
                    made.scheme.sites.size(), made.scheme.left.size(), format_bytes({sizes.after}), format_bytes({sizes.before}), options.ranges,
                    made.examples, made.set, options.quantize.weight_bits));
  if (check) print_check(*check);
}

/// Options that would be ignored.
Result<void> check_options(const QuantizeArguments& options) {
  const auto needs = [](bool given, std::string_view option, std::string_view what) -> Result<void> {
    if (!given) return {};
    return fail(ErrorCode::kInvalidInput, fmt::format("{} says nothing {}", option, what));
  };
  MOSAIC_RETURN_IF_ERROR(needs(options.percentile_given && options.ranges != "percentile", "--percentile", "without --ranges percentile"));
  if (!options.no_check) return {};
  MOSAIC_RETURN_IF_ERROR(needs(!options.test.paths.empty(), "--images", "with --no-check: nothing is compared"));
  MOSAIC_RETURN_IF_ERROR(needs(!options.test.truth.empty(), "--truth", "with --no-check: nothing is compared"));
  return needs(options.runs_given, "--runs", "with --no-check: nothing is timed");
}

/// That what is read stays, and that what is to be written can be.
Result<void> check_files(const QuantizeArguments& options) {
  std::vector<std::string> read{options.model, options.test.truth};
  read.insert(read.end(), options.calibrate.paths.begin(), options.calibrate.paths.end());
  read.insert(read.end(), options.test.paths.begin(), options.test.paths.end());
  MOSAIC_RETURN_IF_ERROR(keep_inputs(options.output, read));
  MOSAIC_RETURN_IF_ERROR(check_output_file(options.output));
  if (options.plan.empty()) return {};
  if (!keep_inputs(options.plan, {options.output}))
    return fail(ErrorCode::kInvalidInput, fmt::format("{} would be overwritten by its own plan: give --plan another name", options.output));
  MOSAIC_RETURN_IF_ERROR(keep_inputs(options.plan, read));
  return check_output_file(options.plan);
}

Result<void> settle(QuantizeArguments& options, const Context& context, Progress& progress) {
  MOSAIC_RETURN_IF_ERROR(check_options(options));
  MOSAIC_RETURN_IF_ERROR(check_files(options));
  if (options.runs_given) options.check.race.most_seconds = 0;  // all of them, however long they take
  MOSAIC_TRY(options.quantize.ranges.method, quantize::parse_range_method(options.ranges));
  options.quantize.weight_bits = options.weight_bits > 0 ? options.weight_bits : quantize::exact_weight_bits(processor_features());
  options.quantize.correct_bias = !options.no_bias_correction;
  options.quantize.version = MOSAIC_VERSION;
  options.test.preprocess = options.calibrate.preprocess;
  options.check.watch = {.stop = context.stop, .progress = [&](std::string_view what, double share) { progress.show(what, share); }};
  options.check.race.stop = context.stop;
  options.check.race.progress = [&](double share) { progress.show("timing", share); };
  return {};
}

MixedRequest mixed_request(const QuantizeArguments& options) {
  MixedRequest request{.model = options.model,
                       .output = options.output,
                       .plan = options.plan,
                       .calibrate = options.calibrate,
                       .test = options.test,
                       .options = options.mixed,
                       .json = options.json};
  request.options.limit_percent = options.max_drop;
  request.options.threads = options.check.threads;
  request.options.race = options.check.race;
  request.options.quantize = options.quantize;
  request.options.watch = options.check.watch;
  request.options.needs_classes = !options.test.truth.empty();
  return request;
}

Result<void> quantize_model(QuantizeArguments& options, const Context& context) {
  Progress progress(options.json);
  MOSAIC_RETURN_IF_ERROR(settle(options, context, progress));
  MOSAIC_TRY(const Workspace::Options shapes, options.workspace());
  MOSAIC_TRY(const onnx::PreparedModel model, read_model(options.model, shapes.shapes));
  if (options.max_drop > 0) {
    const auto done = quantize_mixed(mixed_request(options), model, progress);
    progress.clear();
    return done;
  }
  MOSAIC_TRY(const quantize::Examples calibration, read_examples(model, options.calibrate));
  ExampleOptions test = options.test;
  if (test.paths.empty()) {
    test.paths = options.calibrate.paths;
    test.limit = options.calibrate.limit;
  }
  std::optional<quantize::Examples> tested;
  if (!options.no_check) {
    MOSAIC_TRY(tested, read_examples(model, test));
  }
  auto made = quantize::quantize(model, calibration, open_on_engine(options.check.threads), options.quantize, options.check.watch);
  if (!made) return within(options.model, made.error());
  MOSAIC_RETURN_IF_ERROR(onnx::save_model(made->model, options.output));
  std::optional<QuantizationCheck> check;
  if (tested) {
    options.check.calibration = made->members;
    const auto checked = check_quantized(options.model, options.output, *tested, options.check);
    if (!checked) return within(options.output + " is written, but not compared", checked.error());
    check = *checked;
    if (!test.truth.empty() && check->labelled == 0)
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{} is written, but --truth says nothing: its first output is no vector of scores", options.output));
  }
  progress.clear();
  const Sizes sizes{.before = file_size(options.model), .after = file_size(options.output)};
  options.json ? print_json(to_json(options, *made, sizes, check)) : print_all(options, *made, sizes, check);
  return {};
}

void declare_options(CLI::App& command, QuantizeArguments& options) {
  options.declare(command, false);
  command.add_option("--calibrate", options.calibrate.paths, "Images to watch the model on: folders or files as 'mosaic run --input' takes them")
      ->required()
      ->type_name("DIR");
  command.add_option("-o,--output", options.output, "File to write")->required();
  command.add_option("--preprocess", options.calibrate.preprocess, "What is done to pixels: tf, torch, caffe or raw (docs/formats.md)")
      ->check(CLI::IsMember({"tf", "torch", "caffe", "raw"}))
      ->capture_default_str();
  command
      .add_option("--limit", options.calibrate.limit,
                  "At most so many files to calibrate on, spread evenly (default: all; of those that --max-accuracy-drop divides 100, or half)")
      ->check(CLI::Range(1, 1000000));
  command.add_option("--ranges", options.ranges, "How ranges of activations are chosen: mse (least squared error), percentile or minmax")
      ->check(CLI::IsMember({"percentile", "mse", "minmax"}))
      ->capture_default_str();
  command
      .add_option("--percentile", options.quantize.ranges.percentile,
                  "With --ranges percentile: the per cent of values below the upper end, and above the lower")
      ->check(CLI::Range(50.0, 100.0))
      ->capture_default_str();
  command
      .add_option("--weight-bits", options.weight_bits,
                  "Bits of weights, 7 or 8 (default: 8 where the processor adds up products exactly, as with VNNI or on Arm, else 7)")
      ->check(CLI::Range(7, 8));
  command.add_option("--keep", options.quantize.keep, "Nodes that stay in float, by their name or that of what they make")->type_name("NODE");
  command.add_flag("--no-bias-correction", options.no_bias_correction, "Leave biases as they are");
  command
      .add_option("--images", options.test.paths,
                  "Other images to compare on (default: those of the calibration; with --max-accuracy-drop what that leaves)")
      ->type_name("DIR");
  command.add_option("--truth", options.test.truth, "Right classes of those: CSV with columns file and class, or an MNIST idx file");
  command.add_option("-t,--threads", options.check.threads, "Threads of the engine")->check(CLI::Range(1, 1024))->capture_default_str();
  command.add_option("-r,--runs", options.check.race.runs, "Timed runs of each (default: 30, or what 20 s allow)")->check(CLI::Range(10, 100000));
  auto* no_check = command.add_flag("--no-check", options.no_check, "Do not compare with the float model");
  auto* guarded = command
                      .add_option("--max-accuracy-drop", options.max_drop,
                                  "Choose by layer what computes in int8, so that no more per cent of answers are lost and time falls most")
                      ->type_name("POINTS")
                      ->check(CLI::Range(0.001, 100.0))
                      ->excludes(no_check);
  command
      .add_option("--min-speedup", options.mixed.least_speedup,
                  "With --max-accuracy-drop: stay in float unless it is so many times as fast beyond doubt; below 1 for smaller models alone")
      ->check(CLI::Range(0.01, 100.0))
      ->capture_default_str()
      ->needs(guarded);
  command.add_option("--plan", options.plan, "With --max-accuracy-drop: also write a plan for the model on this machine, for 'mosaic run --plan'")
      ->type_name("FILE")
      ->needs(guarded);
  command.add_option("--rounds", options.mixed.rounds, "With --max-accuracy-drop: repetitions when layers are timed")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str()
      ->needs(guarded);
  command
      .add_option("--sensitivity-images", options.mixed.sensitivity_images,
                  "With --max-accuracy-drop: images that each layer's harm is measured on, of those of the calibration")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str()
      ->needs(guarded);
}

}  // namespace

void add_quantize(CLI::App& app, Context& context) {
  auto& command =
      add_command(app, "quantize", "Make the int8 variant of a float model for CPUs, and compare the two",
                  "  mosaic quantize model.onnx --calibrate photos/ --preprocess torch -o model_int8.onnx\n"
                  "  mosaic quantize model.onnx --calibrate photos/ --limit 100 --images others/ --truth others.csv -o model_int8.onnx\n"
                  "  mosaic quantize model.onnx --calibrate photos/ --ranges percentile --keep Conv_0 --keep Gemm_57 -o model_int8.onnx\n"
                  "  mosaic quantize model.onnx --calibrate photos/ --truth photos.csv --max-accuracy-drop 0.5 -o model_mixed.onnx\n"
                  "                  layer by layer float or int8: calibrated on some of the photos, judged on the others\n"
                  "  mosaic explain model_mixed.onnx\n"
                  "  mosaic run model_int8.onnx --input cat.jpg --preprocess torch\n"
                  "A hundred images like those that the model is for are enough; labels are not needed. docs/quantization.md tells what is done.");
  auto options = std::make_shared<QuantizeArguments>();
  declare_options(command, *options);
  command.callback([options, &command, &context] {
    options->percentile_given = command.count("--percentile") > 0;
    options->runs_given = command.count("--runs") > 0;
    context.action = [options, &context] { return quantize_model(*options, context); };
  });
}

}  // namespace mosaic::cli
