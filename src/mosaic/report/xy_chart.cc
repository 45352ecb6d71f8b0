#include <fmt/format.h>

#include <cmath>

#include "mosaic/report/drawing.h"

namespace mosaic::report {
namespace {

void draw_series(Drawing& drawing, const Scale& x, const Scale& y, const PointSeries& series, const std::string& colour) {
  const std::string style = fmt::format("line {}{}", series.dashed ? "dashed " : "", colour);
  std::vector<std::pair<double, double>> line;
  const auto end_line = [&] {
    if (series.line && line.size() > 1) drawing.polyline(line, style);
    line.clear();
  };
  for (const Point& point : series.points) {
    if (std::isnan(point.y)) end_line();
    if (!x.shows(point.x) || !y.shows(point.y)) continue;
    line.emplace_back(x(point.x), y(point.y));
    if (point.low || point.high) drawing.error_bar(x(point.x), y(point.low.value_or(point.y)), y(point.high.value_or(point.y)));
  }
  end_line();
  if (!series.marks) return;
  for (const Point& point : series.points) {
    if (!x.shows(point.x) || !y.shows(point.y)) continue;
    const std::string where = fmt::format("{}, {}", readable(point.x), readable(point.y, point.low, point.high));
    drawing.circle(x(point.x), y(point.y), 3, colour, fmt::format("{}{}{}: {}", series.name, point.label.empty() ? "" : ", ", point.label, where));
  }
}

}  // namespace

std::string to_html(const XyChart& chart) {
  const PlotArea area;
  Drawing drawing(960, area.bottom + 46, chart.caption);
  std::vector<double> xs;
  std::vector<double> ys;
  for (const PointSeries& series : chart.series) {
    for (const Point& point : series.points) {
      xs.push_back(point.x);
      for (const auto& value : {std::optional(point.y), point.low, point.high}) {
        if (value) ys.push_back(*value);
      }
    }
  }
  const Scale x(chart.x, xs, area.left, area.right);
  const Scale y(chart.y, ys, area.bottom, area.top);
  draw_horizontal_axis(drawing, area, x, chart.x.title);
  draw_vertical_axis(drawing, area, y, chart.y.title);
  std::vector<LegendEntry> legend;
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    const std::string colour = colour_class(chart.series[s].colour, s);
    draw_series(drawing, x, y, chart.series[s], colour);
    legend.push_back({.name = chart.series[s].name, .colour = colour, .dashed = chart.series[s].dashed});
  }
  return figure(chart.caption, drawing, legend);
}

Table to_table(const XyChart& chart) {
  Table table{.name = chart.name,
              .caption = chart.caption,
              .columns = {{.key = "series"},
                          {.key = "label"},
                          {.key = "x", .title = chart.x.title},
                          {.key = "y", .title = chart.y.title},
                          {.key = "low"},
                          {.key = "high"}},
              .rows = {}};
  const auto cell = [](const std::optional<double>& value) { return value ? Cell(*value) : Cell(); };
  for (const PointSeries& series : chart.series) {
    for (const Point& point : series.points) table.add({series.name, point.label, point.x, point.y, cell(point.low), cell(point.high)});
  }
  return table;
}

}  // namespace mosaic::report
