#pragma once

// Measured tables small enough to be summed by hand.

#include <fmt/format.h>

#include <string>

#include "mosaic/board/board_file.h"
#include "mosaic/evaluation/rk3399pro/clocks.h"
#include "mosaic/evaluation/rk3399pro/rk3399pro_csv.h"
#include "tests/support.h"

namespace mosaic::test {

inline constexpr const char* kLayersHeader = "Graph,Component,Freq,Freq_Host,Layer,Metric,Time,Power\n";

/// B at 500, 1000 and 2000 MHz, L at 500 and 1000 MHz, G at 250 and 500 MHz with B as its host, N without a clock of its own.
inline Board table_board() {
  return expect(parse_board(R"(
schema_version: 1
name: rk3399pro
devices:
  - {name: big, kind: cpu, backend: replay, cores: [4, 5], operating_points: [{cores: 2, clock: 500 MHz}, {cores: 2, clock: 1 GHz}, {cores: 2, clock: 2 GHz}]}
  - {name: little, kind: cpu, backend: replay, cores: [0, 1], operating_points: [{cores: 2, clock: 500 MHz}, {cores: 2, clock: 1 GHz}]}
  - {name: gpu, kind: gpu, backend: replay, operating_points: [{clock: 250 MHz}, {clock: 500 MHz}]}
  - {name: npu, kind: npu, backend: replay}
)"));
}

inline tables::Clocks table_clocks() { return expect(tables::clocks_of(table_board())); }

/// Layers that follow equations 3 to 5 exactly, f in GHz:
///   B: layer k takes 4 (k + 1) / f + 1 ms and draws 3 + (k + 1) f / 2 W; loading the input takes 8 / f ms
///   L: four times as long at 3 + f W
///   G: (k + 1) / f_gpu + 2 / f_host ms at 4 W
inline std::string exact_layers(const std::string& network, int layers) {
  std::string csv;
  const auto add = [&](char device, int clock, int host, int layer, const char* metric, double time, double watts) {
    csv += fmt::format("{},{},{},{},{},{},{},{}\n", network, device, clock, host, layer, metric, time, 1e3 * watts);
  };
  const double big[]{0.5, 1, 2};
  const double gpu[]{0.25, 0.5};
  for (int clock = 0; clock < 3; ++clock) {
    const double f = big[clock];
    add('B', clock, -1, 0, "in", 8 / f, 3);
    for (int k = 0; k < layers; ++k) add('B', clock, -1, k, "task", 4 * (k + 1) / f + 1, 3 + (k + 1) * f / 2);
    if (clock < 2) {
      add('L', clock, -1, 0, "in", 16 / f, 3);
      for (int k = 0; k < layers; ++k) add('L', clock, -1, k, "task", 16 * (k + 1) / f + 4, 3 + f);
    }
    for (int g = 0; g < 2; ++g) {
      add('G', g, clock, 0, "in", 8 / f, 3);
      for (int k = 0; k < layers; ++k) add('G', g, clock, k, "task", (k + 1) / gpu[g] + 2 / f, 4);
    }
  }
  return csv;
}

/// A folder's tables from texts. Empty texts are left out.
inline tables::Tables read_texts(const std::string& layers, const std::string& transfers = "", const std::string& switching = "",
                                 const std::string& runs = "") {
  tables::TableReader reader;
  expect(reader.add(layers, "layers.csv", "layers.csv", ""));
  if (!transfers.empty()) expect(reader.add(transfers, "transfers.csv", "transfers.csv", ""));
  if (!switching.empty()) expect(reader.add(switching, "dvfs_switch.csv", "dvfs_switch.csv", ""));
  if (!runs.empty()) expect(reader.add(runs, "net.csv", "net.csv", ""));
  return reader.finish();
}

}  // namespace mosaic::test
