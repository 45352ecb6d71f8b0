#include "mosaic/evaluation/rk3399pro/rk3399pro_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "mosaic/base/file.h"
#include "mosaic/base/statistics.h"

namespace mosaic::tables {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLayers = 4096;
constexpr int kMostPoints = 255;
constexpr double kMostTime = 1e12;  // ns, ms, mW, mJ: more is no measurement

enum class Form { kLayers, kTransfers, kSwitching, kRuns };

/// The columns without which a table is of no use.
const std::vector<std::string>& columns_of(Form form) {
  static const std::array<std::vector<std::string>, 4> kColumns{{{"Graph", "Component", "Freq", "Freq_Host", "Layer", "Metric", "Time", "Power"},
                                                                 {"Graph", "Layer", "Dest", "Src", "Time"},
                                                                 {"PE", "Freq", "NextFreq", "T1"},
                                                                 {"graph", "order", "freq", "total_time", "total_e"}}};
  return kColumns[static_cast<std::size_t>(form)];
}

/// By the file's name, else the form that shares most columns; nothing where none shares half of its columns.
std::optional<Form> form_of(const Csv& csv, const std::string& file_name) {
  const std::string stem = fs::path(file_name).stem().string();
  if (stem == "layers") return Form::kLayers;
  if (stem == "transfers") return Form::kTransfers;
  if (stem == "dvfs_switch") return Form::kSwitching;
  std::optional<Form> best;
  double most = 0.5;
  for (const Form form : {Form::kLayers, Form::kTransfers, Form::kSwitching, Form::kRuns}) {
    const std::vector<std::string>& wanted = columns_of(form);
    const auto shared = std::ranges::count_if(wanted, [&](const std::string& each) { return csv.find(each).has_value(); });
    const double share = static_cast<double>(shared) / static_cast<double>(wanted.size());
    if (share < most || (best && share == most)) continue;
    best = form;
    most = share;
  }
  return best;
}

std::unexpected<Error> wrong(const Csv& csv, std::size_t row, std::string_view message) {
  return fail(ErrorCode::kInvalidInput, fmt::format("{}: row {}: {}", csv.where, row + 1, message));
}

/// One capital letter, as "B" or the first of "Big".
Result<char> letter(const Csv& csv, std::size_t row, std::string_view column, bool alone) {
  const std::string_view text = csv.cell(row, column);
  if (text.empty() || text[0] < 'A' || text[0] > 'Z' || (alone && text.size() > 1)) {
    return wrong(csv, row, fmt::format("column '{}': '{}' is not a device's letter", column, text));
  }
  return text[0];
}

Result<int> index(const Csv& csv, std::size_t row, std::string_view column, int most) {
  MOSAIC_TRY(const std::optional<int> value, csv.integer(row, column, 0, most));
  if (!value) return wrong(csv, row, fmt::format("column '{}' is empty", column));
  return *value;
}

/// A time or power; none where the cell is empty.
Result<std::optional<double>> amount(const Csv& csv, std::size_t row, std::string_view column) {
  MOSAIC_TRY(const std::optional<double> value, csv.number(row, column));
  if (value && (*value < 0 || *value > kMostTime)) return wrong(csv, row, fmt::format("column '{}': {} is no time, power or energy", column, *value));
  return value;
}

/// Nothing for what is measured once for a model.
Result<std::optional<Metric>> metric(const Csv& csv, std::size_t row) {
  const std::string_view text = csv.cell(row, "Metric");
  if (text == "in") return Metric::kInput;
  if (text == "task") return Metric::kTask;
  if (text == "out") return Metric::kOutput;
  if (text == "NPU_fill_tensor") return Metric::kFill;
  if (text == "NPU_run_get") return Metric::kFetch;
  if (text == "NPU_load") return std::nullopt;
  return wrong(csv, row, fmt::format("column 'Metric': '{}' is none of in, task, out, NPU_load, NPU_fill_tensor, NPU_run_get", text));
}

/// The integers of "(3, 4)" or "(1,)"; advances over them.
std::optional<std::vector<int>> read_tuple(std::string_view& text) {
  const auto skip = [&](char c) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    const bool there = text.starts_with(c);
    if (there) text.remove_prefix(1);
    return there;
  };
  if (!skip('(')) return std::nullopt;
  std::vector<int> values;
  while (!skip(')')) {
    if (!values.empty() && !skip(',')) return std::nullopt;
    if (skip(')')) break;
    int value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || value < 0 || value > kMostPoints || values.size() == 2) return std::nullopt;
    values.push_back(value);
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  }
  return values;
}

