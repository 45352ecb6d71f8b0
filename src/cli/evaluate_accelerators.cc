#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "command.h"
#include "mosaic/evaluation/odimo/golden.h"
#include "output.h"

namespace mosaic::cli {
namespace {

Json to_json(const std::vector<odimo::Golden>& all) {
  Json json{{"figures", Json::array()}, {"equal", std::ranges::all_of(all, &odimo::Golden::agrees)}};
  for (const odimo::Golden& each : all) {
    Json one{{"network", each.network},
             {"what", each.what},
             {"published", each.published},
             {"computed", each.computed},
             {"difference", each.computed - each.published},
             {"tolerance", each.tolerance},
             {"agrees", each.agrees()}};
    if (each.formula) one.update({{"formula", *each.formula}, {"extra_cycles", each.extra_cycles}});
    json["figures"].push_back(std::move(one));
  }
  return json;
}

std::string verdict(const odimo::Golden& each) {
  if (!each.agrees()) return "DIFFERS";
  if (each.formula) return fmt::format("as the published formula; the repository's {:g} costs {:.3f} cycles more", each.published, each.extra_cycles);
  return "equal";
}

std::string describe(const std::vector<odimo::Golden>& all) {
  Table table({"network", "figure", ">published", ">computed", ">difference", ""});
  for (const odimo::Golden& each : all) {
    table.add({each.network, each.what, fmt::format("{:.10g}", each.published), fmt::format("{:.10g}", each.computed),
               fmt::format("{:+.4f}", each.computed - each.published), verdict(each)});
  }
  const auto known = std::ranges::count_if(all, [](const odimo::Golden& each) { return each.formula.has_value(); });
  return fmt::format(
      "DIANA's cost functions beside what their authors published (modelled, nothing is measured)\n\n{}\n{} figures: {} as published, to their "
      "last digit; {} as the published formula gives and the published repository does not; {} different\n",
      table.text(), all.size(), std::ranges::count_if(all, [](const odimo::Golden& each) { return each.agrees() && !each.formula; }), known,
      std::ranges::count_if(all, [](const odimo::Golden& each) { return !each.agrees(); }));
}

}  // namespace

void add_evaluate_accelerators(CLI::App& group, Context& context) {
  auto& command = add_command(group, "accelerators", "Compare the cost functions of DIANA's accelerators with every published figure",
                              "  mosaic evaluate accelerators\n"
                              "  mosaic evaluate accelerators --json > accelerators.json\n"
                              "Fails (exit code 1) where one differs.");
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "Print JSON for scripts");
  command.callback([json, &context] {
    context.action = [json]() -> Result<void> {
      const std::vector<odimo::Golden> all = odimo::golden_numbers();
      *json ? print_json(to_json(all)) : print(describe(all));
      const auto wrong = std::ranges::find_if_not(all, &odimo::Golden::agrees);
      if (wrong == all.end()) return {};
      return fail(ErrorCode::kCheckFailed,
                  fmt::format("{}, {}: {} computed, {} published", wrong->network, wrong->what, wrong->computed, wrong->published));
    };
  });
}

}  // namespace mosaic::cli
