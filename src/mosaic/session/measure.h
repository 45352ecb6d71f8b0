#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/profile/profile.h"
#include "mosaic/profiler/profiler.h"
#include "mosaic/session/energy.h"
#include "mosaic/session/workspace.h"

namespace mosaic {

/// Measures a workspace's model and writes the profile to `file`. What is there after each few seconds, and when it is stopped, lies in
/// `file`.partial; the same call goes on from there. After the times, changes of the clocks that a real board's points name are timed. With a probe
/// that has a meter, the mean power of each configuration that can run the whole model is measured after the times. Errors: kCancelled, saying how
/// far it came; the profiler's; the probe's; kIo.
[[nodiscard]] Result<Profile> measure(const Workspace& workspace, const std::filesystem::path& file, const ProfilerOptions& options = {},
                                      const std::stop_token& stop = {}, EnergyProbe* probe = nullptr);

/// The profile from the cache, or measured now and put there. Two processes that want the same one wait for each other and measure once.
[[nodiscard]] Result<Profile> cached_profile(const Workspace& workspace, const ProfilerOptions& options = {}, const std::stop_token& stop = {});

/// A profile that was measured earlier. Errors, after the file's name: those of `read_profile` and `check_profile`.
[[nodiscard]] Result<Profile> read_profile_of(const Workspace& workspace, const std::filesystem::path& file);

/// Where everything kept about this model on this board with this engine lies.
[[nodiscard]] std::filesystem::path cache_entry(const Workspace& workspace);

/// All such folders that are there; other things in the cache's folder are none of ours.
[[nodiscard]] std::vector<std::filesystem::path> cache_entries();

}  // namespace mosaic
