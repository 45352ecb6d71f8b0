// 'mosaic elastic train' and 'mosaic elastic extract'.

#include "training/elastic_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <utility>

#include "mosaic/base/random.h"
#include "mosaic/base/statistics.h"
#include "output.h"
#include "output_folder.h"
#include "training/commands.h"
#include "training/elastic_trainer.h"
#include "training/start.h"

namespace mosaic::training {
namespace {

using cli::Context;
using elastic::SubNetwork;

void show_cuts(const ElasticDesk& desk, const std::vector<CutOut>& cuts, bool as_json, Json json) {
  const std::size_t all = desk.data.test.size();
  const elastic::Space& space = desk.model.design.space;
  cli::Table table({"name", ">MMACs", ">accuracy %", "sub-network"});
  json["test_images"] = all;
  json["sub_networks"] = Json::array();
  for (const CutOut& each : cuts) {
    const Interval interval = share_interval(each.right, all);
    const double accuracy = 100 * static_cast<double>(each.right) / static_cast<double>(all);
    json["sub_networks"].push_back({{"name", each.name},
                                    {"sub_network", describe(space, each.network)},
                                    {"macs", each.macs},
                                    {"accuracy_pct", accuracy},
                                    {"accuracy_low_pct", 100 * interval.low},
                                    {"accuracy_high_pct", 100 * interval.high}});
    table.add(
        {each.name, fmt::format("{:.3f}", static_cast<double>(each.macs) / 1e6), fmt::format("{:.2f}", accuracy), describe(space, each.network)});
  }
  as_json ? cli::print_json(json) : cli::print(table.text());
}

Result<void> train(const cli::ElasticTrainCommand& command, const Context& context) {
  MOSAIC_RETURN_IF_ERROR(cli::check_output_file(command.output));
  MOSAIC_TRY(const auto preprocess, parse_preprocess(command.preprocess));
  MOSAIC_TRY(Dataset data, read_dataset(command.data));
  MOSAIC_TRY(const Pixels pixels, Pixels::create(preprocess, data.train.extent.channels));
  MOSAIC_TRY(const ElasticDesign design, make_elastic_design(command.design, data.train.extent, data.classes));
  ElasticRule rule{.random = command.random, .only = {}};
  if (!command.only.empty()) {
    MOSAIC_TRY(rule.only, parse_sub_network(design.space, command.only));
  }
  MOSAIC_TRY(const auto parts, hold_out(data.train, command.hold_out, kHeldOutSeed));
  cli::Progress progress(command.json);
  TrainOptions options = float_training(design.space.name, command, context.stop);
  if (design.block == ElasticBlock::kTransformer) options.schedule.optimiser = Optimiser::kAdam;
  options.progress = [&](std::string_view what, double share) { progress.show(what, share); };
  const TrainingImages images{.train = parts.first, .held_out = parts.second, .pixels = pixels};
  MOSAIC_TRY(TrainedElastic trained, train_elastic(design, rule, images, options));
  const std::string how = fmt::format("{} epochs, batch {}, rate {}, seed {}", command.epochs, command.batch, command.rate, command.seed);
  MOSAIC_RETURN_IF_ERROR(write_elastic({.design = design,
                                        .only = rule.only ? describe(design.space, *rule.only) : "",
                                        .data = command.data,
                                        .preprocess = command.preprocess,
                                        .held_out = static_cast<std::int64_t>(command.hold_out),
                                        .training = how,
                                        .weights = std::move(trained.weights)},
                                       command.output));
  cli::ElasticUse use;
  use.model = command.output;
  MOSAIC_TRY(const auto desk, ElasticDesk::open(use));
  std::vector<CutOut> cuts;
  const auto add = [&](const std::string& name, const SubNetwork& network) -> Result<void> {
    progress.show("test images", 0);
    MOSAIC_TRY(CutOut cut, cut_out(*desk, name, network, context.stop));
    cuts.push_back(std::move(cut));
    return {};
  };
  if (rule.only) {
    MOSAIC_RETURN_IF_ERROR(add("only", *rule.only));
  } else {
    MOSAIC_RETURN_IF_ERROR(add("largest", largest(design.space)));
    MOSAIC_RETURN_IF_ERROR(add("smallest", smallest(design.space)));
  }
  progress.clear();
  if (!command.json) {
    for (std::size_t e = 0; e < trained.losses.size(); ++e) cli::print(fmt::format("epoch {:>3}: loss {:.4f}\n", e + 1, trained.losses[e]));
    cli::print(fmt::format("{:.3g} sub-networks\n", design.space.sub_networks()));
  }
  show_cuts(*desk, cuts, command.json,
            {{"design", command.design},
             {"data", command.data},
             {"seed", command.seed},
             {"epochs", command.epochs},
             {"space_sub_networks", design.space.sub_networks()},
             {"losses", trained.losses}});
  return {};
}

/// What the options name, each once, with names for files.
Result<std::vector<std::pair<std::string, SubNetwork>>> named_networks(const elastic::Space& space, const cli::ElasticExtractCommand& command) {
  std::vector<std::pair<std::string, SubNetwork>> named;
  std::set<SubNetwork> seen;
  const auto add = [&](std::string name, const SubNetwork& network) {
    if (seen.insert(network).second) named.emplace_back(std::move(name), network);
  };
  if (command.largest) add("largest", canonical(space, largest(space)));
  if (command.smallest) add("smallest", canonical(space, smallest(space)));
  for (std::size_t i = 0; i < command.sub_networks.size(); ++i) {
    MOSAIC_TRY(const SubNetwork network, parse_sub_network(space, command.sub_networks[i]));
    add(fmt::format("sub_network_{}", i + 1), network);
  }
  if (static_cast<double>(command.random + seen.size()) > space.sub_networks()) {
    return invalid(fmt::format("--random {}: there are {} sub-networks, of which {} are named: ask for fewer", command.random, space.sub_networks(),
                               seen.size()));
  }
  Random random(command.seed);
  for (const std::size_t all = named.size() + command.random; named.size() < all;)
    add(fmt::format("random_{}", named.size() + 1 + command.random - all), canonical(space, random_sub_network(space, random)));
  if (named.empty()) return invalid("nothing is to be extracted: give --largest, --smallest, --sub-network or --random");
  return named;
}

Result<void> extract(const cli::ElasticExtractCommand& command, const Context& context) {
  if (!command.output.empty()) MOSAIC_RETURN_IF_ERROR(cli::check_output_folder(command.output));
  MOSAIC_TRY(const auto desk, ElasticDesk::open(command));
  MOSAIC_TRY(const auto named, named_networks(desk->model.design.space, command));
  cli::Progress progress(command.json);
  std::vector<CutOut> cuts;
  for (const auto& [name, network] : named) {
    progress.show("sub-networks", static_cast<double>(cuts.size()) / static_cast<double>(named.size()));
    MOSAIC_TRY(CutOut cut, cut_out(*desk, name, network, context.stop));
    cuts.push_back(std::move(cut));
  }
  progress.clear();
  if (!command.output.empty()) MOSAIC_RETURN_IF_ERROR(write_family(*desk, cuts, command.output));
  show_cuts(*desk, cuts, command.json, {{"model", command.model}, {"data", desk->data.name}, {"seed", command.seed}});
  return {};
}

}  // namespace

void add_elastic(CLI::App& app, Context& context) {
  CLI::App& group = cli::declare_elastic(app);
  auto training = std::make_shared<cli::ElasticTrainCommand>();
  training->declare_command(group).callback([training, &context] { context.action = [training, &context] { return train(*training, context); }; });
  auto extraction = std::make_shared<cli::ElasticExtractCommand>();
  extraction->declare_command(group).callback(
      [extraction, &context] { context.action = [extraction, &context] { return extract(*extraction, context); }; });
  add_elastic_search(group, context);
}

}  // namespace mosaic::training
