#include "mosaic/report/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mosaic::report {
namespace {

/// A position, to a hundredth.
std::string at(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

/// The end of an element: with a tip or without.
std::string closed(std::string_view element, std::string_view tip) {
  return tip.empty() ? "/>\n" : fmt::format("><title>{}</title></{}>\n", escape(tip), element);
}

std::string_view name(Anchor anchor) { return anchor == Anchor::kStart ? "start" : anchor == Anchor::kMiddle ? "middle" : "end"; }

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
  }
  return out;
}

std::string readable(double value) {
  const double magnitude = std::fabs(value);
  return magnitude >= 1000 && magnitude < 1e7 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value == 0 ? 0.0 : value);
}

std::string readable(double value, const std::optional<double>& low, const std::optional<double>& high) {
  if (!low && !high) return readable(value);
  return fmt::format("{} ({} to {})", readable(value), readable(low.value_or(value)), readable(high.value_or(value)));
}

Drawing::Drawing(double width, double height, std::string_view description)
    : out_(fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", at(width), at(height),
                       escape(description))) {}

void Drawing::rectangle(double x, double y, double width, double height, std::string_view style, std::string_view tip) {
  out_ += fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" class="{}"{})", at(x), at(y), at(width), at(height), style, closed("rect", tip));
}

void Drawing::circle(double x, double y, double radius, std::string_view style, std::string_view tip) {
  out_ += fmt::format(R"(<circle cx="{}" cy="{}" r="{}" class="{}"{})", at(x), at(y), at(radius), style, closed("circle", tip));
}

void Drawing::line(double x1, double y1, double x2, double y2, std::string_view style) {
  out_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>\n", at(x1), at(y1), at(x2), at(y2), style);
}

void Drawing::polyline(std::span<const std::pair<double, double>> points, std::string_view style) {
  std::string list;
  for (const auto& [x, y] : points) list += fmt::format("{}{},{}", list.empty() ? "" : " ", at(x), at(y));
  out_ += fmt::format("<polyline points=\"{}\" class=\"{}\"/>\n", list, style);
}

void Drawing::text(double x, double y, std::string_view words, Anchor anchor, std::string_view style, double turn) {
  out_ += fmt::format(R"(<text x="{}" y="{}" text-anchor="{}")", at(x), at(y), name(anchor));
  if (!style.empty()) out_ += fmt::format(" class=\"{}\"", style);
  if (turn != 0) out_ += fmt::format(" transform=\"rotate({} {} {})\"", at(turn), at(x), at(y));
  out_ += fmt::format(">{}</text>\n", escape(words));
}

void Drawing::error_bar(double x, double y_low, double y_high) {
  constexpr double kCap = 3;
  line(x, y_low, x, y_high, "error");
  line(x - kCap, y_low, x + kCap, y_low, "error");
  line(x - kCap, y_high, x + kCap, y_high, "error");
}

void draw_vertical_axis(Drawing& drawing, const PlotArea& area, const Scale& scale, const std::string& title) {
  for (const double tick : scale.ticks()) {
    drawing.line(area.left, scale(tick), area.right, scale(tick), tick == 0 ? "axis" : "grid");
    drawing.text(area.left - 6, scale(tick) + 4, readable(tick), Anchor::kEnd);
  }
  drawing.line(area.left, area.top, area.left, area.bottom, "axis");
  if (!title.empty()) drawing.text(14, (area.top + area.bottom) / 2, title, Anchor::kMiddle, "title", -90);
}

void draw_horizontal_axis(Drawing& drawing, const PlotArea& area, const Scale& scale, const std::string& title) {
  for (const double tick : scale.ticks()) {
    drawing.line(scale(tick), area.top, scale(tick), area.bottom, "grid");
    drawing.text(scale(tick), area.bottom + 16, readable(tick), Anchor::kMiddle);
  }
  drawing.line(area.left, area.bottom, area.right, area.bottom, "axis");
  if (!title.empty()) drawing.text((area.left + area.right) / 2, area.bottom + 36, title, Anchor::kMiddle, "title");
}

std::string colour_class(const std::optional<std::size_t>& colour, std::size_t place) {
  return fmt::format("c{}", colour.value_or(place) % kColours);
}

std::string figure(const std::string& caption, const Drawing& drawing, std::span<const LegendEntry> legend) {
  std::string out = "<figure>\n" + drawing.svg();
  if (!legend.empty()) {
    out += "<ul class=\"legend\">";
    for (const LegendEntry& entry : legend) {
      out += fmt::format(R"(<li><svg viewBox="0 0 14 10" aria-hidden="true">{}</svg>{}</li>)",
                         entry.dashed ? fmt::format(R"(<line x1="0" y1="5" x2="14" y2="5" class="line dashed {}"/>)", entry.colour)
                                      : fmt::format(R"(<rect width="14" height="10" class="{}"/>)", entry.colour),
                         escape(entry.name));
    }
    out += "</ul>\n";
  }
  if (!caption.empty()) out += fmt::format("<figcaption>{}</figcaption>\n", escape(caption));
  return out + "</figure>\n";
}

}  // namespace mosaic::report
