#include <fmt/format.h>

#include "command.h"
#include "mosaic/plan/validate.h"
#include "mosaic/session/choose.h"
#include "mosaic/session/measure.h"
#include "output.h"
#include "steps.h"

namespace mosaic::cli {

void add_plan(CLI::App& app, Context& context) {
  auto& command = add_command(app, "plan", "Decide which device runs which slice, from a profile",
                              "  mosaic plan model.onnx --profile profile.json -o plan.json\n"
                              "  mosaic plan model.onnx --profile profile.json --margin 0     the optimum by the costs, however small its gain\n"
                              "  mosaic plan model.onnx --check plan.json                     judge a plan written by hand");
  struct Options : ModelOptions {
    std::string profile;
    std::string output;
    std::string objective = "latency";
    std::string check;
    std::optional<double> margin;
    bool accept_noise = false;
  };
  auto options = std::make_shared<Options>();
  options->declare(command);
  command.add_option("-p,--profile", options->profile, "Profile, from 'mosaic profile'");
  command.add_option("-o,--output", options->output, "File for the plan");
  command.add_option("--objective", options->objective, "What to minimise: latency")->capture_default_str();
  command.add_option("--margin", options->margin,
                     "Gain in per cent over the best single configuration that a plan must promise (default: what the profile's own errors ask for)");
  command.add_option("--check", options->check, "Judge this plan instead of making one")->type_name("FILE");
  command.add_flag("--accept-noise", options->accept_noise, "Use the profile of a machine that was too noisy to measure");
  command.callback([options, &context] {
    context.action = [options]() -> Result<void> {
      MOSAIC_TRY(const Workspace::Options workspace_options, options->workspace());
      MOSAIC_TRY(const auto workspace, Workspace::open(workspace_options));
      if (!options->check.empty()) {
        MOSAIC_TRY(Plan plan, read_plan(options->check));
        auto valid = validate(workspace->graph(), workspace->board(), std::move(plan));
        if (!valid) return within(options->check, valid.error());
        options->json ? print_json(Json{{"plan", options->check}, {"valid", true}, {"steps", valid->size()}})
                      : print(describe_plan(valid->plan(), workspace->graph(), workspace->board()) + "the plan is valid\n");
        return {};
      }
      if (options->profile.empty())
        return fail(ErrorCode::kInvalidInput, "--profile is missing: make one with 'mosaic profile MODEL -o profile.json'");
      MOSAIC_RETURN_IF_ERROR(keep_inputs(options->output, {options->model, options->profile, options->board}));
      MOSAIC_TRY(const Profile profile, read_profile_of(*workspace, options->profile));
      MOSAIC_RETURN_IF_ERROR(refuse_noise(profile.noisy, options->accept_noise));
      auto planned = make_plan(*workspace, profile, {.margin_percent = options->margin}, options->objective);
      if (!planned) return std::unexpected(planned.error());
      planned->plan.sources.profile = options->profile;
      if (!options->output.empty()) MOSAIC_RETURN_IF_ERROR(write_plan(planned->plan, options->output));
      if (options->json) {
        MOSAIC_TRY(Json json, parse_json(format_plan(planned->plan)));
        json["simulated"] = workspace->board().simulated();
        json["planning_us"] = planned->planning_time.count();
        print_json(json);
        return {};
      }
      print(describe_plan(planned->plan, workspace->graph(), workspace->board()));
      const Decision& decision = planned->decision;
      if (decision.chain != decision.optimum.chain) {
        print(
            fmt::format("a plan of {} slices promises {} ms, less than {:.1f} % better than the best single configuration: within what this profile "
                        "can tell, so not preferred (--margin 0 takes it)\n",
                        decision.optimum.chain.configurations.size(), ms(decision.optimum.cost), decision.margin_percent));
      } else if (!decision.optimum.optimal) {
        print(fmt::format("not proved optimal: no plan can be better than {} ms\n", ms(*decision.optimum.bound)));
      } else {
        print("optimal under the measured costs\n");
      }
      if (decision.best_single_cost) print(fmt::format("best single configuration: {} ms\n", ms(*decision.best_single_cost)));
      print(fmt::format("planned in {:.0f} us\n", planned->planning_time.count()));
      return {};
    };
  });
}

}  // namespace mosaic::cli