std::optional<Milliseconds> milliseconds(std::optional<double> value) { return value ? std::optional(Milliseconds(*value)) : std::nullopt; }
std::optional<Joules> joules(std::optional<double> millijoules) { return millijoules ? std::optional(Joules{*millijoules / 1e3}) : std::nullopt; }

}  // namespace

Result<std::vector<Point>> parse_points(std::string_view order, std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is not a clock for each of '{}': {}", text.substr(0, 60), order.substr(0, 60), why));
  };
  std::vector<Point> points;
  std::string_view rest = text;
  if (!rest.starts_with('(') || !rest.ends_with(')')) return refuse("it is not in brackets");
  rest.remove_prefix(1);
  rest.remove_suffix(1);
  while (!rest.empty()) {
    const auto values = read_tuple(rest);
    if (!values || values->empty()) return refuse("each is written (clock,) or (clock, clock of the host)");
    if (points.size() == order.size()) return refuse("there are more clocks than letters");
    const char device = order[points.size()];
    if (device < 'A' || device > 'Z') return refuse("a device is a capital letter");
    points.push_back({.device = device, .clock = values->front(), .host = values->size() > 1 ? std::optional(values->back()) : std::nullopt});
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (rest.starts_with(',')) rest.remove_prefix(1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
  }
  if (points.empty() || points.size() != order.size()) return refuse(fmt::format("{} clocks for {} letters", points.size(), order.size()));
  return points;
}

TableReader::Raw& TableReader::network(std::string_view name, const std::string& set) {
  const auto found = std::ranges::find_if(networks_, [&](const Raw& each) { return each.name == name && each.set == set; });
  if (found != networks_.end()) return *found;
  networks_.push_back({.name = std::string(name), .set = set, .samples = {}, .transfers = {}});
  return networks_.back();
}

Result<void> TableReader::add_layers(const Csv& csv, const std::string& set) {
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    MOSAIC_TRY(const std::optional<Metric> what, metric(csv, row));
    MOSAIC_TRY(const std::optional<double> time, amount(csv, row, "Time"));
    MOSAIC_TRY(const std::optional<double> power, amount(csv, row, "Power"));
    MOSAIC_TRY(const std::optional<int> host, csv.integer(row, "Freq_Host", -1, kMostPoints));
    MOSAIC_TRY(const int clock, index(csv, row, "Freq", kMostPoints));
    MOSAIC_TRY(const int layer, index(csv, row, "Layer", kMostLayers - 1));
    MOSAIC_TRY(const char device, letter(csv, row, "Component", true));
    if (!what || !time) continue;
    const Point point{.device = device, .clock = clock, .host = host == -1 ? std::nullopt : host};
    auto& [times, powers] = network(csv.cell(row, "Graph"), set).samples[{*what, static_cast<std::size_t>(layer)}][point];
    times.push_back(*time);
    if (power) powers.push_back(*power);
  }
  return {};
}

Result<void> TableReader::add_transfers(const Csv& csv, const std::string& set) {
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    MOSAIC_TRY(const std::optional<double> time, amount(csv, row, "Time"));
    MOSAIC_TRY(const int layer, index(csv, row, "Layer", kMostLayers - 1));
    MOSAIC_TRY(const char to, letter(csv, row, "Dest", true));
    MOSAIC_TRY(const char from, letter(csv, row, "Src", true));
    if (time) network(csv.cell(row, "Graph"), set).transfers[{static_cast<std::size_t>(layer), from, to}].push_back(*time);
  }
  return {};
}

Result<void> TableReader::add_switching(const Csv& csv) {
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    MOSAIC_TRY(const char device, letter(csv, row, "PE", false));
    MOSAIC_TRY(const int from, index(csv, row, "Freq", kMostPoints));
    MOSAIC_TRY(const int to, index(csv, row, "NextFreq", kMostPoints));
    std::vector<double> trials;
    for (int trial = 1; csv.find(fmt::format("T{}", trial)); ++trial) {
      MOSAIC_TRY(const std::optional<double> time, csv.number(row, fmt::format("T{}", trial)));
      if (time && *time >= 0 && *time < kMostTime) trials.push_back(*time / 1e6);  // a clock that jumped back measured nothing
    }
    if (!trials.empty()) switching_[{device, from, to}].push_back(median(trials));
  }
  return {};
}

