#include "mosaic/session/verify.h"

#include <fmt/format.h>

#include "command.h"
#include "output.h"

namespace mosaic::cli {
namespace {

Json to_json(const std::string& model, const Verification& result) {
  Json json{{"model", model},
            {"plans", result.plans.size()},
            {"equal", result.equal},
            {"worst_relative_difference", result.worst_relative_difference},
            {"tolerance", result.tolerance},
            {"cuts", result.cuts},
            {"cuts_used", result.cuts_used}};
  json["results"] = Json::array();
  for (const VerifiedPlan& each : result.plans) {
    json["results"].push_back({{"name", each.name},
                               {"slices", each.slices},
                               {"bit_equal", each.equal_bits},
                               {"relative_difference", each.relative_difference},
                               {"passed", each.passed}});
  }
  return json;
}

void print_table(const std::string& model, const Verification& result) {
  Table table({"plan", ">slices", "equal", ">worst difference"});
  for (const VerifiedPlan& each : result.plans) {
    table.add({each.name, std::to_string(each.slices),
               each.equal_bits ? "bit for bit"
               : each.passed   ? "within tolerance"
                               : "NO",
               fmt::format("{:.2g}", each.relative_difference)});
  }
  print(table.text());
  print(fmt::format("{}: {} plans, {} of {} cuts used, outputs {} (worst difference {:.2g} of the output's range, {:g} allowed)\n", model,
                    result.plans.size(), result.cuts_used, result.cuts, result.equal ? "equal" : "DIFFER", result.worst_relative_difference,
                    result.tolerance));
}

}  // namespace

void add_verify(CLI::App& app, Context& context) {
  auto& command = add_command(app, "verify", "Check that slicing a model does not change its answers",
                              "  mosaic verify model.onnx\n"
                              "  mosaic verify model.onnx --plans 50 --seed 7 --json\n"
                              "The default board is host-split: this machine with a device for each core.");
  struct Options : ModelOptions {
    VerifyOptions verify;
  };
  auto options = std::make_shared<Options>();
  options->board = "host-split";
  options->declare(command);
  command.add_option("-n,--plans", options->verify.plans, "Number of random plans")->check(CLI::Range(0, 1000000))->capture_default_str();
  command.add_option("--seed", options->verify.seed, "Seed of plans and inputs")->capture_default_str();
  command.add_option("--tolerance", options->verify.tolerance,
                     "Largest difference allowed, relative to the range of the output (default: 1e-4; 2e-3 with 16-bit floats)");
  command.add_flag("--inject-error", options->verify.inject_error,
                   "Spoil one value at a random boundary of each random plan: the check must then fail");
  command.callback([options, &context] {
    context.action = [options, &context]() -> Result<void> {
      Progress progress(options->json);
      MOSAIC_TRY(const Workspace::Options workspace_options, options->workspace());
      MOSAIC_TRY(const auto workspace, Workspace::open(workspace_options));
      options->verify.stop = context.stop;
      options->verify.progress = [&](std::string_view what, double share) { progress.show(what, share); };
      MOSAIC_TRY(const Verification result, verify(*workspace, options->verify));
      progress.clear();
      options->json ? print_json(to_json(options->model, result)) : print_table(options->model, result);
      if (!result.equal) return fail(ErrorCode::kCheckFailed, fmt::format("{}: a sliced run differs from the unsliced one", options->model));
      return {};
    };
  });
}

}  // namespace mosaic::cli
