#include <fmt/format.h>

#include <algorithm>

#include "mosaic/report/drawing.h"

namespace mosaic::report {
namespace {

std::string name_of(const TimeLanes& lanes, const LaneSpan& span) {
  return span.colour < lanes.names.size() ? lanes.names[span.colour] : fmt::format("{}", span.colour);
}

Scale time_scale(const TimeLanes& lanes, const PlotArea& area) {
  std::vector<double> times;
  for (const TimeLanes::Lane& lane : lanes.lanes) {
    for (const LaneSpan& span : lane.spans) times.insert(times.end(), {span.from, span.to});
  }
  for (const LaneMark& mark : lanes.marks) times.push_back(mark.at);
  return {lanes.x, times, area.left, area.right};
}

}  // namespace

std::string to_html(const TimeLanes& lanes) {
  constexpr double kRow = 30;
  constexpr double kMarks = 18;  // of height, above the lanes
  constexpr double kLetter = 7.2;
  PlotArea area{.left = 150, .right = 930, .top = 4};
  area.bottom = area.top + kMarks + kRow * static_cast<double>(lanes.lanes.size());
  Drawing drawing(960, area.bottom + 46, lanes.caption);
  const Scale x = time_scale(lanes, area);
  draw_horizontal_axis(drawing, area, x, lanes.x.title);
  std::vector<bool> used(lanes.names.size(), false);
  for (std::size_t row = 0; row < lanes.lanes.size(); ++row) {
    const double top = area.top + kMarks + kRow * static_cast<double>(row);
    drawing.text(area.left - 8, top + kRow / 2 + 3, lanes.lanes[row].label, Anchor::kEnd);
    for (const LaneSpan& span : lanes.lanes[row].spans) {
      if (span.colour < used.size()) used[span.colour] = true;
      const std::string name = name_of(lanes, span);
      const double width = std::max(0.0, x(span.to) - x(span.from));
      drawing.rectangle(x(span.from), top, width, kRow - 6, "box " + colour_class(span.colour, 0),
                        fmt::format("{} to {}: {}{}{}", readable(span.from), readable(span.to), name, span.detail.empty() ? "" : ", ", span.detail));
      if (static_cast<double>(name.size()) * kLetter <= width)
        drawing.text(x(span.from) + width / 2, top + kRow / 2 + 1, name, Anchor::kMiddle, "inside");
    }
  }
  for (const LaneMark& mark : lanes.marks) {
    if (mark.strong) drawing.line(x(mark.at), area.top, x(mark.at), area.bottom, "reference");
    drawing.circle(x(mark.at), area.top + kMarks / 2, mark.strong ? 5 : 3, mark.strong ? "c2" : "c8",
                   fmt::format("{}: {}", readable(mark.at), mark.label));
  }
  std::vector<LegendEntry> legend;
  for (std::size_t n = 0; n < lanes.names.size(); ++n) {
    if (used[n]) legend.push_back({.name = lanes.names[n], .colour = colour_class(n, 0)});
  }
  return figure(lanes.caption, drawing, legend);
}

Table to_table(const TimeLanes& lanes) {
  Table table{.name = lanes.name,
              .caption = lanes.caption,
              .columns = {{.key = "lane"}, {.key = "name"}, {.key = "from"}, {.key = "to"}, {.key = "detail"}},
              .rows = {}};
  for (const TimeLanes::Lane& lane : lanes.lanes) {
    for (const LaneSpan& span : lane.spans) table.add({lane.label, name_of(lanes, span), span.from, span.to, span.detail});
  }
  return table;
}

}  // namespace mosaic::report
