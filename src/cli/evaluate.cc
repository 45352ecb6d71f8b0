#include <fmt/format.h>

#include "command.h"
#include "evaluate_manager.h"
#include "evaluate_search.h"
#include "evaluate_tables.h"
#include "evaluate_xavier_nx.h"
#include "mosaic/evaluation/rk3399pro/evaluation.h"
#include "mosaic/evaluation/rk3399pro/rk3399pro_csv.h"
#include "mosaic/session/boards.h"
#include "output.h"

namespace mosaic::cli {
namespace {

void add_rk3399pro(CLI::App& group, Context& context) {
  auto& command = add_command(group, "rk3399pro", "Judge estimators, calibration and plans by what others measured on an RK3399Pro",
                              "  mosaic evaluate rk3399pro --profiles profiles/rk3399pro\n"
                              "  mosaic evaluate rk3399pro --profiles profiles/rk3399pro --network alex --network google\n"
                              "  mosaic evaluate rk3399pro --profiles profiles/rk3399pro --json > rk3399pro.json");
  struct Options {
    std::string profiles;
    tables::EvaluationOptions evaluation;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  command.add_option("--profiles", options->profiles, "Folder with the board's tables: layers.csv, transfers.csv, dvfs_switch.csv, measured/*.csv")
      ->required()
      ->type_name("DIR");
  command.add_option("--network", options->evaluation.networks, "Only this network (may be given several times; default: all in the folder)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_option("-r,--runs", options->evaluation.calibration.runs, "Measured runs to calibrate on")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command.add_option("--draws", options->evaluation.calibration.draws, "Random choices of those runs to average over")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--seed", options->evaluation.calibration.seed, "Seed of the choices")->capture_default_str();
  command.add_flag("--json", options->json, "Print JSON for scripts");
  command.callback([options, &context] {
    context.action = [options]() -> Result<void> {
      MOSAIC_TRY(const Board board, find_board("rk3399pro"));
      MOSAIC_TRY(const tables::Tables tables, tables::read_tables(options->profiles));
      MOSAIC_TRY(const tables::Evaluation evaluation, tables::evaluate(tables, board, options->evaluation));
      options->json ? print_json(cli::to_json(evaluation, options->evaluation)) : print(cli::describe(evaluation, options->evaluation));
      return {};
    };
  });
}

}  // namespace

void add_evaluate(CLI::App& app, Context& context) {
  auto& group = add_command(app, "evaluate", "Judge mosaic by what was measured or published",
                            "  mosaic evaluate paper -o paper\n"
                            "  mosaic evaluate host model.onnx\n"
                            "  mosaic evaluate accelerators\n"
                            "  mosaic evaluate search seed1.json seed2.json seed3.json\n"
                            "  mosaic evaluate rk3399pro --profiles profiles/rk3399pro\n"
                            "  mosaic evaluate xavier_nx --profiles profiles/xavier_nx\n"
                            "  mosaic evaluate manager --profiles profiles/xavier_nx");
  group.require_subcommand(1);
  add_evaluate_paper(group, context);
  add_evaluate_host(group, context);
  add_evaluate_accelerators(group, context);
  add_evaluate_search(group, context);
  add_rk3399pro(group, context);
  add_evaluate_xavier_nx(group, context);
  add_evaluate_manager(group, context);
}

}  // namespace mosaic::cli
