#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/evaluation/rk3399pro/csv.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"

namespace mosaic::tables {

/// Collects the tables that Ehsan Aghapour's CO-UP profiles of an RK3399Pro consist of, and any further file in their form. A table's form is told by
/// its file's name (layers, transfers, dvfs_switch), else by its columns:
///  - layers: Graph, Component (letter of the device), Freq, Freq_Host (index; -1 or empty: none), Layer, Metric (in, task, out, NPU_fill_tensor,
///    NPU_run_get; NPU_load is once for a model and left out), Time (ms), Power (mW, whole board). Several rows of one thing count as their median.
///  - transfers: Graph, Layer, Dest, Src, Time (ms). A table whose layers begin at 0 counts the layer that sends, else the layer that receives.
///  - switching: PE, Freq, NextFreq, T1, T2, ... (ns); the median of the trials that are not negative, and the mean over rows of the same change.
///  - whole networks: graph, order (a letter for each layer), freq ("((3, 4), (1,), ...)": index of the clock, and of the host's), total_time (ms),
///    total_e (mJ), and where there are Predicted_Time, Predicted_Energy.
/// Thread-compatible.
class TableReader {
 public:
  /// `set` is the folder of the file. Errors: kInvalidInput: missing columns, a cell that makes no sense, with file, row and column.
  [[nodiscard]] Result<void> add(std::string_view text, const std::string& where, const std::string& file_name, const std::string& set);

  /// Everything that was added. Networks in order of appearance.
  [[nodiscard]] Tables finish() const;

 private:
  struct Raw {
    std::string name;
    std::string set;
    std::map<std::pair<Metric, std::size_t>, std::map<Point, std::pair<std::vector<double>, std::vector<double>>>> samples;  // ms, mW
    std::map<Hop, std::vector<double>> transfers;                                                                            // cut as in the file
  };

  Raw& network(std::string_view name, const std::string& set);
  Result<void> add_layers(const Csv& csv, const std::string& set);
  Result<void> add_transfers(const Csv& csv, const std::string& set);
  Result<void> add_switching(const Csv& csv);
  Result<void> add_runs(const Csv& csv, const std::string& set);

  std::vector<Raw> networks_;
  std::vector<MeasuredRuns> runs_;
  std::map<std::tuple<char, int, int>, std::vector<double>> switching_;  // ms
  std::vector<std::string> ignored_;
};

/// All tables in a folder and in those directly below it, files in order of their names.
/// Errors: kInvalidInput: no such folder, no table of layers in it; those of `TableReader::add`.
[[nodiscard]] Result<Tables> read_tables(const std::filesystem::path& folder);

/// "((3, 4), (1,))" as points of the devices of `order`. Errors: kInvalidInput: another form, another number of points than letters.
[[nodiscard]] Result<std::vector<Point>> parse_points(std::string_view order, std::string_view text);

}  // namespace mosaic::tables
