#include "mosaic/report/figure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "mosaic/report/drawing.h"

namespace mosaic::report {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++times;
  return times;
}

Scale scale(const Axis& axis, const std::vector<double>& values) { return {axis, values, 0, 100}; }

TEST(Scale, EndsWithRoundTicks) {
  // 0.93 in at most eight steps: 0.1 would take ten, 0.2 takes five.
  const Scale linear = scale({}, {0, 0.31, 0.93});
  ASSERT_EQ(linear.ticks().size(), 6U);
  EXPECT_DOUBLE_EQ(linear.ticks()[1], 0.2);
  EXPECT_DOUBLE_EQ(linear.high(), 1);
  EXPECT_DOUBLE_EQ(linear(0.5), 50);
  EXPECT_DOUBLE_EQ(linear(-3), 0);  // clamped
  const Scale negative = scale({}, {-4, 11});
  EXPECT_THAT(negative.ticks(), ElementsAre(-4, -2, 0, 2, 4, 6, 8, 10, 12));
}

TEST(Scale, CountsDecadesOnALogarithmicAxis) {
  const Scale two = scale({.logarithmic = true}, {0.3, 7});
  EXPECT_THAT(two.ticks(), ElementsAre(DoubleNear(0.2, 1e-9), DoubleNear(0.5, 1e-9), 1, 2, 5, 10));
  const Scale five = scale({.logarithmic = true}, {-1, 0, 2, 300'000});    // no place for -1 and 0
  EXPECT_THAT(five.ticks(), ElementsAre(10, 100, 1000, 10'000, 100'000));  // from 2 to 500,000
  EXPECT_EQ(five.low(), 2);
  EXPECT_NEAR(five(1000), 50, 1e-9);  // 2 * 500,000 = 1000 * 1000
  EXPECT_FALSE(five.shows(0));
}

TEST(Scale, KeepsTheBoundsItIsGiven) {
  const Scale fixed = scale({.low = 0.25, .high = 1.5}, {0, 9});
  EXPECT_EQ(fixed.low(), 0.25);
  EXPECT_EQ(fixed.high(), 1.5);
  EXPECT_FALSE(fixed.contains(9));
  for (const double tick : fixed.ticks()) EXPECT_TRUE(fixed.contains(tick));
}

TEST(Scale, HasRoomForWhatHasNoExtent) {
  for (const std::vector<double>& values : {std::vector<double>{}, {0}, {7, 7}, {-7}, {std::numeric_limits<double>::quiet_NaN()}}) {
    for (const bool logarithmic : {false, true}) {
      const Scale any = scale({.logarithmic = logarithmic}, values);
      EXPECT_LT(any.low(), any.high());
      EXPECT_GE(any.ticks().size(), 2U);
    }
  }
}

BarChart two_groups() {
  return {.name = "figure_8",
          .caption = "latency <simulated>",
          .categories = {"IN", "VGG"},
          .series = {{.name = "GPU", .bars = {Bar{.value = 1}, std::nullopt}, .colour = std::nullopt},
                     {.name = "MOSAIC", .bars = {Bar{.value = 0.5, .low = 0.4, .high = 0.7}, Bar{.value = 0.25}}, .colour = 7}},
          .axis = {.title = "normalised"},
          .reference = 1.0};
}

TEST(BarChart, DrawsABarForEachValue) {
  const std::string html = to_html(two_groups());
  // The area is 286 high from 14 to 300 and the axis ends at 1: a bar of 0.5 is 143 high.
  EXPECT_THAT(html, HasSubstr("height=\"143\" class=\"c7\"><title>IN, MOSAIC: 0.5 (0.4 to 0.7)</title>"));
  EXPECT_THAT(html, HasSubstr("height=\"286\" class=\"c0\"><title>IN, GPU: 1</title>"));
  EXPECT_EQ(count(html, "<title>"), 3U);
  EXPECT_EQ(count(html, "class=\"error\""), 3U);  // one bar, two caps
  EXPECT_EQ(count(html, "class=\"reference\""), 1U);
  EXPECT_THAT(html, HasSubstr("<figcaption>latency &lt;simulated&gt;</figcaption>"));
  EXPECT_THAT(html, HasSubstr("MOSAIC</li>"));
  EXPECT_EQ(html, to_html(two_groups()));
}

TEST(BarChart, LetsSignedBarsHangFromZero) {
  BarChart chart{.categories = {"a", "b"}, .series = {{.name = "error", .bars = {Bar{.value = 4}, Bar{.value = -4}}, .colour = {}}}};
  const std::string html = to_html(chart);  // from -4 to 4: zero is at 157
  EXPECT_THAT(html, HasSubstr("y=\"14\" width"));
  EXPECT_THAT(html, HasSubstr("y=\"157\" width"));
  EXPECT_EQ(count(html, "height=\"143\""), 2U);
}

TEST(BarChart, SaysTheValueOfABarThatLeavesItsAxis) {
  BarChart chart = two_groups();
  chart.axis.high = 0.8;
  EXPECT_THAT(to_html(chart), HasSubstr("class=\"small\">1</text>"));
}

TEST(BarChart, LeavesOutWhatALogarithmicAxisCannotShow) {
  BarChart chart{
      .categories = {"a", "b"}, .series = {{.name = "s", .bars = {Bar{.value = 0}, Bar{.value = 10}}, .colour = {}}}, .axis = {.logarithmic = true}};
  EXPECT_EQ(count(to_html(chart), "<title>"), 1U);
}

TEST(BarChart, GivesItsNumbersAsATable) {
  EXPECT_EQ(to_csv(to_table(two_groups())),
            "category,series,value,low,high\n"
            "IN,GPU,1,,\n"
            "IN,MOSAIC,0.5,0.4,0.7\n"
            "VGG,MOSAIC,0.25,,\n");
}

TEST(XyChart, DrawsPointsAndFittedLines) {
  const XyChart chart{
      .name = "figure_7",
      .caption = "communication",
      .x = {.title = "tensor (KiB)"},
      .y = {.title = "time (ms)"},
      .series = {{.name = "NPU", .points = {{.x = 0, .y = 1, .label = "small"}, {.x = 10, .y = 3, .low = 2, .high = 4}}, .colour = {}},
                 {.name = "fit", .points = {{.x = 0, .y = 1}, {.x = 10, .y = 3}}, .marks = false, .line = true, .dashed = true, .colour = 0}}};
  const std::string html = to_html(chart);
  EXPECT_EQ(count(html, "<circle"), 2U);
  EXPECT_THAT(html, HasSubstr("<title>NPU, small: 0, 1</title>"));
  EXPECT_THAT(html, HasSubstr("<title>NPU: 10, 3 (2 to 4)</title>"));
  EXPECT_THAT(html, HasSubstr("class=\"line dashed c0\""));
  // x: 64 to 930 for 0 to 10; y: 300 to 14 for 1 to 4.
  EXPECT_THAT(html, HasSubstr("<polyline points=\"64,300 930,109.33\""));
  EXPECT_EQ(to_csv(to_table(chart)), "series,label,x,y,low,high\nNPU,small,0,1,,\nNPU,,10,3,2,4\nfit,,0,1,,\nfit,,10,3,,\n");
}

TEST(PlanStrip, ColoursSlicesByDevice) {
  const PlanStrip strip{.name = "table_3",
                        .caption = "plans",
                        .layers = 20,
                        .rows = {{.label = "published",
                                  .boxes = {{.first = 0, .end = 19, .colour = 6, .label = "N"},
                                            {.first = 19, .end = 20, .colour = 0, .label = "too long", .detail = "509 MHz"}}}},
                        .devices = {"big", "", "", "", "", "", "NPU"}};
  const std::string html = to_html(strip);
  EXPECT_THAT(html, HasSubstr("class=\"box c6\"><title>NPU: layers 1 to 19</title>"));
  EXPECT_THAT(html, HasSubstr("class=\"box c0\"><title>big: layer 20, 509 MHz</title>"));
  EXPECT_THAT(html, HasSubstr("class=\"inside\">N</text>"));
  EXPECT_THAT(html, Not(HasSubstr("too long")));  // a layer is 40 wide
  EXPECT_THAT(html, HasSubstr("NPU</li>"));
  EXPECT_EQ(to_csv(to_table(strip)),
            "plan,device,first_layer,last_layer,label,detail\npublished,NPU,1,19,N,\npublished,big,20,20,too long,509 MHz\n");
}

TEST(XyChart, BreaksALineWhereThereIsNoNumber) {
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const XyChart chart{
      .x = {}, .y = {}, .series = {{.name = "target", .points = {{0, 1}, {1, 1}, {1, nothing}, {2, 4}, {3, 4}}, .marks = false, .line = true}}};
  EXPECT_EQ(count(to_html(chart), "<polyline"), 2U);
}

TEST(TimeLanes, DrawsSpansAndMarks) {
  const TimeLanes lanes{
      .name = "levels",
      .caption = "levels, simulated",
      .x = {.title = "time (s)", .low = 0, .high = 10},
      .lanes = {{.label = "camera", .spans = {{.from = 0, .to = 5, .colour = 1, .detail = "70 %"}, {.from = 9.9, .to = 10, .colour = 0}}}},
      .marks = {{.at = 5, .label = "voice <arrives>", .strong = true}, {.at = 9.9, .label = "gain"}},
      .names = {"large", "small", "unused"}};
  const std::string html = to_html(lanes);
  // 780 wide from 150: 5 of 10 seconds are 390, and the mark stands where they end.
  EXPECT_THAT(html, HasSubstr("<rect x=\"150\" y=\"22\" width=\"390\" height=\"24\" class=\"box c1\"><title>0 to 5: small, 70 %</title>"));
  EXPECT_THAT(html, HasSubstr("class=\"inside\">small</text>"));
  EXPECT_THAT(html, Not(HasSubstr("inside\">large")));  // a tenth of a second is 7.8 wide
  EXPECT_THAT(html, HasSubstr("<circle cx=\"540\" cy=\"13\" r=\"5\" class=\"c2\"><title>5: voice &lt;arrives&gt;</title>"));
  EXPECT_EQ(count(html, "class=\"reference\""), 1U);
  EXPECT_THAT(html, HasSubstr("large</li>"));
  EXPECT_THAT(html, Not(HasSubstr("unused")));
  EXPECT_EQ(to_csv(to_table(lanes)), "lane,name,from,to,detail\ncamera,small,0,5,70 %\ncamera,large,9.9,10,\n");
}

TEST(Figures, AreDrawnEvenWithoutAnythingInThem) {
  EXPECT_THAT(to_html(BarChart()), HasSubstr("<svg"));
  EXPECT_THAT(to_html(XyChart()), HasSubstr("<svg"));
  EXPECT_THAT(to_html(PlanStrip()), HasSubstr("<svg"));
  EXPECT_THAT(to_html(TimeLanes()), HasSubstr("<svg"));
}

TEST(Escape, LeavesNothingThatMarkupCouldTakeForItsOwn) {
  EXPECT_EQ(escape("<a href=\"x\">&\x01\n"), "&lt;a href=&quot;x&quot;&gt;&amp;  ");
  EXPECT_EQ(escape("µs – α"), "µs – α");
}

TEST(Readable, RoundsForReaders) {
  EXPECT_EQ(readable(1.0 / 3), "0.3333");
  EXPECT_EQ(readable(-0.0), "0");
  EXPECT_EQ(readable(2500), "2500");
  EXPECT_EQ(readable(123456.7), "123457");
  EXPECT_EQ(readable(-2e9), "-2e+09");
  EXPECT_EQ(readable(0.3, 0.1, std::nullopt), "0.3 (0.1 to 0.3)");
}

}  // namespace
}  // namespace mosaic::report
