#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/manager/decide.h"
#include "mosaic/manager/policy.h"
#include "mosaic/manager/simulate.h"

namespace mosaic::manager {

/// A policy by the name that users give it.
struct NamedPolicy {
  std::string name;
  std::string what;         ///< for --help
  bool relaunches = false;  ///< a change of level is a new process
  bool simulated = false;   ///< only there
};

/// All there are: "mosaic", "mosaic:level" and "mosaic:hardware" (with one knob each), "published" and "published:relaunch", "largest" and "smallest"
/// with each governor ("largest:schedutil"; alone: performance), "oracle".
[[nodiscard]] std::vector<NamedPolicy> named_policies();

/// Errors: kInvalidInput: no such policy, with what is meant if that is near.
[[nodiscard]] Result<NamedPolicy> find_policy(std::string_view name);

/// `machine` is borrowed. An oracle looks up there and in `world` how long work takes under load, and takes as little as keeps 99 % of requests on
/// time.
[[nodiscard]] std::unique_ptr<Policy> make_policy(const NamedPolicy& policy, const Machine& machine, const Rules& rules, const World& world = {});

}  // namespace mosaic::manager
