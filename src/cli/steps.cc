#include "steps.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

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
  const auto any = [&](const auto& has) {
    return std::ranges::any_of(plan.steps, [&](const Step& step) { return step.predicted && has(*step.predicted); });
  };
  const bool clocks = any([](const Step::Predicted& each) { return each.clocks.count() != 0; });
  const bool energy = any([](const Step::Predicted& each) { return each.energy.has_value(); });
  const bool predictions = std::ranges::any_of(plan.steps, [](const Step& step) { return step.predicted.has_value(); });
  std::vector<std::string> titles{">step", "layers", "from", "to", "on", ">memory"};
  if (predictions) titles.insert(titles.end(), {">transfer ms", ">execute ms"});
  if (clocks) titles.emplace_back(">clocks ms");
  if (energy) titles.emplace_back(">energy mJ");
  Table table(titles);
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    const auto& predicted = step.predicted;
    std::vector<std::string> cells{std::to_string(s),
                                   format_layers(step.layers),
                                   shorten(graph.layer(step.layers.front()).name, 28),
                                   shorten(graph.layer(step.layers.back()).name, 28),
                                   step.configuration,
                                   format_bytes(slice_memory(graph, step.layers))};
    if (predictions) cells.insert(cells.end(), {predicted ? ms(predicted->transfer) : "", predicted ? ms(predicted->execute) : ""});
    if (clocks) cells.push_back(predicted ? ms(predicted->clocks) : "");
    if (energy) cells.push_back(predicted && predicted->energy ? mj(*predicted->energy) : "");
    table.add(std::move(cells));
  }
  std::string out = table.text();
  if (plan.prediction) {
    const auto& joules = plan.prediction->energy;
    out += fmt::format("predicted: {} ms, between {} and {} ms{}{}\n", ms(plan.prediction->expected), ms(plan.prediction->low),
                       ms(plan.prediction->high), joules ? fmt::format(", {} mJ", mj(*joules)) : "", simulated_note(board));
    if (joules && !board.simulated()) out += fmt::format("energy {}\n", plan.prediction->energy_source);
  }
  if (!plan.prediction) out += "no prediction: give --profile\n";
  return out;
}

std::string simulated_note(const Board& board) { return board.simulated() ? " (simulated board: not real)" : ""; }

}  // namespace mosaic::cli
