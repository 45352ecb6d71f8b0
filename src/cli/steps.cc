#include "steps.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mosaic/base/text.h"
#include "output.h"

namespace mosaic::cli {

Result<void> refuse_noise(const std::vector<std::string>& noisy, bool accepted) {
  if (noisy.empty()) return {};
  const std::string text = fmt::format("this machine was too noisy to measure: {}", fmt::join(noisy, "; "));
  if (accepted) {
    note(text);
    return {};
  }
  return fail(ErrorCode::kDevice, text + ". Stop other work and measure again, with more --repetitions, or pass --accept-noise");
}

std::string describe_plan(const Plan& plan, const Graph& graph, const Board& board) {
  Table table({">step", "layers", "from", "to", "on", ">memory", ">transfer ms", ">execute ms"});
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    const auto& predicted = step.predicted;
    table.add({std::to_string(s), format_layers(step.layers), shorten(graph.layer(step.layers.front()).name, 28),
               shorten(graph.layer(step.layers.back()).name, 28), step.configuration, format_bytes(slice_memory(graph, step.layers)),
               predicted ? ms(predicted->transfer) : "", predicted ? ms(predicted->execute) : ""});
  }
  std::string out = table.text();
  if (plan.prediction) {
    out += fmt::format("predicted: {} ms, between {} and {} ms{}\n", ms(plan.prediction->expected), ms(plan.prediction->low),
                       ms(plan.prediction->high), simulated_note(board));
  }
  return out;
}

std::string simulated_note(const Board& board) { return board.simulated() ? " (simulated board: not a real time)" : ""; }

}  // namespace mosaic::cli
