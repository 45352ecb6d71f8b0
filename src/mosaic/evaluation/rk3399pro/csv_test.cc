#include "mosaic/evaluation/rk3399pro/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace mosaic::tables {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Csv, ReadsQuotedCellsWithCommasQuotesAndLineBreaks) {
  const Csv csv = expect(parse_csv("a,b\r\n\"1,\"\"2\"\"\n3\",4\r\n", "t.csv"));
  EXPECT_THAT(csv.columns, ElementsAre("a", "b"));
  ASSERT_EQ(csv.rows.size(), 1U);
  EXPECT_THAT(csv.rows[0], ElementsAre("1,\"2\"\n3", "4"));
}

TEST(Csv, LeavesOutRowsThatAreEmpty) { EXPECT_EQ(expect(parse_csv("a,b\n,\n1,2\n,\n", "t.csv")).rows.size(), 1U); }

TEST(Csv, NamesTheColumnsThatAreMissingAndThoseThereAre) {
  const Csv csv = expect(parse_csv("Graph,Layer\n", "t.csv"));
  EXPECT_EQ(error_of(csv.require({"Graph", "Freq", "Time"})), "t.csv: columns 'Freq', 'Time' are missing; there are Graph, Layer");
  EXPECT_EQ(error_of(csv.require({"Time"})), "t.csv: column 'Time' is missing; there are Graph, Layer");
  EXPECT_TRUE(csv.require({"Layer"}).has_value());
}

TEST(Csv, RefusesWhatIsNoTable) {
  EXPECT_THAT(error_of(parse_csv("", "t.csv")), HasSubstr("t.csv: the file is empty"));
  EXPECT_EQ(error_of(parse_csv("a,b\n1,2\n3\n", "t.csv")), "t.csv: row 2 has 1 cells, 2 columns are named");
  EXPECT_THAT(error_of(parse_csv("a\n\"1\n", "t.csv")), HasSubstr("a quote is not closed"));
}

TEST(Csv, ReadsNumbersAndNamesTheCellThatIsNone) {
  const Csv csv = expect(parse_csv("a,b,c,d\n1.5,,x,3.0\n", "t.csv"));
  EXPECT_EQ(expect(csv.number(0, "a")), 1.5);
  EXPECT_EQ(expect(csv.number(0, "b")), std::nullopt);
  EXPECT_EQ(expect(csv.number(0, "no such column")), std::nullopt);
  EXPECT_EQ(error_of(csv.number(0, "c")), "t.csv: row 1, column 'c': 'x' is not a number");
  EXPECT_EQ(expect(csv.integer(0, "d", 0, 9)), 3) << "tables with gaps hold integers as 3.0";
  EXPECT_EQ(error_of(csv.integer(0, "a", 0, 9)), "t.csv: row 1, column 'a': '1.5' is not an integer from 0 to 9");
}

}  // namespace
}  // namespace mosaic::tables