Result<void> TableReader::add_runs(const Csv& csv, const std::string& set) {
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    const std::string_view graph = csv.cell(row, "graph");
    auto of = std::ranges::find_if(runs_, [&](const MeasuredRuns& each) { return each.network == graph && each.set == set; });
    if (of == runs_.end()) of = runs_.insert(runs_.end(), {.network = std::string(graph), .set = set, .runs = {}});
    auto points = parse_points(csv.cell(row, "order"), csv.cell(row, "freq"));
    if (!points) return wrong(csv, row, points.error().message);
    MOSAIC_TRY(const std::optional<double> time, amount(csv, row, "total_time"));
    MOSAIC_TRY(const std::optional<double> energy, amount(csv, row, "total_e"));
    MOSAIC_TRY(const std::optional<double> published_time, amount(csv, row, "Predicted_Time"));
    MOSAIC_TRY(const std::optional<double> published_energy, amount(csv, row, "Predicted_Energy"));
    if (!time || !energy || *time <= 0 || *energy <= 0) {
      ++of->unfinished;
      continue;
    }
    of->runs.push_back({.order = std::string(csv.cell(row, "order")),
                        .points = *std::move(points),
                        .time = Milliseconds(*time),
                        .energy = *joules(energy),
                        .published_time = milliseconds(published_time),
                        .published_energy = joules(published_energy)});
  }
  return {};
}

Result<void> TableReader::add(std::string_view text, const std::string& where, const std::string& file_name, const std::string& set) {
  MOSAIC_TRY(const Csv csv, parse_csv(text, where));
  const auto form = form_of(csv, file_name);
  if (!form) {
    ignored_.push_back(where);
    return {};
  }
  MOSAIC_RETURN_IF_ERROR(csv.require(columns_of(*form)));
  switch (*form) {
    case Form::kLayers:
      return add_layers(csv, set);
    case Form::kTransfers:
      return add_transfers(csv, set);
    case Form::kSwitching:
      return add_switching(csv);
    case Form::kRuns:
      return add_runs(csv, set);
  }
  return {};
}

Tables TableReader::finish() const {
  Tables tables{.networks = {}, .runs = runs_, .switching = {}, .ignored = ignored_};
  for (const Raw& raw : networks_) {
    Network network{.name = raw.name, .set = raw.set, .layers = 0, .samples = {}, .transfers = {}};
    for (const auto& [key, by_point] : raw.samples) {
      for (const auto& [point, amounts] : by_point) {
        Sample sample{.time = Milliseconds(median(amounts.first)), .power = {}};
        if (!amounts.second.empty()) sample.power = Watts{median(amounts.second) / 1e3};
        network.samples[key][point] = sample;
      }
      if (key.first == Metric::kTask) network.layers = std::max(network.layers, key.second + 1);
    }
    const bool sender = !raw.transfers.empty() && raw.transfers.begin()->first.cut == 0;  // nothing is sent to the first layer
    for (const auto& [hop, times] : raw.transfers) {
      network.transfers[{.cut = hop.cut + (sender ? 1 : 0), .from = hop.from, .to = hop.to}] = Milliseconds(median(times));
    }
    if (network.layers > 0) tables.networks.push_back(std::move(network));
  }
  for (const auto& [change, times] : switching_) tables.switching[change] = Milliseconds(mean(times));
  return tables;
}

Result<Tables> read_tables(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return fail(ErrorCode::kInvalidInput, fmt::format("{} is not a folder", folder.string()));
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(folder, error); !error && entry != fs::end(entry); entry.increment(error)) {
    if (entry.depth() > 1) entry.disable_recursion_pending();
    if (entry->is_regular_file() && entry->path().extension() == ".csv") files.push_back(entry->path());
  }
  std::ranges::sort(files);
  TableReader reader;
  for (const fs::path& file : files) {
    MOSAIC_TRY(const std::string text, read_file(file));
    const fs::path relative = file.lexically_relative(folder);
    MOSAIC_RETURN_IF_ERROR(reader.add(text, file.string(), relative.filename().string(), relative.parent_path().string()));
  }
  Tables tables = reader.finish();
  if (tables.networks.empty()) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} holds no table of layers (layers.csv with columns {})", folder.string(), fmt::join(columns_of(Form::kLayers), ", ")));
  }
  return tables;
}

}  // namespace mosaic::tables
