#include "mosaic/evaluation/paper/paper_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "mosaic/base/check.h"
#include "mosaic/evaluation/paper/alone.h"

namespace mosaic::evaluation {
namespace {

std::unexpected<Error> unfit(const Board& board, const std::string& what) {
  return fail(ErrorCode::kInvalidInput,
              fmt::format("board '{}' {}; 'evaluate paper' needs big, little, gpu and npu, with watts: see boards/hikey970.yaml", board.name, what));
}

DeviceKind kind_of(std::string_view name) {
  if (name == "gpu") return DeviceKind::kGpu;
  return name == "npu" ? DeviceKind::kNpu : DeviceKind::kCpu;
}

}  // namespace

Result<void> check_paper_board(const Board& board, const Backends& backends) {
  if (!board.simulated()) return unfit(board, "is no simulated one");
  for (const std::string_view name : kPaperDevices) {
    const auto found = std::ranges::find(board.devices, name, &Device::name);
    if (found == board.devices.end()) return unfit(board, fmt::format("has no device '{}'", name));
    if (found->kind != kind_of(name)) return unfit(board, fmt::format("has a device '{}' of another kind ({})", name, mosaic::name(found->kind)));
  }
  for (const Device& device : board.devices) {
    if (std::ranges::find(kPaperDevices, device.name) == kPaperDevices.end())
      return unfit(board, fmt::format("has another device, '{}'", device.name));
  }
  std::set<DeviceId> tried;
  for (std::size_t c = 0; c < board.configurations.size(); ++c) {
    const Device& device = board.device_of(ConfigurationId(c));
    if (!tried.insert(board.configurations[c].device).second) continue;
    const auto samples = measure_communication(board, *backends.at(device.backend), ConfigurationId(c), 1);
    if (!samples) return unfit(board, fmt::format("cannot be measured on device '{}': {}", device.name, samples.error().message));
  }
  return {};
}

DeviceId find_device(const Board& board, std::string_view name) {
  const auto found = std::ranges::find(board.devices, name, &Device::name);
  MOSAIC_CHECK(found != board.devices.end());
  return DeviceId(static_cast<std::size_t>(found - board.devices.begin()));
}

char letter_of(const Device& device) { return static_cast<char>(std::toupper(static_cast<unsigned char>(device.name.front()))); }

}  // namespace mosaic::evaluation
