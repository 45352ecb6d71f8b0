#include "mosaic/report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "mosaic/report/drawing.h"
#include "mosaic/report/style.h"

namespace mosaic::report {

Page::Page(std::string title, std::string subtitle) : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

void Page::section(std::string_view title) {
  sections_.emplace_back(title);
  body_ += fmt::format("<h2 id=\"section-{}\">{}</h2>\n", sections_.size(), escape(title));
}

void Page::heading(std::string_view title) { body_ += fmt::format("<h3>{}</h3>\n", escape(title)); }

void Page::paragraph(std::string_view text) { body_ += fmt::format("<p>{}</p>\n", escape(text)); }

void Page::note(std::string_view text) { body_ += fmt::format("<p class=\"note\">{}</p>\n", escape(text)); }

void Page::list(const std::vector<std::string>& items) {
  body_ += "<ul>\n";
  for (const std::string& item : items) body_ += fmt::format("<li>{}</li>\n", escape(item));
  body_ += "</ul>\n";
}

void Page::verbatim(std::string_view text) {
  body_ += "<pre>";
  for (std::size_t begin = 0; begin <= text.size();) {  // line by line: escaping would take the line feeds
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    body_ += escape(text.substr(begin, end - begin));
    if (end < text.size()) body_ += '\n';
    begin = end + 1;
  }
  body_ += "</pre>\n";
}

std::string Page::html() const {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\"/>\n<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
      escape(title_), kStyle);
  if (!subtitle_.empty()) out += fmt::format("<p class=\"subtitle\">{}</p>\n", escape(subtitle_));
  if (sections_.size() > 1) {
    out += "<nav><ol>\n";
    for (std::size_t s = 0; s < sections_.size(); ++s) out += fmt::format("<li><a href=\"#section-{}\">{}</a></li>\n", s + 1, escape(sections_[s]));
    out += "</ol></nav>\n";
  }
  return out + body_ + "</body>\n</html>\n";
}

}  // namespace mosaic::report
