#include "mosaic/report/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support.h"

namespace mosaic::report {
namespace {

using testing::HasSubstr;
using testing::Not;

Table two_columns() {
  return {.name = "t",
          .caption = "two columns",
          .columns = {{.key = "network"}, {.key = "latency_ms", .title = "latency (ms)", .digits = 1}},
          .rows = {}};
}

TEST(TableCsv, HasAllDigitsAndQuotesWhatNeedsIt) {
  Table table = two_columns();
  table.add({"a, b", 0.1});
  table.add({"say \"x\"", 1.0 / 3});
  table.add({"two\nlines", std::int64_t{7}});
  table.add({Mark{.text = "reproduced", .tone = Tone::kGood}, {}});
  EXPECT_EQ(to_csv(table),
            "network,latency_ms\n"
            "\"a, b\",0.1\n"
            "\"say \"\"x\"\"\",0.3333333333333333\n"
            "\"two\nlines\",7\n"
            "reproduced,\n");
}

TEST(TableJson, KeepsTypesAndCallsNothingNull) {
  Table table = two_columns();
  table.add({"VGG", 218.7});
  table.add({"SN", std::numeric_limits<double>::infinity()});
  EXPECT_EQ(to_json(table),
            "{\n"
            "  \"name\": \"t\",\n"
            "  \"caption\": \"two columns\",\n"
            "  \"rows\": [\n"
            "    {\n"
            "      \"network\": \"VGG\",\n"
            "      \"latency_ms\": 218.7\n"
            "    },\n"
            "    {\n"
            "      \"network\": \"SN\",\n"
            "      \"latency_ms\": null\n"
            "    }\n"
            "  ]\n"
            "}\n");
}

TEST(TableHtml, AlignsNumbersAndRoundsThem) {
  Table table = two_columns();
  table.add({"VGG", 218.749});
  table.add({"SN", {}});
  const std::string html = to_html(table);
  EXPECT_THAT(html, HasSubstr("<th>network</th><th class=\"number\">latency (ms)</th>"));
  EXPECT_THAT(html, HasSubstr("<tr><td>VGG</td><td class=\"number\">218.7</td></tr>"));
  EXPECT_THAT(html, HasSubstr("<tr><td>SN</td><td class=\"muted\">–</td></tr>"));
}

TEST(TableHtml, LeavesAColumnOfTextAndNumbersToTheLeft) {
  Table table = two_columns();
  table.add({"VGG", std::int64_t{3}});
  table.add({"SN", "infeasible"});
  EXPECT_THAT(to_html(table), HasSubstr("<th>latency (ms)</th>"));
}

TEST(TableHtml, EscapesTexts) {
  Table table = two_columns();
  table.caption = "<b>&";
  table.add({"<script>\"x\"</script>", {}});
  table.add({Mark{.text = "a < b", .tone = Tone::kBad}, {}});
  const std::string html = to_html(table);
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;&quot;x&quot;&lt;/script&gt;"));
  EXPECT_THAT(html, HasSubstr("<figcaption>&lt;b&gt;&amp;</figcaption>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"bad\">a &lt; b</td>"));
}

TEST(SaveTable, WritesBothFiles) {
  const test::TemporaryFolder folder;
  Table table = two_columns();
  table.add({"VGG", 1.5});
  test::expect(save_table(table, folder / "tables"));
  EXPECT_EQ(test::expect(read_file(folder.path() / "tables" / "t.csv")), to_csv(table));
  EXPECT_EQ(test::expect(read_file(folder.path() / "tables" / "t.json")), to_json(table));
  EXPECT_EQ(save_table(table, folder.path() / "tables" / "t.csv").error().code, ErrorCode::kIo);  // a file where a folder should be
}

}  // namespace
}  // namespace mosaic::report
