// Reads any bytes as a plan. What is read must be written and read again to the same, and what `validate` accepts must keep its promises.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mosaic/base/check.h"
#include "mosaic/plan/validate.h"
#include "tests/fuzz/fixed_world.h"

namespace mosaic {
namespace {

void check_promises(const ValidPlan& plan, const Graph& graph) {
  MOSAIC_CHECK(plan.order().size() == plan.size());
  std::size_t layers = 0;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    layers += plan.step(StepId(i)).layers.size();
    for (std::size_t j = 0; j < i; ++j) MOSAIC_CHECK(!plan.before(plan.order()[i], plan.order()[j]));
  }
  MOSAIC_CHECK(layers == graph.layers.size());
}

void read(std::string_view text) {
  static const Graph graph = fuzz::fixed_graph();
  static const Board board = fuzz::fixed_board();
  auto plan = parse_plan(text);
  if (!plan) return;
  const std::string written = format_plan(*plan);
  const auto again = parse_plan(written);
  MOSAIC_CHECK(again.has_value());
  MOSAIC_CHECK(format_plan(*again) == written);
  plan->graph = {};  // so that no fuzzer has to guess fingerprints
  plan->board = {};
  if (const auto valid = validate(graph, board, *std::move(plan))) check_promises(*valid, graph);
}

}  // namespace
}  // namespace mosaic

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaic::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
