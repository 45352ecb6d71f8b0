#include "search_options.h"

#include <fmt/format.h>

#include <array>

namespace mosaic::cli {

CLI::App& SearchCommand::declare_command(CLI::App& app) {
  auto& command = add_command(app, "search", "Split the layers of a classifier over accelerators of different precision, by channels",
                              "  mosaic search resnet.onnx --images cifar10.bin --preprocess torch -o front\n"
                              "  mosaic search model.onnx --images *.jpg --preprocess tf --truth labels.csv --objective energy --points 12\n"
                              "  mosaic search model.onnx --images train/*.png --test test/*.png --test-truth test.csv --json\n"
                              "  mosaic search resnet8 --method gradient --data fashion-mnist --checkpoint work -o front\n"
                              "  mosaic search resnet8 --method gradient --data fashion-mnist --checkpoint work --resume -o front\n"
                              "  mosaic search model.onnx --cost-only -o costs             no images: what splits would cost, no accuracies\n"
                              "  mosaic run front/point_3.integers.json --plan front/point_3.plan.json --input cat.jpg --check\n"
                              "  mosaic explain front/point_3.plan.json\n"
                              "Cycles and energies are modelled by the published cost functions of the board (boards/diana.yaml).");
  command.add_option("MODEL", model, "ONNX file of a trained classifier; for --method gradient also resnet8 or resnet20, which are trained first")
      ->required();
  command.add_option("--board", accelerators, "Board with the accelerators")->capture_default_str();
  command
      .add_option("--method", method,
                  "How channels are chosen: by sensitivities, nothing trained, or by training (needs the component of 'make training')")
      ->check(CLI::IsMember({"sensitivity", "gradient"}))
      ->capture_default_str();
  command.add_option("--objective", objective, "What shall fall")->check(CLI::IsMember({"latency", "energy"}))->capture_default_str();
  declare_images(command);
  command.add_option("--preprocess", images.preprocess, "What is done to pixels: tf, torch, caffe or raw (docs/formats.md)")
      ->check(CLI::IsMember({"tf", "torch", "caffe", "raw"}))
      ->capture_default_str();
  command.add_option("--points", search.points, "Points of the front to build and test")->check(CLI::Range(2, 1000))->capture_default_str();
  command
      .add_option("--analog-noise", search.analog_noise,
                  "Also with the analog array's 6-bit converter and noise of this deviation, in its codes; 0: the converter alone")
      ->check(CLI::Range(0.0, 1000.0));
  command.add_flag("--cost-only", cost_only,
                   "Without images: the exact front of cost against the error of ternary weights, which says nothing of accuracy");
  command.add_flag("--no-correction", uncorrected, "Leave channels' means and deviations as rounding made them; no compensation either");
  command.add_flag("--no-compensation", uncompensated, "Round each weight by itself, not by what the layer's output loses");
  command.add_option("-o,--output", output, "Folder for the page, mappings and models")->type_name("DIR");
  command.add_flag("--json", json, "Print JSON");
  declare_gradient(command);
  command_ = &command;
  return command;
}

void SearchCommand::declare_images(CLI::App& command) {
  command.add_option("--images", images.paths, "Images to calibrate on, files or folders; without --test half of them, drawn by seed, are held out")
      ->type_name("FILE...");
  command.add_option("--truth", images.truth, "Their right classes: CSV with columns file and class, or an MNIST idx file");
  auto* const tested = command.add_option("--test", test.paths, "Images to test on, files or folders")->type_name("FILE...");
  command.add_option("--test-truth", test.truth, "Their right classes")->needs(tested);
  command.add_option("--calibration", calibration, "At most so many images to calibrate on")->check(CLI::Range(1, 100000))->capture_default_str();
  command.add_flag("--equalise", search.equalised, "First bring channels to more equal size: for networks with depthwise layers");
}

void SearchCommand::declare_gradient(CLI::App& command) {
  training.declare(command);
  auto* const checkpoint =
      command.add_option("--checkpoint", training.checkpoint, "With --method gradient: folder of a file a stage, so that --resume can go on")
          ->type_name("DIR");
  command.get_option("--resume")->needs(checkpoint);
  command.add_option("--lambda", lambdas, "With --method gradient: what All-8bit's cost is worth in cross-entropy; a point each")
      ->check(CLI::PositiveNumber)
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--search-epochs", search_epochs, "With --method gradient: epochs of each search")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command
      .add_option("--tune-epochs", tune_epochs,
                  "With --method gradient: epochs of fine-tuning behind each search; mappings without a search get as many in all; 0: none")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  command.add_option("--tune-rate", tune_rate, "With --method gradient: highest learning rate of search and fine-tuning")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

Result<void> SearchCommand::refuse(std::span<const char* const> options, const std::string& search_name, const std::string& use) const {
  for (const char* const each : options) {
    if (command_->get_option(each)->count() > 0)
      return fail(ErrorCode::kInvalidInput, fmt::format("leave out {}: {} has no use for it{}", each, search_name, use));
  }
  return {};
}

Result<void> SearchCommand::refuse_unused() const {
  constexpr std::array kOfImages{"--images", "--truth", "--test", "--test-truth", "--calibration", "--equalise"};
  constexpr std::array kOfGradient{"--data",    "--epochs", "--batch",      "--rate",   "--hold-out",      "--no-mirror",   "--seed",
                                   "--threads", "--resume", "--checkpoint", "--lambda", "--search-epochs", "--tune-epochs", "--tune-rate"};
  constexpr std::array kOfBoth{"--method", "--preprocess", "--analog-noise", "--no-correction", "--no-compensation"};
  const std::string other = "; it is for --method ";
  if (cost_only) {
    MOSAIC_RETURN_IF_ERROR(refuse(kOfImages, "--cost-only", other + "sensitivity"));
    MOSAIC_RETURN_IF_ERROR(refuse(kOfGradient, "--cost-only", other + "gradient"));
    return refuse(kOfBoth, "--cost-only", ", which computes no classes");
  }
  if (method == "gradient") return refuse(kOfImages, "a search by gradients", other + "sensitivity; all images come from --data");
  return refuse(kOfGradient, "a search by sensitivities", other + "gradient");
}

Result<void> SearchCommand::refuse_float_training() const {
  constexpr std::array kOfFloatTraining{"--epochs", "--rate"};
  return refuse(kOfFloatTraining, "a search that starts from a trained network",
                ": its float weights are not trained further ('mosaic train' does that)");
}

diana::CostKind SearchCommand::kind() const { return objective == "energy" ? diana::CostKind::kEnergy : diana::CostKind::kLatency; }

}  // namespace mosaic::cli
