#include "mosaic/board/board.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ranges>
#include <set>

#include "mosaic/base/text.h"

namespace mosaic {
namespace {

bool usable_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

Result<void> check_limit(const std::optional<Bytes>& limit, std::string_view what) {
  if (limit && limit->value <= 0) return invalid(fmt::format("{}: the limit must be positive, not {} bytes", what, limit->value));
  return {};
}

/// Power at one clock follows from that at another by their voltages: all clocks name one, or none does.
Result<void> check_voltages(const Device& device) {
  const bool any = std::ranges::any_of(device.points, [](const OperatingPoint& point) { return point.voltage.has_value(); });
  for (const OperatingPoint& point : device.points) {
    const std::string label = fmt::format("device '{}': operating point '{}'", device.name, point.name());
    if (any && point.clock && !point.voltage)
      return invalid(label + " has a clock without a voltage, and others have one: give all clocks a voltage or none");
    if (point.voltage && !(point.voltage->value > 0)) return invalid(label + " has a voltage that is not positive");
  }
  return {};
}

/// Energies of plans are compared: they are known of every configuration or of none.
Result<void> check_powers(const Board& board) {
  const OperatingPoint* with = nullptr;
  std::string without;
  for (const Configuration& each : board.configurations) {
    const OperatingPoint& point = board.device(each.device).points[each.point];
    if (!point.power) {
      if (without.empty()) without = each.name;
      continue;
    }
    with = &point;
    if (!(point.power->value > 0) || !std::isfinite(point.power->value))
      return invalid(fmt::format("'{}': the power must be positive, not {} W", each.name, point.power->value));
  }
  if (with != nullptr && !without.empty())
    return invalid(fmt::format("'{}' has no power, and other operating points have one: give all of the board a power or none", without));
  return {};
}

Result<void> check_device(const Board& board, const Device& device) {
  const auto wrong = [&](const std::string& message) { return invalid(fmt::format("device '{}': {}", device.name, message)); };
  if (!usable_name(device.name)) return wrong("a name is made of letters, digits, '_', '-' and '.'");
  if (device.space.index() >= board.spaces.size()) return wrong("its memory space does not exist");
  if (device.points.empty()) return wrong("it has no operating point");
  MOSAIC_RETURN_IF_ERROR(check_limit(device.slice_limit, fmt::format("device '{}'", device.name)));
  if (std::set(device.cores.begin(), device.cores.end()).size() != device.cores.size()) return wrong("a core stands twice");
  if (std::ranges::any_of(device.cores, [](int core) { return core < 0 || core > 65535; })) return wrong("a core must be a number from 0 to 65535");
  std::set<std::string> names;
  for (const OperatingPoint& point : device.points) {
    if (point.cores < 0 || point.cores > static_cast<int>(device.cores.size())) {
      return wrong(fmt::format("an operating point has {} cores, the device has {}", point.cores, device.cores.size()));
    }
    if (device.kind == DeviceKind::kCpu && point.cores == 0)
      return wrong("an operating point of a CPU needs at least one core: name them in its key 'cores'");
    if (point.clock && point.clock->value <= 0) return wrong("a clock must be positive");
    if (!names.insert(point.name()).second) return wrong(fmt::format("operating point '{}' stands twice", point.name()));
  }
  return check_voltages(device);
}

Fingerprint make_fingerprint(const Board& board) {
  Hasher hasher;
  hasher.add(board.machine).add(board.simulation).add(board.devices.size());
  for (const Device& device : board.devices) {
    hasher.add(device.name).add(device.kind).add(device.backend).add(device.provider).add(device.library).add(device.spin);
    hasher.add(board.space(device.space).name).add_all(std::span(device.cores)).add(device.options.size());
    for (const auto& [key, value] : device.options) hasher.add(key).add(value);
    hasher.add(device.points.size());
    for (const OperatingPoint& point : device.points) hasher.add(point.name());
    if (!device.clock_domain.empty()) hasher.add("clock_domain").add(device.clock_domain);  // boards without keep their fingerprints
    if (!device.precision.empty()) hasher.add("precision").add(device.precision);
    if (!device.cost_function.empty()) hasher.add("cost_function").add(device.cost_function);
  }
  return hasher.fingerprint();
}

}  // namespace

std::string OperatingPoint::name() const {
  std::string text = cores > 0 ? fmt::format("{}c", cores) : "";
  if (clock) text += fmt::format("{}{:g}MHz", text.empty() ? "" : "@", static_cast<double>(clock->value) / 1e6);
  return text;
}

std::string_view name(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::kCpu:
      return "cpu";
    case DeviceKind::kGpu:
      return "gpu";
    case DeviceKind::kNpu:
      return "npu";
  }
  return "";
}

std::string lacks_by_board(std::string_view op) { return fmt::format("the board file says that it lacks {}", op); }

bool Device::lacks(std::string_view op) const { return std::ranges::find(missing_operators, op) != missing_operators.end(); }

const OperatingPoint& Board::point_of(ConfigurationId id) const { return device_of(id).points[configuration(id).point]; }

Result<ConfigurationId> Board::find_configuration(std::string_view wanted) const {
  const auto found = std::ranges::find(configurations, wanted, &Configuration::name);
  if (found != configurations.end()) return ConfigurationId(static_cast<std::size_t>(found - configurations.begin()));
  std::string known;
  for (const Configuration& each : configurations) known += (known.empty() ? "" : ", ") + each.name;
  return invalid(fmt::format("board '{}' has no configuration '{}'; it has {}", name, wanted, known));
}

std::vector<int> Board::widest_spinning_cores() const {
  std::vector<int> widest;
  for (const Device& each : devices) {
    if (each.kind != DeviceKind::kCpu || !each.spin) continue;
    for (const OperatingPoint& point : each.points) {
      const auto count = static_cast<std::size_t>(point.cores);
      if (count > 1 && count > widest.size()) widest.assign(each.cores.begin(), each.cores.begin() + point.cores);
    }
  }
  return widest;
}

bool Board::disjoint(ConfigurationId a, ConfigurationId b) const {
  if (configuration(a).device == configuration(b).device) return false;
  return std::ranges::find_first_of(device_of(a).cores, device_of(b).cores) == device_of(a).cores.end();
}

Result<Board> make_board(Board board) {
  if (board.devices.empty()) return invalid("the board has no device");
  std::set<std::string> names;
  for (const MemorySpace& space : board.spaces) {
    if (!names.insert(space.name).second) return invalid(fmt::format("memory space '{}' stands twice", space.name));
    MOSAIC_RETURN_IF_ERROR(check_limit(space.limit, fmt::format("memory space '{}'", space.name)));
  }
  names.clear();
  board.configurations.clear();
  for (std::size_t d = 0; d < board.devices.size(); ++d) {
    Device& device = board.devices[d];
    if (!names.insert(device.name).second) return invalid(fmt::format("device '{}' stands twice", device.name));
    std::ranges::sort(device.cores);
    MOSAIC_RETURN_IF_ERROR(check_device(board, device));
    for (std::size_t p = 0; p < device.points.size(); ++p) {
      const std::string point = device.points[p].name();
      board.configurations.push_back(
          {.device = DeviceId(d), .point = p, .precision = device.precision, .name = device.name + (point.empty() ? "" : "/" + point)});
    }
  }
  MOSAIC_RETURN_IF_ERROR(check_powers(board));
  board.fingerprint = make_fingerprint(board);
  return board;
}

Board without_limits(Board board) {
  for (Device& device : board.devices) device.slice_limit.reset();
  for (MemorySpace& space : board.spaces) space.limit.reset();
  return board;
}

}  // namespace mosaic
