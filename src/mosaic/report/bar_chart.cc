#include <fmt/format.h>

#include <algorithm>

#include "mosaic/report/drawing.h"

namespace mosaic::report {
namespace {

/// Everything that the axis must reach.
std::vector<double> values_of(const BarChart& chart) {
  std::vector<double> values;
  for (const BarSeries& series : chart.series) {
    for (const auto& bar : series.bars) {
      if (!bar) continue;
      for (const auto& value : {std::optional(bar->value), bar->low, bar->high}) {
        if (value) values.push_back(*value);
      }
    }
  }
  if (!chart.axis.logarithmic) values.push_back(0);
  if (chart.reference) values.push_back(*chart.reference);
  return values;
}

void draw_bar(Drawing& drawing, const PlotArea& area, const Scale& scale, const Bar& bar, double x, double width, const std::string& colour,
              const std::string& tip) {
  const double foot = scale(scale.shows(0) ? 0 : scale.low());
  const double end = scale(bar.value);
  drawing.rectangle(x, std::min(foot, end), width, std::max(0.5, std::abs(foot - end)), colour, tip);
  if (!scale.contains(bar.value)) drawing.text(x + width / 2, area.top - 3, readable(bar.value), Anchor::kMiddle, "small");
  if (bar.low || bar.high) drawing.error_bar(x + width / 2, scale(bar.low.value_or(bar.value)), scale(bar.high.value_or(bar.value)));
}

/// How the names of categories are set, so that they do not run into each other.
struct Naming {
  bool slanted = false;
  double room = 28;  ///< below the area

  Naming(const std::vector<std::string>& categories, double group) {
    std::size_t longest = 0;
    for (const std::string& name : categories) longest = std::max(longest, name.size());
    constexpr double kLetter = 7;
    slanted = static_cast<double>(longest) * kLetter > group;
    if (slanted) room = std::min(110.0, 28 + 0.57 * kLetter * static_cast<double>(longest));  // sin 35 degrees
  }
};

void draw_categories(Drawing& drawing, const PlotArea& area, const std::vector<std::string>& categories, double group, const Naming& naming) {
  for (std::size_t c = 0; c < categories.size(); ++c) {
    const double middle = area.left + (static_cast<double>(c) + 0.5) * group;
    drawing.text(middle, area.bottom + 16, categories[c], naming.slanted ? Anchor::kEnd : Anchor::kMiddle, "", naming.slanted ? -35 : 0);
  }
}

}  // namespace

std::string to_html(const BarChart& chart) {
  const PlotArea area;
  const double group = (area.right - area.left) / static_cast<double>(std::max<std::size_t>(1, chart.categories.size()));
  const Naming naming(chart.categories, group);
  Drawing drawing(960, area.bottom + naming.room, chart.caption);
  const Scale scale(chart.axis, values_of(chart), area.bottom, area.top);
  draw_vertical_axis(drawing, area, scale, chart.axis.title);
  constexpr double kGap = 0.2;  // of a group, on both sides together
  const double width = group * (1 - kGap) / static_cast<double>(std::max<std::size_t>(1, chart.series.size()));
  std::vector<LegendEntry> legend;
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    const BarSeries& series = chart.series[s];
    const std::string colour = colour_class(series.colour, s);
    legend.push_back({.name = series.name, .colour = colour});
    for (std::size_t c = 0; c < std::min(series.bars.size(), chart.categories.size()); ++c) {
      const auto& bar = series.bars[c];
      if (!bar || !scale.shows(bar->value)) continue;
      const double x = area.left + group * (static_cast<double>(c) + kGap / 2) + width * static_cast<double>(s);
      draw_bar(drawing, area, scale, *bar, x, width * 0.94, colour,
               fmt::format("{}, {}: {}", chart.categories[c], series.name, readable(bar->value, bar->low, bar->high)));
    }
  }
  if (chart.reference) drawing.line(area.left, scale(*chart.reference), area.right, scale(*chart.reference), "reference");
  draw_categories(drawing, area, chart.categories, group, naming);
  return figure(chart.caption, drawing, legend.size() > 1 ? std::span<const LegendEntry>(legend) : std::span<const LegendEntry>());
}

Table to_table(const BarChart& chart) {
  Table table{.name = chart.name,
              .caption = chart.caption,
              .columns = {{.key = "category"}, {.key = "series"}, {.key = "value", .title = chart.axis.title}, {.key = "low"}, {.key = "high"}},
              .rows = {}};
  const auto cell = [](const std::optional<double>& value) { return value ? Cell(*value) : Cell(); };
  for (const BarSeries& series : chart.series) {
    for (std::size_t c = 0; c < std::min(series.bars.size(), chart.categories.size()); ++c) {
      if (const auto& bar = series.bars[c]) table.add({chart.categories[c], series.name, bar->value, cell(bar->low), cell(bar->high)});
    }
  }
  return table;
}

}  // namespace mosaic::report
