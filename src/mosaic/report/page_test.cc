#include "mosaic/report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mosaic::report {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The first element that is closed in the wrong place or not at all; empty where all are well-formed, as in XML.
std::string misnested(const std::string& html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return "unfinished: " + html.substr(at, 40);
    const std::string tag = html.substr(at + 1, end - at - 1);
    if (tag.starts_with('!') || tag.ends_with('/')) continue;
    const std::string name = tag.substr(0, tag.find(' '));
    if (!name.starts_with('/')) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name.substr(1)) {
      return "<" + tag + "> at " + std::to_string(at);
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

Page sample() {
  Page page("MOSAIC & friends", "simulated HiKey 970, seed 1");
  page.section("Latency <all>");
  page.paragraph("5 < 6 & so on");
  page.note("Simulated: \"measured\" on a virtual clock.");
  page.heading("Details");
  page.list({"one", "<two>"});
  page.verbatim("a < b\nc");
  Table table{.name = "t", .caption = "t", .columns = {{.key = "k"}}, .rows = {}};
  table.add({0.5});
  page.add(table);
  page.section("Plots");
  page.add(
      BarChart{.caption = "bars", .categories = {"a", "a long category"}, .series = {{.name = "s", .bars = {Bar{.value = 1, .high = 2}, Bar{}}}}});
  page.add(XyChart{.caption = "points", .series = {{.name = "s", .points = {{.x = 1, .y = 2}, {.x = 2, .y = 5}}, .line = true}}});
  page.add(
      PlanStrip{.caption = "plan", .layers = 53, .rows = {{.label = "p", .boxes = {{.first = 0, .end = 53, .label = "N"}}}}, .devices = {"NPU"}});
  return page;
}

TEST(Page, IsWellFormedAndNeedsNothingElse) {
  const std::string html = sample().html();
  EXPECT_THAT(misnested(html), IsEmpty());
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>\n"));
  for (const char* reach : {"<script", "<link", "<img", "@import", "url(", "src=", "https:"}) EXPECT_THAT(html, Not(HasSubstr(reach)));
}

TEST(Page, EscapesWhatItIsTold) {
  const std::string html = sample().html();
  EXPECT_THAT(html, HasSubstr("<title>MOSAIC &amp; friends</title>"));
  EXPECT_THAT(html, HasSubstr("<p>5 &lt; 6 &amp; so on</p>"));
  EXPECT_THAT(html, HasSubstr("<li>&lt;two&gt;</li>"));
  EXPECT_THAT(html, HasSubstr("<pre>a &lt; b\nc</pre>"));
}

TEST(Page, ListsItsSections) {
  const std::string html = sample().html();
  EXPECT_THAT(html, HasSubstr("<li><a href=\"#section-1\">Latency &lt;all&gt;</a></li>\n<li><a href=\"#section-2\">Plots</a></li>"));
  EXPECT_THAT(html, HasSubstr("<h2 id=\"section-2\">Plots</h2>"));
}

TEST(Page, IsTheSameEveryTime) { EXPECT_EQ(sample().html(), sample().html()); }

}  // namespace
}  // namespace mosaic::report
