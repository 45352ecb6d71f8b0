#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/report/table.h"

namespace mosaic::report {

// Pictures as values. Each is drawn as SVG without scripts: it prints, scales, follows the page's light or dark colours, tells its numbers where the
// mouse rests, and equal values give equal bytes. Colours are numbers into the page's palette of kColours; they repeat beyond.

constexpr std::size_t kColours = 10;

/// An axis of numbers. Without bounds it spans what is drawn; with bounds what lies outside is drawn at the edge.
struct Axis {
  std::string title;         ///< with the unit: "latency (ms)"
  bool logarithmic = false;  ///< values that are not above zero are then left out
  std::optional<double> low;
  std::optional<double> high;
};

/// A value and, where it is known, the interval it lies in.
struct Bar {
  double value = 0;
  std::optional<double> low;
  std::optional<double> high;
};

/// One bar in each group.
struct BarSeries {
  std::string name;
  std::vector<std::optional<Bar>> bars;  ///< by category; nothing where there is none
  std::optional<std::size_t> colour;     ///< else its place in the list
};

/// Groups of bars, from zero (or the lower end of a logarithmic axis) up or down.
struct BarChart {
  std::string name;     ///< of its files: "figure_8"
  std::string caption;  ///< what it shows, with whether it was measured, modelled or simulated
  std::vector<std::string> categories;
  std::vector<BarSeries> series;
  Axis axis;
  std::optional<double> reference;  ///< a dashed line at this value
};

struct Point {
  double x = 0;
  double y = 0;               ///< not a number: no point, a line is broken here
  std::optional<double> low;  ///< of y
  std::optional<double> high;
  std::string label;  ///< what the point is, for the mouse
};

/// Points, a line through them in their order, or both.
struct PointSeries {
  std::string name;
  std::vector<Point> points;
  bool marks = true;
  bool line = false;
  bool dashed = false;  ///< for what was fitted rather than measured
  std::optional<std::size_t> colour;
};

/// Two axes of numbers.
struct XyChart {
  std::string name;
  std::string caption;
  Axis x;
  Axis y;
  std::vector<PointSeries> series;
};

/// A slice in a plan: layers [first, end).
struct StripBox {
  std::size_t first = 0;
  std::size_t end = 0;
  std::size_t colour = 0;  ///< of its device
  std::string label;       ///< inside, if there is room
  std::string detail;      ///< for the mouse
};

/// Plans of one network, one below the other, over its layers.
struct PlanStrip {
  std::string name;
  std::string caption;
  std::size_t layers = 0;
  struct Row {
    std::string label;
    std::vector<StripBox> boxes;
  };
  std::vector<Row> rows;
  std::vector<std::string> devices;  ///< by colour, for the legend
};

/// What holds for a stretch of time.
struct LaneSpan {
  double from = 0;
  double to = 0;
  std::size_t colour = 0;  ///< of its name
  std::string detail;      ///< for the mouse
};

/// Something that happened at an instant.
struct LaneMark {
  double at = 0;
  std::string label;    ///< for the mouse
  bool strong = false;  ///< one that others follow from
};

/// What held when, lane below lane over one axis of time, with marks above for what happened.
struct TimeLanes {
  std::string name;
  std::string caption;
  Axis x;
  struct Lane {
    std::string label;
    std::vector<LaneSpan> spans;
  };
  std::vector<Lane> lanes;
  std::vector<LaneMark> marks;
  std::vector<std::string> names;  ///< by colour: inside spans where there is room, and in the legend
};

/// A <figure> with the picture, its caption and its legend.
[[nodiscard]] std::string to_html(const BarChart& chart);
[[nodiscard]] std::string to_html(const XyChart& chart);
[[nodiscard]] std::string to_html(const PlanStrip& strip);
[[nodiscard]] std::string to_html(const TimeLanes& lanes);

/// The numbers behind a picture, a row for each bar, point, span or slice (layers counted from 1 in plans, as in `label`s of papers).
[[nodiscard]] Table to_table(const BarChart& chart);
[[nodiscard]] Table to_table(const XyChart& chart);
[[nodiscard]] Table to_table(const PlanStrip& strip);
[[nodiscard]] Table to_table(const TimeLanes& lanes);

}  // namespace mosaic::report
