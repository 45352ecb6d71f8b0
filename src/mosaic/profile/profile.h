#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/units.h"
#include "mosaic/board/board.h"
#include "mosaic/graph/graph.h"

namespace mosaic {

/// Times of layers [begin, end) run as one slice between slices on the same configuration: what the method "slice difference" is made of.
struct SliceSamples {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string configuration;
  std::vector<double> microseconds;  ///< one a round, in the order of the rounds
  std::vector<double> microjoules;   ///< drawn by the device, likewise; empty where nothing measured it
};

/// What it costs, beyond what the two slices take, when a tensor is made on `from` and used on `to`, which may be the same device.
struct LinkSamples {
  std::string from;  ///< device; empty: the caller, who hands over the model's inputs
  std::string to;    ///< device; empty: the caller, who gets the outputs
  struct Point {
    Bytes bytes;
    std::vector<double> microseconds;  ///< one a round; may be negative by noise
  };
  std::vector<Point> points;
};

/// A layer that a configuration cannot run.
struct Unsupported {
  std::string configuration;
  std::size_t layer = 0;
  std::string reason;
};

/// Mean power while the whole model ran again and again on a configuration: all that the meter covers, the machine at rest included.
struct ConfigurationPower {
  std::string configuration;
  Watts power;
  Watts error;        ///< half width of its 95 % interval
  Watts rest;         ///< what the same meter showed of the machine at rest
  std::string meter;  ///< "hwmon:ina3221/VDD_IN"
};

/// What it took to set a clock of the machine, again and again, from each to each other that operating points ask of it.
struct ClockChangeSamples {
  std::string domain;                ///< "policy4"
  std::vector<std::string> devices;  ///< that run at it
  struct Change {
    std::optional<Hertz> from;  ///< as the operating points have it; none: left to the system
    std::optional<Hertz> to;
    std::vector<double> microseconds;
  };
  std::vector<Change> changes;
};

/// What was measured of one model on one board, raw: nothing in here is fitted, averaged or corrected.
struct Profile {
  std::string graph_name;
  Fingerprint graph;
  std::vector<Fingerprint> signatures;  ///< of the layers in order; equal ones may share measurements, also between models
  std::string board_name;
  Fingerprint board;
  std::string board_option;  ///< how it was named to the command: a file, a name; empty: this machine
  std::string machine;
  std::string engine;  ///< name and version
  Fingerprint engine_fingerprint;
  bool simulated = false;

  std::size_t rounds = 0;            ///< completed ones; every list of samples has as many
  std::vector<SliceSamples> slices;  ///< all with energies or none
  std::vector<SliceSamples> wholes;  ///< the whole model as one slice on each configuration: the check, not used to fit anything
  std::vector<LinkSamples> links;
  std::vector<Unsupported> unsupported;
  std::vector<ConfigurationPower>
      powers;  ///< by a meter of the machine, of the configurations that can run the whole model; empty where there was none
  std::vector<ClockChangeSamples> clock_changes;  ///< of a real board, clocks that operating points ask different things of
  double load = 0;                                ///< processes that wanted a processor when it began, by the system's own count
  std::vector<std::string> noisy;                 ///< configurations whose whole-model times spread too far to be relied on, with the figures
};

/// A profile as JSON; docs/formats.md describes every key. The same profile gives the same bytes.
[[nodiscard]] std::string format_profile(const Profile& profile);

/// Errors: kInvalidInput, with the key.
[[nodiscard]] Result<Profile> parse_profile(std::string_view text, std::string_view where = "profile");
[[nodiscard]] Result<Profile> read_profile(const std::filesystem::path& path);
[[nodiscard]] Result<void> write_profile(const Profile& profile, const std::filesystem::path& path);

/// Refuses what was measured of something else. `engine`: fingerprint of the engine in use; empty where none is loaded, which is then not compared.
/// Errors: kInvalidInput: another model, board, machine or engine; layers or configurations that do not exist.
[[nodiscard]] Result<void> check_profile(const Profile& profile, const Graph& graph, const Board& board, const Fingerprint& engine);

}  // namespace mosaic
