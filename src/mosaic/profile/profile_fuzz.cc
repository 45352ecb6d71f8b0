// Reads any bytes as a profile. What is read must be written and read again to the same; what the checks then accept must be fit for planning.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mosaic/base/check.h"
#include "mosaic/cost/chain_costs.h"
#include "mosaic/planner/chain.h"
#include "mosaic/profile/profile.h"
#include "tests/fuzz/fixed_world.h"

namespace mosaic {
namespace {

void plan_with(Profile profile) {
  static const Graph graph = fuzz::fixed_graph();
  static const Board board = fuzz::fixed_board();
  profile.graph = graph.fingerprint;  // so that no fuzzer has to guess fingerprints
  profile.board = board.fingerprint;
  profile.machine = board.machine;
  if (!check_profile(profile, graph, board, {})) return;
  const auto fit = fit_profile(profile, graph, board);
  if (!fit) return;
  const ChainCosts costs = measured_costs(*fit, graph, board);
  if (const auto result = solve_chain(costs)) MOSAIC_CHECK(cost_of(costs, result->chain) == result->cost);
}

void read(std::string_view text) {
  auto profile = parse_profile(text);
  if (!profile) return;
  const std::string written = format_profile(*profile);
  const auto again = parse_profile(written);
  MOSAIC_CHECK(again.has_value());
  MOSAIC_CHECK(format_profile(*again) == written);
  plan_with(*std::move(profile));
}

}  // namespace
}  // namespace mosaic

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaic::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
