#pragma once

// SVG, element by element, and what all charts share. Not installed.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mosaic/report/figure.h"

namespace mosaic::report {

/// Text for HTML, XML and their attributes; control characters become spaces.
[[nodiscard]] std::string escape(std::string_view text);

/// A number for a reader: up to four significant digits, whole where it is large, "-0" as "0".
[[nodiscard]] std::string readable(double value);

/// "value (low to high)".
[[nodiscard]] std::string readable(double value, const std::optional<double>& low, const std::optional<double>& high);

/// Where a text hangs on its point.
enum class Anchor : std::uint8_t { kStart, kMiddle, kEnd };

/// Everything is positioned in units of the view box; looks are classes of the page's style sheet.
class Drawing {
 public:
  Drawing(double width, double height, std::string_view description);

  /// `tip` is shown where the mouse rests.
  void rectangle(double x, double y, double width, double height, std::string_view style, std::string_view tip = "");
  void circle(double x, double y, double radius, std::string_view style, std::string_view tip = "");
  void line(double x1, double y1, double x2, double y2, std::string_view style);
  void polyline(std::span<const std::pair<double, double>> points, std::string_view style);
  /// `turn`: degrees, clockwise.
  void text(double x, double y, std::string_view words, Anchor anchor, std::string_view style = "", double turn = 0);
  /// A vertical error bar with caps.
  void error_bar(double x, double y_low, double y_high);

  [[nodiscard]] std::string svg() const { return out_ + "</svg>\n"; }

 private:
  std::string out_;
};

/// Maps an axis's values to positions, and knows its ticks.
class Scale {
 public:
  /// `values`: what is to be drawn; `from` and `to`: positions of the axis's ends. A bound that is missing is the tick beyond the values.
  Scale(const Axis& axis, std::span<const double> values, double from, double to);

  /// Clamped to the axis.
  [[nodiscard]] double operator()(double value) const;
  [[nodiscard]] bool shows(double value) const;  ///< whether it has a place on this kind of axis
  [[nodiscard]] bool contains(double value) const { return value >= low_ && value <= high_; }
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }
  [[nodiscard]] const std::vector<double>& ticks() const { return ticks_; }

 private:
  bool logarithmic_;
  double low_ = 0;
  double high_ = 1;
  double from_;
  double to_;
  std::vector<double> ticks_;
};

/// The inside of a chart, in units of the view box.
struct PlotArea {
  double left = 64;
  double right = 930;
  double top = 14;
  double bottom = 300;
};

/// Grid lines, tick labels and title of the vertical axis.
void draw_vertical_axis(Drawing& drawing, const PlotArea& area, const Scale& scale, const std::string& title);

/// The same of the horizontal one, whose numbers need 46 below the area.
void draw_horizontal_axis(Drawing& drawing, const PlotArea& area, const Scale& scale, const std::string& title);

/// The palette's class for a series: "c3".
[[nodiscard]] std::string colour_class(const std::optional<std::size_t>& colour, std::size_t place);

/// A name in the legend, drawn as the series is.
struct LegendEntry {
  std::string name;
  std::string colour;
  bool dashed = false;
};

/// The figure around a drawing.
[[nodiscard]] std::string figure(const std::string& caption, const Drawing& drawing, std::span<const LegendEntry> legend);

}  // namespace mosaic::report
