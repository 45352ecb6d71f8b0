#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/ids.h"
#include "mosaic/base/units.h"

namespace mosaic {

/// A time that was computed, not measured, and the interval that runs should fall into; and the energy of a run, where the costs knew it.
struct Prediction {
  Microseconds expected{};
  Microseconds low{};
  Microseconds high{};
  std::optional<Joules> energy{};
  std::string energy_source{};  ///< "simulated", or "modelled: ..." and from what; empty where there is no energy
};

/// Channels [begin, end) along an axis of a layer's output. Not executed yet: such a plan is read, written and refused by `validate`.
struct Channels {
  std::int64_t axis = 1;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// Layers that run together on one configuration.
struct Step {
  std::vector<LayerId> layers;       ///< ascending
  std::optional<Channels> channels;  ///< none: whole layers
  std::string configuration;         ///< name, as in Board::configurations
  std::vector<StepId> after;         ///< steps that must have ended

  /// What the planner expected, in a plan that it made.
  struct Predicted {
    Microseconds transfer{};  ///< what handing its inputs over costs
    Microseconds clocks{};    ///< what setting its clocks costs
    Microseconds execute{};
    std::optional<Joules> energy{};  ///< of all three
  };
  std::optional<Predicted> predicted;
};

/// Where each layer of a model runs. Plain data: who wrote it does not matter, `validate` judges it.
struct Plan {
  std::string graph_name;
  Fingerprint graph;    ///< of the Graph; empty in a plan written by hand for whatever model it fits
  std::string variant;  ///< member of a family of networks; empty: the model itself
  std::string board_name;
  Fingerprint board;                  ///< of the Board; empty as above
  std::string objective = "latency";  ///< what it was made for: "latency", "energy", "edp"
  std::optional<Prediction> prediction;
  std::vector<Step> steps;

  /// Files it was made from, for commands that need them again; as they were named then, may be empty.
  struct Sources {
    std::string model;
    std::string board;
    std::string profile;
    std::string calibration;
  };
  Sources sources;
};

/// A chain of slices: slice i covers layers [borders[i], borders[i + 1]) and runs on configurations[i].
/// Requires: borders ascend from 0, one more than configurations.
[[nodiscard]] std::vector<Step> chain_steps(const std::vector<std::size_t>& borders, const std::vector<std::string>& configurations);

/// A plan as JSON; docs/formats.md describes every key. The same plan gives the same bytes.
[[nodiscard]] std::string format_plan(const Plan& plan);

/// Steps that do not say what they come after come after the one before. At most a million layers in all. Errors: kInvalidInput, with the key.
[[nodiscard]] Result<Plan> parse_plan(std::string_view text, std::string_view where = "plan");
[[nodiscard]] Result<Plan> read_plan(const std::filesystem::path& path);
[[nodiscard]] Result<void> write_plan(const Plan& plan, const std::filesystem::path& path);

/// "0-4,7" for {0, 1, 2, 3, 4, 7}.
[[nodiscard]] std::string format_layers(const std::vector<LayerId>& layers);

/// Errors: kInvalidInput: not of that form, not ascending, or more than a million layers.
[[nodiscard]] Result<std::vector<LayerId>> parse_layers(std::string_view text);

}  // namespace mosaic
