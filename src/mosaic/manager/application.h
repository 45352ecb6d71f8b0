#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/units.h"

namespace mosaic::manager {

/// What a variant of a family costs on each placement of a machine. Rows are variants by ascending accuracy.
struct LevelTable {
  struct Cost {
    Nanoseconds latency{};  ///< of a request, nothing else running
    Joules energy;          ///< of a request; 0 where nothing measures or models it
  };
  struct Level {
    std::string name;
    double accuracy_percent = 0;
    Bytes memory;                            ///< that being ready takes
    std::vector<std::optional<Cost>> costs;  ///< by placement; none: cannot run there
  };
  std::vector<Level> levels;
};

/// What an application wants. What is absent does not matter.
struct Targets {
  std::optional<Nanoseconds> latency;  ///< from a request's arrival to its answer
  double accuracy_percent = 0;         ///< the floor
  std::optional<Joules> energy;        ///< of a request, at most
  std::optional<Watts> power;          ///< mean, at most

  friend bool operator==(const Targets&, const Targets&) = default;
};

/// A model in use.
struct Application {
  std::string name;
  int priority = 0;  ///< the larger, the more important
  Targets targets;
  Nanoseconds period{};  ///< mean time between requests
  const LevelTable* table = nullptr;
};

/// A level of an application's family on a placement of the machine.
struct Operation {
  std::size_t level = 0;
  std::size_t placement = 0;

  friend bool operator==(const Operation&, const Operation&) = default;
};

}  // namespace mosaic::manager
