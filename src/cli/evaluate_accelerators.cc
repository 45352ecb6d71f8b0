#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "command.h"
#include "mosaic/evaluation/odimo/golden.h"
#include "output.h"

namespace mosaic::cli {
namespace {

std::string_view source_name(odimo::Source source) { return source == odimo::Source::kRepository ? "repository" : "calculated"; }

Json to_json(const std::vector<odimo::Golden>& all) {
  Json json{{"figures", Json::array()}, {"equal", std::ranges::all_of(all, &odimo::Golden::agrees)}};
  for (const odimo::Golden& each : all) {
    Json one{{"network", each.network},     {"what", each.what},         {"source", source_name(each.source)},
             {"reference", each.reference}, {"computed", each.computed}, {"difference", each.computed - each.reference},
             {"tolerance", each.tolerance}, {"agrees", each.agrees()}};
    if (each.formula) one.update({{"formula", *each.formula}, {"extra_cycles", each.extra_cycles}});
    json["figures"].push_back(std::move(one));
  }
  return json;
}

std::string verdict(const odimo::Golden& each) {
  if (!each.agrees()) return "DIFFERS";
  if (each.formula) return fmt::format("as the formula; the repository's {:g} costs {:.3f} cycles more", each.reference, each.extra_cycles);
  return "equal";
}

std::string describe(const std::vector<odimo::Golden>& all) {
  Table table({"network", "figure", "source", ">reference", ">computed", ">difference", ""});
  for (const odimo::Golden& each : all) {
    table.add({each.network, each.what, std::string(source_name(each.source)), fmt::format("{:.10g}", each.reference),
               fmt::format("{:.10g}", each.computed), fmt::format("{:+.4f}", each.computed - each.reference), verdict(each)});
  }
  const auto written = std::ranges::count(all, odimo::Source::kRepository, &odimo::Golden::source);
  const auto known = std::ranges::count_if(all, [](const odimo::Golden& each) { return each.formula.has_value(); });
  return fmt::format(
      "DIANA's cost functions held against the splits of the authors' repository, and against figures calculated from its formula by a separate\n"
      "transcription, which are not theirs (modelled, nothing is measured)\n\n{}\n{} figures: {} splits written out in the repository, {} "
      "calculated from its formula; {} equal to the last digit; {} as the formula gives and the repository does not; {} different\n",
      table.text(), all.size(), written, std::ssize(all) - written,
      std::ranges::count_if(all, [](const odimo::Golden& each) { return each.agrees() && !each.formula; }), known,
      std::ranges::count_if(all, [](const odimo::Golden& each) { return !each.agrees(); }));
}

}  // namespace

void add_evaluate_accelerators(CLI::App& group, Context& context) {
  auto& command = add_command(group, "accelerators", "Hold the cost functions of DIANA's accelerators against their authors' splits and formula",
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
                  fmt::format("{}, {}: {} computed, not {}", wrong->network, wrong->what, wrong->computed, wrong->reference));
    };
  });
}

}  // namespace mosaic::cli
