#include "mosaic/board/board_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"
#include "mosaic/base/quantity.h"

namespace mosaic {
namespace {

constexpr std::int64_t kSchemaVersion = 1;

/// A size or clock given as a number or as a text with a unit.
template <class T, class Parse>
void read_quantity(Fields& fields, const char* key, std::optional<T>& value, Parse parse) {
  Json given;
  fields.optional(key, given);
  if (given.is_null()) return;
  const std::string text = given.is_string() ? given.get<std::string>() : given.dump();
  if (auto parsed = parse(text)) {
    value = *parsed;
  } else {
    fields.reject(fmt::format("key '{}': {}", key, parsed.error().message));
  }
}

Result<OperatingPoint> read_point(const Json& json, const std::string& where) {
  Fields fields(json, where);
  OperatingPoint point;
  std::int64_t cores = 0;
  std::optional<double> voltage;
  std::optional<double> power;
  fields.optional("cores", cores).optional("voltage", voltage).optional("power", power);
  read_quantity(fields, "clock", point.clock, parse_clock);
  if (cores < 0 || cores > 65536) fields.reject(fmt::format("{} cores", cores));
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  point.cores = static_cast<int>(cores);
  if (voltage) point.voltage = Volts{*voltage};
  if (power) point.power = Watts{*power};
  return point;
}

/// One core and all of them; a device without cores has one point with nothing to choose.
std::vector<OperatingPoint> default_points(const Device& device) {
  std::vector<OperatingPoint> points;
  const int cores = static_cast<int>(device.cores.size());
  points.push_back({.cores = std::min(cores, 1), .clock = {}, .voltage = {}});
  if (cores > 1) points.push_back({.cores = cores, .clock = {}, .voltage = {}});
  return points;
}

SpaceId find_or_add_space(Board& board, const std::string& name) {
  const auto found = std::ranges::find(board.spaces, name, &MemorySpace::name);
  if (found != board.spaces.end()) return SpaceId(static_cast<std::size_t>(found - board.spaces.begin()));
  board.spaces.push_back({.name = name, .limit = {}});
  return SpaceId(board.spaces.size() - 1);
}

Result<Device> read_device(const Json& json, Board& board, bool simulated, const std::string& where) {
  Fields fields(json, where);
  Device device;
  std::string kind;
  std::string space;
  std::vector<std::int64_t> cores;
  Json options = Json::object();
  std::vector<Json> points;
  device.backend = simulated ? "sim" : "ort";
  fields.required("name", device.name).required("kind", kind).optional("backend", device.backend).optional("provider", device.provider);
  fields.optional("library", device.library).optional("options", options).optional("space", space).optional("cores", cores);
  fields.optional("clock_domain", device.clock_domain).optional("precision", device.precision).optional("cost_function", device.cost_function);
  fields.optional("spin", device.spin).optional("missing_operators", device.missing_operators).optional("operating_points", points);
  read_quantity(fields, "slice_limit", device.slice_limit, parse_bytes);

  constexpr std::array kKinds{DeviceKind::kCpu, DeviceKind::kGpu, DeviceKind::kNpu};
  const auto* const found = std::ranges::find(kKinds, kind, [](DeviceKind each) { return name(each); });
  if (found == kKinds.end()) fields.reject(fmt::format("kind must be cpu, gpu or npu, not '{}'", kind));
  constexpr std::array<std::string_view, 4> kBackends{"ort", "sim", "replay", "modelled"};
  if (std::ranges::find(kBackends, device.backend) == kBackends.end())
    fields.reject(fmt::format("backend must be ort, sim, replay or modelled, not '{}'", device.backend));
  if (!board.devices.empty() && (device.backend == "replay") != board.replayed())
    fields.reject("a board is replayed as a whole: either every device is of backend replay, or none");
  if (!board.devices.empty() && (device.backend == "modelled") != board.modelled())
    fields.reject("a board is modelled as a whole: either every device is of backend modelled, or none");
  if ((device.backend == "modelled") == device.cost_function.empty())
    fields.reject("a device of backend modelled names its 'cost_function', and no other does");
  if ((device.backend == "sim") != simulated)
    fields.reject("a board is simulated as a whole: either it has a 'simulation' and every device is of backend sim, or neither");
  for (const std::int64_t core : cores) {
    if (core < 0 || core > 65535) fields.reject(fmt::format("core {} does not exist", core));
  }
  if (!options.is_object()) fields.reject("key 'options' must be a mapping");
  MOSAIC_RETURN_IF_ERROR(fields.finish());

  device.kind = *found;
  device.cores.assign(cores.begin(), cores.end());
  for (const auto& [key, value] : options.items()) device.options[key] = value.is_string() ? value.get<std::string>() : value.dump();
  if (space.empty()) space = device.kind == DeviceKind::kCpu ? "host" : device.name;
  device.space = find_or_add_space(board, space);
  for (std::size_t p = 0; p < points.size(); ++p) {
    MOSAIC_TRY(OperatingPoint point, read_point(points[p], fmt::format("{}, operating point {}", where, p)));
    device.points.push_back(point);
  }
  if (points.empty()) device.points = default_points(device);
  return device;
}

Result<MemorySpace> read_space(const Json& json, const std::string& where) {
  Fields fields(json, where);
  MemorySpace space;
  fields.required("name", space.name);
  read_quantity(fields, "limit", space.limit, parse_bytes);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return space;
}

/// In MHz where that reads back as the same number.
std::string format_clock(Hertz clock) {
  const std::string megahertz = fmt::format("{:g} MHz", static_cast<double>(clock.value) / 1e6);
  const auto read = parse_clock(megahertz);
  return read && *read == clock ? megahertz : fmt::format("{} Hz", clock.value);
}

std::string format_point(const OperatingPoint& point) {
  std::vector<std::string> parts;
  if (point.cores > 0) parts.push_back(fmt::format("cores: {}", point.cores));
  if (point.clock) parts.push_back("clock: " + format_clock(*point.clock));
  if (point.voltage) parts.push_back(fmt::format("voltage: {}", point.voltage->value));
  if (point.power) parts.push_back(fmt::format("power: {}", point.power->value));
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

std::string format_device(const Board& board, const Device& device) {
  std::string out = fmt::format("  - name: {}\n    kind: {}\n    backend: {}\n", yaml_text(device.name), name(device.kind), device.backend);
  if (device.backend == "ort" || device.provider != "CPU") out += fmt::format("    provider: {}\n", yaml_text(device.provider));
  if (!device.library.empty()) out += fmt::format("    library: {}\n", yaml_text(device.library));
  if (!device.options.empty()) {
    out += "    options:\n";
    for (const auto& [key, value] : device.options) out += fmt::format("      {}: {}\n", yaml_text(key), yaml_text(value));
  }
  out += fmt::format("    space: {}\n", yaml_text(board.space(device.space).name));
  if (!device.cores.empty()) out += fmt::format("    cores: [{}]\n", fmt::join(device.cores, ", "));
  if (!device.precision.empty()) out += fmt::format("    precision: {}\n", yaml_text(device.precision));
  if (!device.cost_function.empty()) out += fmt::format("    cost_function: {}\n", yaml_text(device.cost_function));
  if (!device.clock_domain.empty()) out += fmt::format("    clock_domain: {}\n", yaml_text(device.clock_domain));
  if (device.cores.size() > 1 || !device.spin)
    out += fmt::format("    spin: {}          # false where other work shares the cores, or energy counts more than latency\n", device.spin);
  if (device.slice_limit) out += fmt::format("    slice_limit: {}\n", device.slice_limit->value);
  if (!device.missing_operators.empty()) {
    out += "    missing_operators:\n";
    for (const std::string& op : device.missing_operators) out += fmt::format("      - {}\n", yaml_text(op));
  }
  out += "    operating_points:\n";
  for (const OperatingPoint& point : device.points) out += fmt::format("      - {}\n", format_point(point));
  return out;
}

}  // namespace

Result<Bytes> parse_bytes(std::string_view text) {
  constexpr std::array<UnitName, 11> kUnits{{{"", 1},
                                             {"B", 1},
                                             {"kB", 1e3},
                                             {"KB", 1e3},
                                             {"MB", 1e6},
                                             {"GB", 1e9},
                                             {"TB", 1e12},
                                             {"KiB", 0x1p10},
                                             {"MiB", 0x1p20},
                                             {"GiB", 0x1p30},
                                             {"TiB", 0x1p40}}};
  MOSAIC_TRY(const double value, parse_quantity(text, kUnits, "a size such as '100 MB'"));
  return Bytes{std::llround(value)};
}

Result<Hertz> parse_clock(std::string_view text) {
  constexpr std::array<UnitName, 4> kUnits{{{"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}}};
  MOSAIC_TRY(const double value, parse_quantity(text, kUnits, "a clock such as '1800 MHz'"));
  return Hertz{std::llround(value)};
}

Result<Board> parse_board(std::string_view yaml, std::string_view where) {
  auto parsed = parse_yaml(yaml);
  if (!parsed) return within(where, parsed.error());
  if (auto schema = check_schema(*parsed, kSchemaVersion, "board file"); !schema) return within(where, schema.error());

  Board board;
  std::int64_t version = 0;
  std::vector<Json> spaces;
  std::vector<Json> devices;
  Json simulation;
  Fields fields(*parsed, std::string(where));
  fields.required("schema_version", version).required("name", board.name).optional("machine", board.machine);
  fields.optional("spaces", spaces).required("devices", devices).optional("simulation", simulation);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  if (!simulation.is_null()) board.simulation = simulation.dump(-1, ' ', false, Json::error_handler_t::replace);

  for (std::size_t s = 0; s < spaces.size(); ++s) {
    MOSAIC_TRY(MemorySpace space, read_space(spaces[s], fmt::format("{}: memory space {}", where, s)));
    board.spaces.push_back(std::move(space));
  }
  for (std::size_t d = 0; d < devices.size(); ++d) {
    const bool named = devices[d].is_object() && devices[d].contains("name") && devices[d]["name"].is_string();
    const std::string label =
        named ? fmt::format("{}: device '{}'", where, devices[d]["name"].get<std::string>()) : fmt::format("{}: device {}", where, d);
    MOSAIC_TRY(Device device, read_device(devices[d], board, !simulation.is_null(), label));
    board.devices.push_back(std::move(device));
  }
  auto made = make_board(std::move(board));
  if (!made) return within(where, made.error());
  return made;
}

Result<Board> read_board(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string text, read_file(path));
  return parse_board(text, path.string());
}

std::string format_board(const Board& board) {
  std::string out =
      fmt::format("# A board: what mosaic may place layers on. Every key is described in docs/boards.md.\nschema_version: {}\nname: {}\n",
                  kSchemaVersion, yaml_text(board.name));
  if (!board.machine.empty())
    out += fmt::format("machine: {}   # the file is refused on another machine; delete this line to carry it over\n", yaml_text(board.machine));
  out += "spaces:\n";
  for (const MemorySpace& space : board.spaces) {
    out += fmt::format("  - name: {}\n", yaml_text(space.name));
    out += space.limit ? fmt::format("    limit: {}\n", space.limit->value) : "    # limit: 512 MiB    # for the sum of all slices in this memory\n";
  }
  out += "devices:\n";
  for (const Device& device : board.devices) out += format_device(board, device);
  if (board.simulated()) out += fmt::format("simulation: {}\n", yaml_from_json(board.simulation));
  return out;
}

}  // namespace mosaic
