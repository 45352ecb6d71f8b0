#include "elastic_options.h"

#include "command.h"

namespace mosaic::cli {

CLI::App& declare_elastic(CLI::App& app) {
  auto& group = add_command(app, "elastic", "Networks that many networks can be cut out of (needs the component of 'make training')",
                            "  mosaic elastic train --data fashion-mnist -o net.elastic\n"
                            "  mosaic elastic extract net.elastic --largest --smallest -o cut\n"
                            "  mosaic elastic search net.elastic -o levels\n"
                            "docs/elastic-training.md has what is done and what came out.");
  group.require_subcommand(1);
  return group;
}

CLI::App& ElasticTrainCommand::declare_command(CLI::App& group) {
  auto& command = add_command(group, "train", "Train an elastic classifier and all of its sub-networks, from nothing",
                              "  mosaic elastic train --data fashion-mnist -o net.elastic\n"
                              "  mosaic elastic train --data fashion-mnist --checkpoint work.checkpoint --resume -o net.elastic\n"
                              "  mosaic elastic train --data fashion-mnist --only largest -o alone.elastic    the same network trained alone\n"
                              "  mosaic elastic train --data fashion-mnist --design widths -o slim.elastic    only widths are elastic\n"
                              "  mosaic elastic train --data fashion-mnist --design transformer --rate 0.001 -o tokens.elastic     by Adam\n"
                              "Test labels are read once, for the figures at the end.");
  declare(command);
  command.get_option("--data")->required();
  command.add_option("--design", design, "What is elastic: convolutions (depth, expansion, kernel, resolution), widths or transformer")
      ->check(CLI::IsMember({"convolutions", "widths", "transformer"}))
      ->capture_default_str();
  auto* const drawn = command.add_option("--random-networks", random, "Sub-networks that each step trains besides the largest and the smallest")
                          ->check(CLI::Range(0, 16))
                          ->capture_default_str();
  command.add_option("--only", only, "Train this sub-network alone: largest, smallest, or as 'elastic extract' writes it")
      ->type_name("NETWORK")
      ->excludes(drawn);
  auto* const kept =
      command.add_option("--checkpoint", checkpoint, "Kept after each epoch and on Ctrl-C, so that --resume can go on")->type_name("FILE");
  command.get_option("--resume")->needs(kept);
  command.add_option("-o,--output", output, "File of the trained elastic network")->type_name("FILE")->required();
  command.add_flag("--json", json, "Print JSON");
  return command;
}

void ElasticUse::declare(CLI::App& command) {
  command.add_option("MODEL", model, "File of 'mosaic elastic train'")->required();
  command.add_option("--data", data, "Images, as for training (default: those that it was trained on)")->type_name("DIR");
  command.add_option("--recalibration", recalibration, "Training images that batch normalisations of a sub-network get their statistics from")
      ->check(CLI::Range(2, 1000000))
      ->capture_default_str();
  command.add_option("--seed", seed, "Of what is drawn at random")->capture_default_str();
  command.add_option("-o,--output", output, "Folder for ONNX files and family.yaml")->type_name("DIR");
  command.add_flag("--json", json, "Print JSON");
}

CLI::App& ElasticExtractCommand::declare_command(CLI::App& group) {
  auto& command = add_command(group, "extract", "Cut sub-networks out of an elastic network, as ONNX files with their accuracy",
                              "  mosaic elastic extract net.elastic --largest --smallest -o cut\n"
                              "  mosaic elastic extract net.elastic --random 50 --seed 2 -o fifty\n"
                              "  mosaic elastic extract net.elastic --sub-network '24: 1 (k3 e50), 2 (k5 e100, k3 e25), 1 (k3 e50)' -o one");
  declare(command);
  command.add_option("--sub-network", sub_networks, "A sub-network: resolution, then depth and options of each stage's layers")
      ->type_name("NETWORK")
      ->allow_extra_args(false);
  command.add_flag("--largest", largest, "The largest one");
  command.add_flag("--smallest", smallest, "The smallest one");
  command.add_option("--random", random, "So many different ones at random")->check(CLI::Range(1, 10000));
  return command;
}

CLI::App& ElasticSearchCommand::declare_command(CLI::App& group) {
  auto& command =
      add_command(group, "search", "Find sub-networks that are worth having on this machine, and write them as a family",
                  "  mosaic elastic search net.elastic -o levels\n"
                  "  mosaic elastic search net.elastic --levels 4 --threads 2,1 -o levels\n"
                  "Accuracy of all sub-networks is predicted from some that are tried on held-out training images, latency from a table that is\n"
                  "measured here. Levels are measured again; only those that no other one covers are kept.");
  declare(command);
  command.add_option("--levels", levels, "Levels at most")->check(CLI::Range(2, 100))->capture_default_str();
  command.add_option("--threads", threads, "Threads to measure with; levels are searched for the first number")
      ->check(CLI::Range(1, 256))
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--samples", samples, "Sub-networks that are tried, to predict the others' accuracy")
      ->check(CLI::Range(10, 100000))
      ->capture_default_str();
  command.add_option("--population", population, "Of the evolution")->check(CLI::Range(2, 100000))->capture_default_str();
  command.add_option("--generations", generations, "Of the evolution")->check(CLI::Range(0, 100000))->capture_default_str();
  command.add_option("--runs", runs, "Timed runs of each measurement")->check(CLI::Range(5, 100000))->capture_default_str();
  return command;
}

}  // namespace mosaic::cli
