#include "mosaic/manager/policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mosaic/base/text.h"
#include "mosaic/manager/manager.h"
#include "mosaic/manager/published.h"
#include "mosaic/manager/statics.h"

namespace mosaic::manager {
namespace {

constexpr std::array kGovernors{Governor::kPerformance, Governor::kPowersave, Governor::kOndemand, Governor::kSchedutil};

constexpr double kOf99Percent = 2.326;  ///< deviations of a normal distribution that 99 % lie below

std::string with_governor(std::string_view size, Governor governor) { return fmt::format("{}:{}", size, name(governor)); }

/// The largest level's fastest placement, for a manager that only changes levels.
bool on_fastest(const Situation& situation, const Application& application, const Operation& operation) {
  return fastest_placement(situation, application, application.table->levels.size() - 1) == operation.placement;
}

bool at_largest(const Situation& /*situation*/, const Application& application, const Operation& operation) {
  return operation.level + 1 == application.table->levels.size();
}

}  // namespace

std::vector<NamedPolicy> named_policies() {
  std::vector<NamedPolicy> all{{.name = "mosaic", .what = "level, placement and clock together"},
                               {.name = "mosaic:level", .what = "only the level, on the fastest placement"},
                               {.name = "mosaic:hardware", .what = "only placement and clock, of the largest level"},
                               {.name = "published", .what = "the published controller, with a switch as ours"},
                               {.name = "published:relaunch", .what = "the published controller, a new process for each switch", .relaunches = true},
                               {.name = "oracle", .what = "knows what every load does; the best there is to compare with", .simulated = true}};
  for (const std::string_view size : {"largest", "smallest"}) {
    for (const Governor governor : kGovernors)
      all.push_back({.name = with_governor(size, governor), .what = fmt::format("the {} level, clocks by the governor {}", size, name(governor))});
  }
  return all;
}

Result<NamedPolicy> find_policy(std::string_view name) {
  const std::string wanted = name == "largest" || name == "smallest" ? with_governor(name, Governor::kPerformance) : std::string(name);
  std::vector<std::string> names;
  for (const NamedPolicy& each : named_policies()) {
    if (each.name == wanted) return each;
    names.push_back(each.name);
  }
  const std::string_view near = closest(wanted, names);
  return invalid(fmt::format("there is no policy '{}'{}", name,
                             near.empty() ? "; 'mosaic serve --help' lists them" : fmt::format("; did you mean '{}'?", near)));
}

std::unique_ptr<Policy> make_policy(const NamedPolicy& policy, const Machine& machine, const Rules& rules, const World& world) {
  Manager::Options options{.rules = rules};
  if (policy.name == "oracle") {
    options.rules.reach = options.rules.keep = 1;
    const double longest = world.table_error * std::exp(kOf99Percent * world.noise);
    options.truth = [&machine, longest](Units units, const std::vector<double>& load) { return longest * machine.contention(units, load); };
    return std::make_unique<Manager>(std::move(options));
  }
  if (policy.name == "mosaic:level") options.allowed = on_fastest;
  if (policy.name == "mosaic:hardware") options.allowed = at_largest;
  if (policy.name.starts_with("mosaic")) return std::make_unique<Manager>(std::move(options));
  if (policy.name.starts_with("published")) return std::make_unique<PublishedPolicy>(policy.relaunches);
  const auto size = policy.name.starts_with("largest") ? StaticPolicy::Size::kLargest : StaticPolicy::Size::kSmallest;
  const auto* const governor = std::ranges::find_if(kGovernors, [&](Governor each) { return policy.name.ends_with(name(each)); });
  return std::make_unique<StaticPolicy>(size, governor == kGovernors.end() ? Governor::kPerformance : *governor);
}

}  // namespace mosaic::manager
