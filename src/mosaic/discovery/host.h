#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/board/board.h"

namespace mosaic {

/// A core of the machine that this process may use.
struct Core {
  int processor = 0;  ///< the system's number of its first hardware thread
  int capacity = 0;   ///< relative speed, higher is faster; equal for all where the system does not say
};

/// The cores this process may use, ascending, one hardware thread each (hwloc; `cpu_capacity` of sysfs where hwloc knows no kinds). Errors: kDevice.
[[nodiscard]] Result<std::vector<Core>> find_cores();

/// One CPU device for each kind of core: "cpu" where all are alike, else "little", "big", "prime" by rising capacity. Operating points: 1, 2, 4, ...
/// and all of its cores.
[[nodiscard]] std::vector<Device> cpu_devices(const std::vector<Core>& cores);

/// What identifies this machine to a profile: processor, vector units, cores. No names of hosts or users.
[[nodiscard]] std::string machine_name();

/// What the system says that this machine's processor can do: flags such as "avx2" and "asimd". Empty where it does not say.
[[nodiscard]] std::vector<std::string> processor_features();

/// A provider that was tried.
struct ProviderStatus {
  std::string provider;
  std::optional<std::string> problem;  ///< why it cannot be used; none where it runs
};

/// All providers of the loaded engine but the CPU's, tried on a small network. Errors: kEngine.
[[nodiscard]] Result<std::vector<ProviderStatus>> try_providers();

/// The machine as a board: its CPU devices, and a device for each provider that runs. Errors: kDevice, kEngine.
[[nodiscard]] Result<Board> discover_host();

}  // namespace mosaic
