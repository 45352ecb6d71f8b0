// Reads any bytes as a plan. What is read must be written and read again to the same, and what `validate` accepts must keep its promises.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mosaic/base/check.h"
#include "mosaic/plan/parts.h"
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

/// Every channel in just one part, parts in order.
void check_promises(const std::vector<std::vector<LayerPart>>& parts, const std::vector<DividedLayer>& layers, const Plan& plan) {
  MOSAIC_CHECK(parts.size() == layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    std::int64_t covered = 0;
    for (const LayerPart& part : parts[l]) {
      MOSAIC_CHECK(part.begin == covered && part.end > covered && part.step.index() < plan.steps.size());
      covered = part.end;
    }
    MOSAIC_CHECK(covered == layers[l].channels);
  }
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
  static const std::vector<DividedLayer> layers{{.name = "a", .channels = 4}, {.name = "b", .channels = 1}, {.name = "c", .channels = 6}};
  if (const auto parts = divide_layers(*plan, board, layers)) check_promises(*parts, layers, *plan);
  if (const auto valid = validate(graph, board, *std::move(plan))) check_promises(*valid, graph);
}

}  // namespace
}  // namespace mosaic

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaic::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
