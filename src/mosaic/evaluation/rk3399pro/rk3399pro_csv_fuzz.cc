// Reads any bytes as a table of each form. What is accepted must be fit for estimating, replaying and planning.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mosaic/base/check.h"
#include "mosaic/evaluation/rk3399pro/estimator.h"
#include "mosaic/evaluation/rk3399pro/parts.h"
#include "mosaic/evaluation/rk3399pro/rk3399pro_csv.h"

namespace mosaic::tables {
namespace {

Clocks fixed_clocks() {
  Clocks clocks;
  clocks.of = {
      {'B', {Hertz{500'000'000}, Hertz{1'000'000'000}}}, {'L', {Hertz{400'000'000}}}, {'G', {Hertz{200'000'000}, Hertz{300'000'000}}}, {'N', {}}};
  return clocks;
}

void estimate(const Network& network) {
  constexpr std::size_t kMostLayers = 32;
  if (network.layers > kMostLayers) return;
  const Clocks clocks = fixed_clocks();
  const Network* self = &network;
  const Network reduced = two_clocks(network, clocks);
  const Estimator estimator(reduced, clocks, fit_power({&self, 1}, clocks));
  for (const Point& point : network.points()) {
    const auto parts = break_down(network, estimator.samples(), std::vector<Point>(network.layers, point));
    if (parts) MOSAIC_CHECK(parts->total().time.count() >= 0);
  }
}

void read(std::string_view text) {
  for (const char* name : {"layers.csv", "transfers.csv", "dvfs_switch.csv", "net.csv"}) {
    TableReader reader;
    if (!reader.add(text, name, name, "")) continue;
    for (const Network& network : reader.finish().networks) estimate(network);
  }
}

}  // namespace
}  // namespace mosaic::tables

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaic::tables::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
