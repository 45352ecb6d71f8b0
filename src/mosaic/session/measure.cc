#include "mosaic/session/measure.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <regex>

#include "mosaic/base/file.h"
#include "mosaic/session/boards.h"
#include "mosaic/session/clock_changes.h"
#include "mosaic/session/contest.h"

namespace mosaic {
namespace {

namespace fs = std::filesystem;

fs::path partial_of(const fs::path& file) { return file.string() + ".partial"; }

/// An unfinished profile, if a readable one is there.
std::optional<Profile> read_partial(const fs::path& file) {
  auto partial = read_profile(partial_of(file));
  return partial ? std::optional(*std::move(partial)) : std::nullopt;
}

/// Each configuration runs the whole model for as long as the meter needs. Empty where the meter went away and was not asked for by name.
Result<std::vector<ConfigurationPower>> measure_powers(const Workspace& workspace, const Profile& profile, EnergyProbe& probe,
                                                       const ProfilerOptions& options, const std::stop_token& stop) {
  std::vector<ConfigurationPower> powers;
  MOSAIC_TRY(Contest contest, Contest::create(workspace, options.seed, stop));
  for (const SliceSamples& whole : profile.wholes) {
    if (options.progress)
      options.progress("power of " + whole.configuration, static_cast<double>(powers.size()) / static_cast<double>(profile.wholes.size()));
    Plan plan;
    plan.steps = chain_steps({0, workspace.graph().layers.size()}, {whole.configuration});
    MOSAIC_TRY(const std::size_t entry, contest.add_plan(whole.configuration, std::move(plan)));
    const auto run = [&]() -> Result<void> {
      MOSAIC_TRY([[maybe_unused]] const Microseconds time, contest.runner(entry).run());
      return {};
    };
    MOSAIC_TRY(const auto energy, probe.measure(run));
    if (!energy) return std::vector<ConfigurationPower>{};
    const double seconds = std::chrono::duration<double>(energy->window.window).count();
    powers.push_back({.configuration = whole.configuration,
                      .power = energy->window.power(),
                      .error = Watts{energy->window.error.value / seconds},
                      .rest = energy->idle.power(),
                      .meter = energy->meter.name});
  }
  return powers;
}

}  // namespace

Result<Profile> measure(const Workspace& workspace, const fs::path& file, const ProfilerOptions& options, const std::stop_token& stop,
                        EnergyProbe* probe) {
  constexpr std::chrono::seconds kBetweenSaves{5};
  const std::optional<Profile> old = read_partial(file);
  Backends backends = workspace.backends();
  if (workspace.board().simulated()) {
    MOSAIC_TRY(backends, make_backends(workspace.board(), false));  // its clock needs no computing
  }
  MOSAIC_TRY(const auto profiler,
             Profiler::create(workspace.prepared(), workspace.graph(), workspace.board(), backends, options, old ? &*old : nullptr));
  if (const std::size_t known = profiler->profile().rounds; known > 0 && options.progress) {
    options.progress(fmt::format("going on after {} of {} rounds", known, options.rounds),
                     static_cast<double>(known) / static_cast<double>(options.rounds));
  }
  auto saved = std::chrono::steady_clock::now();
  while (!profiler->done()) {
    if (const auto measured = profiler->round(stop); !measured) {
      if (measured.error().code != ErrorCode::kCancelled) return std::unexpected(measured.error());
      const Profile so_far = profiler->profile();
      if (so_far.rounds > 0) MOSAIC_RETURN_IF_ERROR(write_profile(so_far, partial_of(file)));
      return fail(ErrorCode::kCancelled,
                  fmt::format("stopped after {} of {} rounds; the same command goes on from there", so_far.rounds, options.rounds));
    }
    if (std::chrono::steady_clock::now() - saved > kBetweenSaves && !profiler->done()) {
      MOSAIC_RETURN_IF_ERROR(write_profile(profiler->profile(), partial_of(file)));
      saved = std::chrono::steady_clock::now();
    }
  }
  Profile profile = profiler->profile();
  profile.board_option = workspace.options().board;
  MOSAIC_RETURN_IF_ERROR(write_profile(profile, partial_of(file)));  // what follows may be stopped, too
  const auto show_clocks = [&](double share) {
    if (options.progress) options.progress("changes of clocks", share);
  };
  MOSAIC_TRY(profile.clock_changes, measure_clock_changes(workspace.board(), Sysfs::from_environment(), state_folder(),
                                                          {.remark = workspace.options().remark, .stop = stop, .progress = show_clocks}));
  if (probe != nullptr && probe->has_meter()) {
    MOSAIC_TRY(profile.powers, measure_powers(workspace, profile, *probe, options, stop));
  }
  MOSAIC_RETURN_IF_ERROR(write_profile(profile, file));
  std::error_code ignored;
  fs::remove(partial_of(file), ignored);
  return profile;
}

Result<Profile> read_profile_of(const Workspace& workspace, const fs::path& file) {
  MOSAIC_TRY(Profile profile, read_profile(file));
  if (auto checked = check_profile(profile, workspace.graph(), workspace.board(), workspace.engine()); !checked) {
    return within(file.string(), checked.error());
  }
  return profile;
}

fs::path cache_entry(const Workspace& workspace) {
  return cache_folder() / fmt::format("{:.12}-{:.12}-{:.12}", workspace.graph().fingerprint, workspace.board().fingerprint, workspace.engine());
}

std::vector<fs::path> cache_entries() {
  static const std::regex kName("[0-9a-f]{12}-[0-9a-f]{12}-[0-9a-f]{12}");
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(cache_folder(), error)) {
    if (entry.is_directory(error) && std::regex_match(entry.path().filename().string(), kName)) folders.push_back(entry.path());
  }
  return folders;
}

Result<Profile> cached_profile(const Workspace& workspace, const ProfilerOptions& options, const std::stop_token& stop) {
  const fs::path folder = cache_entry(workspace);
  MOSAIC_TRY(const FileLock lock, FileLock::acquire(folder / "lock", stop));
  const fs::path file = folder / "profile.json";
  if (auto known = read_profile_of(workspace, file)) return known;
  return measure(workspace, file, options, stop);
}

}  // namespace mosaic
