#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/power/run_energy.h"
#include "mosaic/profile/profile.h"
#include "mosaic/session/choose.h"
#include "mosaic/session/energy.h"
#include "mosaic/session/workspace.h"

namespace mosaic {

struct BenchOptions {
  std::size_t runs = 50;
  std::uint64_t seed = 1;  ///< of the random plans and inputs
  std::stop_token stop;
  std::function<void(std::string_view what, double share)> progress;
  EnergyProbe* energy = nullptr;  ///< borrowed; measures each version after the race, where it has a meter
};

/// One way to run the model, timed against all others.
struct BenchVersion {
  std::string name;  ///< "single:<configuration>", "mosaic", "greedy", "random_best", "algorithm1", "ort_default", "ort_best"
  std::size_t slices = 1;
  std::optional<Microseconds> predicted;  ///< none for plain ONNX Runtime
  std::vector<double> microseconds;
  std::string note;                 ///< what ort_best was, say
  std::optional<RunEnergy> energy;  ///< of a run, where it was measured
};

/// All versions, interleaved: each single configuration, the plan, its rivals, and plain ONNX Runtime on the user's file (its defaults, and the
/// fastest of several numbers of threads with and without spinning). On a simulated board ONNX Runtime itself does not take part. Errors: those of
/// planning and executing; kCancelled.
[[nodiscard]] Result<std::vector<BenchVersion>> bench(const Workspace& workspace, const Profile& profile, const BenchOptions& options = {});

}  // namespace mosaic
