#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "command.h"
#include "mosaic/backend/ort/ort_backend.h"
#include "mosaic/base/file.h"
#include "mosaic/discovery/host.h"
#include "mosaic/power/clock_control.h"
#include "mosaic/power/clock_domain.h"
#include "mosaic/power/meters.h"
#include "output.h"

namespace mosaic::cli {
namespace {

namespace fs = std::filesystem;

enum class State { kGood, kMissing, kAdvice };

struct Finding {
  std::string subject;
  State state = State::kGood;
  std::string text;
  std::string remedy;
};

std::string_view name(State state) {
  switch (state) {
    case State::kGood:
      return "good";
    case State::kMissing:
      return "missing";
    case State::kAdvice:
      return "advice";
  }
  return "";
}

Finding check_engine() {
  const auto backend = ort::make_backend();
  if (!backend) return {"engine", State::kMissing, backend.error().message, "name an ONNX Runtime library (1.23 or newer) in MOSAIC_ORT_LIBRARY"};
  const auto engine = (*backend)->engine();
  const auto providers = ort::list_providers();
  return {"engine", State::kGood,
          fmt::format("{} {} with providers {}", engine.name, engine.version, fmt::join(providers.value_or(std::vector<std::string>{}), ", ")), ""};
}

void check_providers(std::vector<Finding>& findings) {
  const auto statuses = try_providers();
  if (!statuses) return;
  for (const ProviderStatus& each : *statuses) {
    if (!each.problem) {
      findings.push_back({each.provider, State::kGood, "runs here", ""});
      continue;
    }
    void* loader = each.provider == "WebGPU" ? ::dlopen("libvulkan.so.1", RTLD_LAZY) : nullptr;
    std::string remedy = "bring an ONNX Runtime build that has this provider (MOSAIC_ORT_LIBRARY), and its vendor's driver";
    if (each.provider == "WebGPU")
      remedy = loader == nullptr ? "install the Vulkan loader (Debian: libvulkan1) and your GPU's Vulkan driver"
                                 : "install your GPU's Vulkan driver (Debian: mesa-vulkan-drivers or the vendor's)";
    findings.push_back({each.provider, State::kMissing, "no device: " + *each.problem, remedy});
  }
}

void check_cores(std::vector<Finding>& findings) {
  const auto cores = find_cores();
  if (!cores) {
    findings.push_back({"cores", State::kMissing, cores.error().message, ""});
    return;
  }
  findings.push_back({"cores", State::kGood, machine_name(), ""});
}

void check_clocks(const Sysfs& sysfs, std::vector<Finding>& findings) {
  if (has_clock_journal(sysfs, state_folder())) {
    findings.push_back({"clocks", State::kAdvice, "a mosaic set clocks and runs still, or died", "if it died: mosaic devices --restore-clocks"});
  }
  const std::vector<ClockDomain> domains = discover_clocks(sysfs);
  if (domains.empty()) {
    findings.push_back(
        {"clocks", State::kAdvice, "the system does not show clocks (cpufreq): they are left alone", "nothing to do on virtual machines"});
    return;
  }
  const auto moving = std::ranges::find_if(domains, [](const ClockDomain& each) { return !each.cores.empty() && each.governor != "performance"; });
  if (moving == domains.end()) {
    findings.push_back({"clocks", State::kGood, "governor 'performance'", ""});
  } else {
    findings.push_back({"clocks", State::kAdvice, fmt::format("{}: governor '{}': clocks move while measuring", moving->name, moving->governor),
                        "for profiles: cpupower frequency-set -g performance (as root), or operating points with a 'clock' in a board file"});
  }
  const auto closed = std::ranges::find(domains, false, &ClockDomain::writable);
  if (closed != domains.end()) {
    findings.push_back({"clocks", State::kAdvice, fmt::format("{}: only root may set it", closed->name),
                        "where a board file names clocks: run as root, or use the udev rule of docs/energy.md"});
  }
}

Finding check_load() {
  double load = 0;
  if (::getloadavg(&load, 1) != 1) return {"load", State::kAdvice, "unknown", ""};
  const auto processors = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
  if (load < 0.25 * processors) return {"load", State::kGood, fmt::format("{:.1f} on {:.0f} processors", load, processors), ""};
  return {"load", State::kAdvice, fmt::format("{:.1f} on {:.0f} processors: others work here", load, processors),
          "profile when the machine is idle, or with more --repetitions"};
}

Finding check_meter(const Sysfs& sysfs) {
  const std::vector<FoundMeter> meters = find_meters(sysfs);
  if (const auto best = best_meter(meters)) return {"energy", State::kGood, fmt::format("{} is readable", best->name), ""};
  const auto closed = std::ranges::find_if(meters, [](const FoundMeter& each) { return each.problem.has_value(); });
  if (closed != meters.end())
    return {"energy", State::kAdvice, fmt::format("there is {}, but it cannot be read", closed->info.name), *closed->problem};
  if (!meters.empty())
    return {"energy", State::kAdvice, fmt::format("{} and the like feed parts of the board", meters.front().info.name), "name one with --meter"};
  return {"energy", State::kAdvice, "no meter: energy can only be modelled, from powers in a board file",
          "none on most virtual machines; an external monitor's log does: --meter log:FILE.csv"};
}

Finding check_cache() {
  const fs::path probe = cache_folder() / "probe";
  if (const auto written = write_file(probe, ""); !written)
    return {"cache", State::kMissing, written.error().message, "set MOSAIC_CACHE or XDG_CACHE_HOME to a folder you may write to"};
  std::error_code error;
  fs::remove(probe, error);
  return {"cache", State::kGood, cache_folder().string(), ""};
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  auto& command = add_command(app, "doctor", "Say what this machine lacks and what to do", "  mosaic doctor\n  mosaic doctor --json");
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "Print JSON for scripts");
  command.callback([json, &context] {
    context.action = [json]() -> Result<void> {
      std::vector<Finding> findings{check_engine()};
      const bool has_engine = findings.front().state == State::kGood;
      if (has_engine) check_providers(findings);
      const Sysfs sysfs = Sysfs::from_environment();
      check_cores(findings);
      check_clocks(sysfs, findings);
      findings.push_back(check_load());
      findings.push_back(check_meter(sysfs));
      findings.push_back(check_cache());
      Json list = Json::array();
      Table table({"", "subject", "finding", "what to do"});
      for (const Finding& each : findings) {
        list.push_back({{"subject", each.subject}, {"state", name(each.state)}, {"finding", each.text}, {"remedy", each.remedy}});
        table.add({std::string(name(each.state)), each.subject, each.text, each.remedy});
      }
      *json ? print_json(list) : print(table.text());
      if (!has_engine) return fail(ErrorCode::kEngine, "without an engine nothing runs");
      return {};
    };
  });
}

}  // namespace mosaic::cli
