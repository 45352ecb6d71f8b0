#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mosaic/report/figure.h"
#include "mosaic/report/table.h"

namespace mosaic::report {

/// Gathers headings, texts, tables and pictures into one HTML file that needs nothing else: no scripts, no fonts, no network. It follows the reader's
/// light or dark colours and prints. All text is escaped; equal calls give equal bytes. Thread-compatible.
class Page {
 public:
  /// `subtitle`: what was evaluated, where the numbers come from.
  explicit Page(std::string title, std::string subtitle = "");

  /// A section, entered in the contents.
  void section(std::string_view title);
  /// A heading inside a section.
  void heading(std::string_view title);
  void paragraph(std::string_view text);
  /// A remark set apart: a caveat, where a figure comes from.
  void note(std::string_view text);
  void list(const std::vector<std::string>& items);
  /// Text as it stands, such as a command and what it prints.
  void verbatim(std::string_view text);

  void add(const Table& table) { body_ += to_html(table); }
  void add(const BarChart& chart) { body_ += to_html(chart); }
  void add(const XyChart& chart) { body_ += to_html(chart); }
  void add(const PlanStrip& strip) { body_ += to_html(strip); }
  void add(const TimeLanes& lanes) { body_ += to_html(lanes); }

  [[nodiscard]] std::string html() const;

 private:
  std::string title_;
  std::string subtitle_;
  std::vector<std::string> sections_;
  std::string body_;
};

}  // namespace mosaic::report
