#include "search_options.h"

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
  auto* const paths =
      command
          .add_option("--images", images.paths, "Images to calibrate on, files or folders; without --test half of them, drawn by seed, are held out")
          ->type_name("FILE...");
  command.add_option("--truth", images.truth, "Their right classes: CSV with columns file and class, or an MNIST idx file");
  command.add_option("--test", test.paths, "Images to test on, files or folders")->type_name("FILE...");
  command.add_option("--test-truth", test.truth, "Their right classes");
  command.add_option("--preprocess", images.preprocess, "What is done to pixels: tf, torch, caffe or raw (docs/formats.md)")
      ->check(CLI::IsMember({"tf", "torch", "caffe", "raw"}))
      ->capture_default_str();
  command.add_option("--calibration", calibration, "At most so many images to calibrate on")->check(CLI::Range(1, 100000))->capture_default_str();
  command.add_option("--points", search.points, "Points of the front to build and test")->check(CLI::Range(2, 1000))->capture_default_str();
  command
      .add_option("--analog-noise", search.analog_noise,
                  "Also with the analog array's 6-bit converter and noise of this deviation, in its codes; 0: the converter alone")
      ->check(CLI::Range(0.0, 1000.0));
  command
      .add_flag("--cost-only", cost_only,
                "Without images: the exact front of cost against the error of ternary weights, which says nothing of accuracy")
      ->excludes(paths);
  command.add_flag("--no-correction", uncorrected, "Leave channels' means and deviations as rounding made them; no compensation either");
  command.add_flag("--no-compensation", uncompensated, "Round each weight by itself, not by what the layer's output loses");
  command.add_flag("--equalise", search.equalised, "First bring channels to more equal size: for networks with depthwise layers");
  command.add_option("-o,--output", output, "Folder for the page, mappings and models")->type_name("DIR");
  command.add_flag("--json", json, "Print JSON");
  training.declare(command);
  command.add_option("--checkpoint", training.checkpoint, "With --method gradient: folder of a file a stage, so that --resume can go on")
      ->type_name("DIR");
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
  return command;
}

diana::CostKind SearchCommand::kind() const { return objective == "energy" ? diana::CostKind::kEnergy : diana::CostKind::kLatency; }

}  // namespace mosaic::cli
