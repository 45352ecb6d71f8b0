#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/ids.h"
#include "mosaic/base/units.h"

namespace mosaic {

/// A memory that slices occupy. Devices that share one hand tensors to each other without a copy.
struct MemorySpace {
  std::string name;
  std::optional<Bytes> limit;  ///< for the sum of all slices that live in it; none: no limit
};

/// One way to run a device.
struct OperatingPoint {
  int cores = 0;               ///< how many of the device's cores; 0 for what has no cores to choose
  std::optional<Hertz> clock;  ///< none: left to the system
  std::optional<Volts> voltage;
  std::optional<Watts> power{};  ///< that the whole board draws while the device works so, for energies where nothing measures them

  /// "2c", "4c@2362MHz", "767MHz"; empty where there is nothing to choose.
  [[nodiscard]] std::string name() const;
};

enum class DeviceKind { kCpu, kGpu, kNpu };
[[nodiscard]] std::string_view name(DeviceKind kind);

/// Something that runs layers: a cluster of cores, a GPU, an accelerator.
struct Device {
  std::string name;
  DeviceKind kind = DeviceKind::kCpu;
  std::string backend = "ort";                 ///< which backend drives it: "ort", "sim"; "replay", "modelled": none, others measured or modelled it
  std::string provider = "CPU";                ///< execution provider of the engine
  std::string library;                         ///< plugin library of the provider; empty: it is built in
  std::map<std::string, std::string> options;  ///< handed to the provider
  SpaceId space;
  std::vector<int> cores;            ///< processors of the machine that belong to it, ascending
  std::string clock_domain;          ///< what sets its clock: a cpufreq policy or devfreq device; empty: the policies of its cores
  bool spin = true;                  ///< its idle threads wait by spinning: lower latency, more energy, no good where others share the cores
  std::optional<Bytes> slice_limit;  ///< most memory one slice may need (weights and largest activations)
  std::vector<std::string> missing_operators;  ///< what it cannot run, as in GraphNode::op
  std::string precision;                       ///< that it computes in, "int8", "ternary"; empty: the model's own
  std::string cost_function;                   ///< of a modelled device: the published function of its cycles, "diana/digital"
  std::vector<OperatingPoint> points;          ///< at least one

  [[nodiscard]] bool lacks(std::string_view op) const;
};

/// What profiles say of a layer with an operator that the board file forbids.
[[nodiscard]] std::string lacks_by_board(std::string_view op);

/// A device at an operating point in a precision: the paper's delta.
struct Configuration {
  DeviceId device;
  std::size_t point = 0;
  std::string precision;  ///< empty: the model's own
  std::string name;       ///< "cpu/2c", "gpu", "npu/960MHz/int8"
};

/// What slices can be placed on. Immutable once made by `make_board`. A board says what is there and what is allowed, never how fast it is.
struct Board {
  std::string name;
  std::string machine;     ///< the real machine it describes (processor, vector units, cores); empty for a simulated one
  std::string simulation;  ///< JSON of a simulated board's truth, for the simulated backend alone; empty for a real one
  std::vector<MemorySpace> spaces;
  std::vector<Device> devices;
  std::vector<Configuration> configurations;  ///< every device at every point, in that order
  Fingerprint fingerprint;                    ///< of all that changes a measurement of time: not of limits, missing operators, powers, or its name

  [[nodiscard]] const Device& device(DeviceId id) const { return devices[id.index()]; }
  [[nodiscard]] const Device& device_of(ConfigurationId id) const { return device(configuration(id).device); }
  [[nodiscard]] const Configuration& configuration(ConfigurationId id) const { return configurations[id.index()]; }
  [[nodiscard]] const MemorySpace& space(SpaceId id) const { return spaces[id.index()]; }
  [[nodiscard]] const OperatingPoint& point_of(ConfigurationId id) const;
  [[nodiscard]] bool simulated() const { return !simulation.empty(); }
  /// Whether its truth are tables that others measured, or functions that others published: nothing can be run on it.
  [[nodiscard]] bool replayed() const { return !devices.empty() && devices.front().backend == "replay"; }
  [[nodiscard]] bool modelled() const { return !devices.empty() && devices.front().backend == "modelled"; }
  /// Whether its devices are a machine's, which an engine drives: neither simulated, nor known from others' tables or functions.
  [[nodiscard]] bool real() const { return !simulated() && !replayed() && !modelled(); }

  /// Errors: kInvalidInput, naming the configurations there are.
  [[nodiscard]] Result<ConfigurationId> find_configuration(std::string_view wanted) const;

  /// The cores of the CPU configuration with most cores among those that may spin; empty if none has two.
  [[nodiscard]] std::vector<int> widest_spinning_cores() const;

  /// Whether two configurations may work at the same moment: they are of different devices that share no core.
  [[nodiscard]] bool disjoint(ConfigurationId a, ConfigurationId b) const;
};

/// Completes a board from its spaces and devices: checks them against each other, lists the configurations, makes the fingerprint.
/// Errors: kInvalidInput: no device, a name that stands twice or is not usable in a configuration's name, a point with more cores than the device
/// has, a core that stands twice in one device, a clock without a voltage or an operating point without a power beside others with one, a space that
/// does not exist, a limit that is not positive.
[[nodiscard]] Result<Board> make_board(Board board);

/// The board without limits of memory, which forbid plans and not measurements.
[[nodiscard]] Board without_limits(Board board);

}  // namespace mosaic
