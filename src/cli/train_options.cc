#include "train_options.h"

#include "command.h"

namespace mosaic::cli {

void TrainingOptions::declare(CLI::App& command) {
  command.add_option("--data", data, "fashion-mnist (as 'scripts/setup training' fetches it), or a folder with the files of MNIST or CIFAR-10")
      ->type_name("DIR");
  if (command.get_option_no_throw("--preprocess") == nullptr) {
    command.add_option("--preprocess", preprocess, "What is done to pixels: tf, torch or raw (docs/formats.md)")
        ->check(CLI::IsMember({"tf", "torch", "raw"}))
        ->capture_default_str();
  }
  command.add_option("--epochs", epochs, "Epochs of float training")->check(CLI::Range(1, 10000))->capture_default_str();
  command.add_option("--batch", batch, "Images a step")->check(CLI::Range(1, 100000))->capture_default_str();
  command.add_option("--rate", rate, "Highest learning rate of float training")->check(CLI::PositiveNumber)->capture_default_str();
  command.add_option("--hold-out", hold_out, "Training images that are held out, to choose by")->check(CLI::Range(1, 1000000))->capture_default_str();
  command.add_flag("--no-mirror", unmirrored, "Do not mirror training images at random: digits and letters are other signs in a mirror");
  command.add_option("--seed", seed, "Of first weights, orders and changes of images")->capture_default_str();
  command.add_option("--threads", threads, "Of libtorch; with one, the same arguments give the same bits")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_flag("--resume", resume, "Go on from the checkpoint where there is one");
}

CLI::App& TrainCommand::declare_command(CLI::App& app) {
  auto& command = add_command(app, "train", "Train a classifier, from nothing or further (needs the component of 'make training')",
                              "  mosaic train resnet8 --data fashion-mnist -o resnet8.onnx\n"
                              "  mosaic train resnet20 --data fashion-mnist --epochs 12 --checkpoint r20.checkpoint -o resnet20.onnx\n"
                              "  mosaic train resnet20 --data fashion-mnist --epochs 12 --checkpoint r20.checkpoint --resume -o resnet20.onnx\n"
                              "  mosaic train model.onnx --data cifar-10-batches-bin --preprocess torch --rate 0.01 -o better.onnx\n"
                              "Test labels are read once, for the figure at the end. docs/training.md has what is done and what came out.");
  command.add_option("MODEL", model, "resnet8 or resnet20, to start from nothing; or the ONNX file of a classifier")->required();
  declare(command);
  command.get_option("--data")->required();
  auto* const kept =
      command.add_option("--checkpoint", checkpoint, "Kept after each epoch and on Ctrl-C, so that --resume can go on")->type_name("FILE");
  command.get_option("--resume")->needs(kept);
  command.add_option("-o,--output", output, "ONNX file of the trained network")->type_name("FILE");
  command.add_flag("--json", json, "Print JSON");
  return command;
}

}  // namespace mosaic::cli
