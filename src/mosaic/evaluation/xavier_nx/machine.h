#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/elastic/additive.h"
#include "mosaic/elastic/front.h"
#include "mosaic/manager/application.h"
#include "mosaic/manager/machine.h"

namespace mosaic::xavier_nx {

/// Figures that were published of networks on the board. Source: Xun et al., Dynamic-OFA (arXiv 2105.03596) and its public demo; ends of levels are
/// read off plots. The source does not say which sub-network `gpu` to `cpu_slow_shared` are of, only that it is one.
struct Published {
  Milliseconds gpu{43};              ///< at 1.1 GHz
  Milliseconds gpu_slow{50};         ///< at 803 MHz
  Milliseconds gpu_shared{50};       ///< at 1.1 GHz, beside one other application
  Milliseconds gpu_slow_shared{69};  ///< at 803 MHz, beside one other application
  Milliseconds cpu{580};             ///< at 1.4 GHz
  Milliseconds cpu_slow{830};        ///< at 1.2 GHz
  Milliseconds cpu_shared{1120};
  Milliseconds cpu_slow_shared{1440};
  Milliseconds gpu_least{41.2};  ///< of the levels on the GPU
  Milliseconds gpu_most{61.8};
  Milliseconds cpu_least{500};
  Milliseconds cpu_most{1850};
  Milliseconds before_training{46};  ///< on the GPU
  Milliseconds beside_training{63.5};
};

/// A Jetson Xavier NX, MODELLED: no such board was measured here. A request on the GPU takes `gpu_clocked` of its time over the clock, the rest
/// whatever the clock; one on n cores takes (1 - p + p / n) over the clock. Powers and cores are chosen, for nothing is published of them: energies
/// serve to compare policies on one model.
struct BoardModel {
  double gpu_scale = 1;         ///< a network takes so many times what the table's blocks add up to
  double cpu_scale = 1;         ///< ... on four cores
  double gpu_clocked = 0;       ///< share of time at 1.1 GHz
  double gpu_training = 1;      ///< times as long beside a training job
  double gpu_other = 0;         ///< share of the GPU that one other application takes, a training job taking all
  double cpu_other = 1;         ///< times as long beside one other application
  double parallel = 0.9;        ///< p; chosen
  Watts idle{3};                ///< of the board, always; chosen, as what follows
  Watts working{2};             ///< more, while a request runs: memory, and the core that drives the GPU
  Watts gpu{6};                 ///< more, at 1.1 GHz, in proportion to clock and voltage squared
  Watts core{1.2};              ///< more, of each core at 1.5 GHz, likewise
  double least_voltage = 0.65;  ///< at the lowest clock, as a share of that at the highest; linear in between
};

/// A sub-network as a level, with what the tables' blocks add up to.
struct Level {
  elastic::SubNetwork network;
  std::string name;
  double proxy_percent = 0;  ///< of accuracy: made by hand
  Nanoseconds gpu{};
  Nanoseconds cpu{};
};

/// Of the front of `scores`, with what each takes on both devices, by ascending proxy. Requires: scores of one space.
[[nodiscard]] std::vector<Level> levels_of_front(std::span<const elastic::Candidate> candidates, const elastic::AdditiveScores& gpu,
                                                 const elastic::AdditiveScores& cpu, const std::string& prefix);

/// What follows from published figures: the clocked share from `gpu_slow`, scales from the ends of the published levels against the ends of these,
/// contention from `gpu_shared`, `beside_training` and `cpu_shared`. Requires: levels.
[[nodiscard]] BoardModel fitted_model(std::span<const Level> gpu_levels, std::span<const Level> cpu_levels, const Published& published = {});

[[nodiscard]] Milliseconds gpu_time(const BoardModel& model, const Level& level, Hertz clock);
/// Requires: cores >= 1.
[[nodiscard]] Milliseconds cpu_time(const BoardModel& model, const Level& level, Hertz clock, int cores);

/// Four cores on one clock (200 MHz to 1.5 GHz) and a GPU (300 MHz to 1.1 GHz): one to four neighbouring cores, or the GPU, at each clock. A request
/// on the GPU holds no core.
[[nodiscard]] manager::Machine xavier_machine(const BoardModel& model);

/// What levels take and draw on each placement of `xavier_machine`, by the model.
[[nodiscard]] manager::LevelTable level_table(const BoardModel& model, std::span<const Level> levels);

}  // namespace mosaic::xavier_nx
