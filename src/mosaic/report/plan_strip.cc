#include <fmt/format.h>

#include <algorithm>

#include "mosaic/report/drawing.h"

namespace mosaic::report {
namespace {

/// Layers from 1, as papers count them.
std::string range_of(const StripBox& box) {
  return box.end == box.first + 1 ? fmt::format("layer {}", box.end) : fmt::format("layers {} to {}", box.first + 1, box.end);
}

std::string device_of(const PlanStrip& strip, const StripBox& box) {
  return box.colour < strip.devices.size() ? strip.devices[box.colour] : fmt::format("device {}", box.colour);
}

}  // namespace

std::string to_html(const PlanStrip& strip) {
  constexpr double kLeft = 150;
  constexpr double kRight = 948;
  constexpr double kTop = 22;
  constexpr double kRow = 30;
  constexpr double kLetter = 7.2;
  Drawing drawing(960, kTop + kRow * static_cast<double>(strip.rows.size()) + 4, strip.caption);
  const double layer = (kRight - kLeft) / static_cast<double>(std::max<std::size_t>(1, strip.layers));
  const std::size_t every = strip.layers > 30 ? 5 : 1;
  for (std::size_t l = 0; l < strip.layers; ++l) {
    if (l == 0 || (l + 1) % every == 0)
      drawing.text(kLeft + (static_cast<double>(l) + 0.5) * layer, 14, fmt::format("{}", l + 1), Anchor::kMiddle, "small");
  }
  std::vector<bool> used(strip.devices.size(), false);
  for (std::size_t r = 0; r < strip.rows.size(); ++r) {
    const double top = kTop + kRow * static_cast<double>(r);
    drawing.text(kLeft - 8, top + kRow / 2 + 3, strip.rows[r].label, Anchor::kEnd);
    for (const StripBox& box : strip.rows[r].boxes) {
      if (box.colour < used.size()) used[box.colour] = true;
      const double x = kLeft + static_cast<double>(box.first) * layer;
      const double width = static_cast<double>(box.end - box.first) * layer;
      drawing.rectangle(x, top, width, kRow - 6, "box " + colour_class(box.colour, 0),
                        fmt::format("{}: {}{}{}", device_of(strip, box), range_of(box), box.detail.empty() ? "" : ", ", box.detail));
      const bool fits = static_cast<double>(box.label.size()) * kLetter <= width;
      if (fits && !box.label.empty()) drawing.text(x + width / 2, top + kRow / 2 + 1, box.label, Anchor::kMiddle, "inside");
    }
  }
  std::vector<LegendEntry> legend;
  for (std::size_t d = 0; d < strip.devices.size(); ++d) {
    if (used[d]) legend.push_back({.name = strip.devices[d], .colour = colour_class(d, 0)});
  }
  return figure(strip.caption, drawing, legend);
}

Table to_table(const PlanStrip& strip) {
  Table table{.name = strip.name,
              .caption = strip.caption,
              .columns = {{.key = "plan"}, {.key = "device"}, {.key = "first_layer"}, {.key = "last_layer"}, {.key = "label"}, {.key = "detail"}},
              .rows = {}};
  for (const PlanStrip::Row& row : strip.rows) {
    for (const StripBox& box : row.boxes) {
      table.add(
          {row.label, device_of(strip, box), static_cast<std::int64_t>(box.first + 1), static_cast<std::int64_t>(box.end), box.label, box.detail});
    }
  }
  return table;
}

}  // namespace mosaic::report
