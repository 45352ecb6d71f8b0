#include "mosaic/plan/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace mosaic {
namespace {

/// "channel 3", "channels 3 to 7".
std::string channels_text(std::int64_t begin, std::int64_t end) {
  return end - begin == 1 ? fmt::format("channel {}", begin) : fmt::format("channels {} to {}", begin, end - 1);
}

class Divider {
 public:
  Divider(const Plan& plan, const Board& board, std::span<const DividedLayer> layers)
      : steps_(plan.steps), board_(board), layers_(layers), parts_(layers.size()) {}

  Result<std::vector<std::vector<LayerPart>>> divide() {
    if (steps_.empty()) return invalid("the plan has no step");
    for (std::size_t s = 0; s < steps_.size(); ++s) MOSAIC_RETURN_IF_ERROR(place(s));
    for (std::size_t l = 0; l < layers_.size(); ++l) MOSAIC_RETURN_IF_ERROR(check_cover(l));
    for (std::size_t s = 0; s < steps_.size(); ++s) MOSAIC_RETURN_IF_ERROR(check_order(s));
    return std::move(parts_);
  }

 private:
  [[nodiscard]] std::string named(std::size_t layer) const { return fmt::format("layer {} ('{}')", layer, layers_[layer].name); }

  Result<void> place(std::size_t s) {
    const Step& step = steps_[s];
    if (step.layers.empty()) return invalid(fmt::format("step {} has no layer", s));
    const auto configuration = board_.find_configuration(step.configuration);
    if (!configuration) return within(fmt::format("step {}", s), configuration.error());
    if (step.channels && step.layers.size() > 1)
      return invalid(fmt::format("step {} computes some channels of {} layers: a part is of one layer", s, step.layers.size()));
    for (std::size_t i = 0; i < step.layers.size(); ++i) {
      const LayerId id = step.layers[i];
      if (i > 0 && id.index() != step.layers[i - 1].index() + 1)
        return invalid(
            fmt::format("step {} has layer {} behind layer {}: a step's layers follow one another", s, id.value, step.layers[i - 1].value));
      if (id.index() >= layers_.size()) return invalid(fmt::format("step {} has layer {}, there are {} layers", s, id.value, layers_.size()));
      const std::int64_t channels = layers_[id.index()].channels;
      const Channels part = step.channels.value_or(Channels{.axis = 1, .begin = 0, .end = channels});
      if (part.axis != 1) return invalid(fmt::format("step {} divides {} along axis {}: channels are axis 1", s, named(id.index()), part.axis));
      if (part.begin < 0 || part.end > channels || part.begin >= part.end) {
        return invalid(fmt::format("step {} computes channels [{}, {}) of {}, which has {}", s, part.begin, part.end, named(id.index()), channels));
      }
      parts_[id.index()].push_back({.step = StepId(s), .configuration = *configuration, .begin = part.begin, .end = part.end});
    }
    return {};
  }

  Result<void> check_cover(std::size_t l) {
    std::vector<LayerPart>& parts = parts_[l];
    std::ranges::stable_sort(parts, {}, &LayerPart::begin);
    std::int64_t covered = 0;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      if (parts[p].begin < covered) {
        return invalid(fmt::format("{}: {} in steps {} and {}", named(l), channels_text(parts[p].begin, std::min(covered, parts[p].end)),
                                   parts[p - 1].step.value, parts[p].step.value));
      }
      if (parts[p].begin > covered) return uncovered(l, covered, parts[p].begin);
      covered = parts[p].end;
    }
    return covered < layers_[l].channels ? uncovered(l, covered, layers_[l].channels) : Result<void>();
  }

  [[nodiscard]] Result<void> uncovered(std::size_t l, std::int64_t begin, std::int64_t end) const {
    return invalid(fmt::format("{}: {} of {} in no step", named(l), channels_text(begin, end), layers_[l].channels));
  }

  /// Requires: every layer is covered.
  [[nodiscard]] Result<void> check_order(std::size_t s) const {
    const std::size_t first = steps_[s].layers.front().index();
    for (const StepId each : steps_[s].after) {
      if (each.index() >= steps_.size()) return invalid(fmt::format("step {} comes after step {}, which does not exist", s, each.value));
      const std::size_t last = steps_[each.index()].layers.back().index();
      if (last == first) {
        return invalid(
            fmt::format("steps {} and {} compute parts of {} one after the other: parts of a layer are computed at the same time, so say "
                        "in 'after' what both come after",
                        each.value, s, named(first)));
      }
      if (last > first) return invalid(fmt::format("step {}, {}, comes after step {}, {}", s, named(first), each.value, named(last)));
    }
    if (first == 0) return {};
    for (const LayerPart& part : parts_[first - 1]) {
      if (std::ranges::find(steps_[s].after, part.step) == steps_[s].after.end())
        return invalid(fmt::format("step {}, {}, does not come after step {}, {}", s, named(first), part.step.value, named(first - 1)));
    }
    return {};
  }

  const std::vector<Step>& steps_;
  const Board& board_;
  std::span<const DividedLayer> layers_;
  std::vector<std::vector<LayerPart>> parts_;  ///< by layer
};

}  // namespace

Result<std::vector<std::vector<LayerPart>>> divide_layers(const Plan& plan, const Board& board, std::span<const DividedLayer> layers) {
  return Divider(plan, board, layers).divide();
}

}  // namespace mosaic
