#include "mosaic/evaluation/rk3399pro/rk3399pro_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/base/file.h"
#include "tests/tables.h"

namespace mosaic::tables {
namespace {

using test::error_of;
using test::expect;
using test::kLayersHeader;
using testing::HasSubstr;

const std::string kHeader = kLayersHeader;

TEST(ReadTables, ReadsLayersWithTheirPoints) {
  const Tables tables = test::read_texts(kHeader +
                                         "net,B,1,-1,0,in,4,3000\n"
                                         "net,B,1,-1,0,task,10,3500\n"
                                         "net,G,2,3,1,task,5,4000\n"
                                         "net,N,3,3,1,NPU_fill_tensor,2,\n"
                                         "net,N,3,3,1,NPU_load,99,\n"
                                         ",,,,,,,\n");
  ASSERT_EQ(tables.networks.size(), 1U);
  const Network& net = tables.networks[0];
  EXPECT_EQ(net.layers, 2U);
  const auto task = net.find(Metric::kTask, 0, {.device = 'B', .clock = 1, .host = {}});
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->time, Milliseconds(10));
  EXPECT_EQ(task->power, Watts{3.5});
  EXPECT_TRUE(net.find(Metric::kTask, 1, {.device = 'G', .clock = 2, .host = 3}).has_value());
  const auto fill = net.find(Metric::kFill, 1, {.device = 'N', .clock = 3, .host = 3});
  ASSERT_TRUE(fill.has_value());
  EXPECT_FALSE(fill->power.has_value());
  EXPECT_EQ(net.points().size(), 2U) << "where a layer was measured, which is not where a tensor was filled alone";
}

TEST(ReadTables, TakesTheMedianOfRowsOfOneThing) {
  const Tables tables = test::read_texts(kHeader + "net,B,0,-1,0,task,10,3000\nnet,B,0,-1,0,task,30,5000\nnet,B,0,-1,0,task,11,3100\n");
  EXPECT_EQ(tables.networks[0].find(Metric::kTask, 0, {.device = 'B', .clock = 0, .host = {}})->time, Milliseconds(11));
}

// A table that has a layer 0 counts the layer that sends: nothing is sent to the first layer. Both texts below speak of the cut before layer 1.
TEST(ReadTables, CountsTransfersByTheCutWhicheverSideTheTableCounts) {
  const std::string layers = kHeader + "net,B,0,-1,0,task,1,1\nnet,B,0,-1,1,task,1,1\nnet,B,0,-1,2,task,1,1\n";
  const Tables sender = test::read_texts(layers, "Graph,Layer,Dest,Src,Time\nnet,0,L,B,2\nnet,1,B,L,3\n");
  const Tables receiver = test::read_texts(layers, "Graph,Layer,Dest,Src,Time\nnet,1,L,B,2\nnet,2,B,L,3\n");
  const Hop first{.cut = 1, .from = 'B', .to = 'L'};
  EXPECT_EQ(sender.networks[0].transfers.at(first), Milliseconds(2));
  EXPECT_EQ(sender.networks[0].transfers, receiver.networks[0].transfers);
}

// Trials of 1, 2 and 900 ms (a hiccup): the median is 2. A negative trial is none. Two rows of one change: the mean of their medians, (2 + 4) / 2
// = 3.
TEST(ReadTables, TakesMediansOfClockChanges) {
  const Tables tables =
      test::read_texts(kHeader + "net,B,0,-1,0,task,1,1\n", "",
                       "PE,Freq,NextFreq,T1,T2,T3\nBig,0,1,1e6,900e6,2e6\nBig,0,1,-9,,\nBig,0,1,4e6,4e6,4e6\nGPU,1,0,5e5,5e5,5e5\n");
  EXPECT_EQ(tables.switching.at({'B', 0, 1}), Milliseconds(3));
  EXPECT_EQ(tables.switching.at({'G', 1, 0}), Milliseconds(0.5));
}

TEST(ReadTables, ReadsWholeNetworksAndCountsThoseThatWereNotFinished) {
  const Tables tables = test::read_texts(kHeader + "net,B,0,-1,0,task,1,1\n", "", "",
                                         ",graph,order,freq,total_time,total_e,Predicted_Time,Predicted_Energy\n"
                                         "0,net,GB,\"((3, 4), (1,))\",20,90,19,\n"
                                         "1,net,GB,\"((3, 4), (1,))\",,,19,80\n");
  ASSERT_EQ(tables.runs.size(), 1U);
  ASSERT_EQ(tables.runs[0].runs.size(), 1U);
  EXPECT_EQ(tables.runs[0].unfinished, 1U);
  const MeasuredRun& run = tables.runs[0].runs[0];
  EXPECT_EQ(run.points, (std::vector<Point>{{.device = 'G', .clock = 3, .host = 4}, {.device = 'B', .clock = 1, .host = {}}}));
  EXPECT_EQ(run.time, Milliseconds(20));
  EXPECT_DOUBLE_EQ(run.energy.value, 0.09);
  EXPECT_EQ(run.published_time, Milliseconds(19));
  EXPECT_FALSE(run.published_energy.has_value());
}

TEST(ReadTables, NamesMissingColumnsBadCellsAndOtherForms) {
  TableReader reader;
  EXPECT_THAT(error_of(reader.add("Graph,Component,Freq,Layer,Metric,Time,Power\n", "d/layers.csv", "layers.csv", "")),
              HasSubstr("d/layers.csv: column 'Freq_Host' is missing"));
  EXPECT_THAT(error_of(reader.add("graph,order,total_time,total_e\n", "alex.csv", "alex.csv", "")), HasSubstr("alex.csv: column 'freq' is missing"));
  EXPECT_THAT(error_of(reader.add(kHeader + "net,B,0,-1,0,tusk,1,1\n", "layers.csv", "layers.csv", "")), HasSubstr("row 1: column 'Metric': 'tusk'"));
  EXPECT_THAT(error_of(reader.add(kHeader + "net,B,0,-1,0,task,-1,1\n", "layers.csv", "layers.csv", "")), HasSubstr("column 'Time': -1"));
  EXPECT_THAT(error_of(reader.add(kHeader + "net,B,,-1,0,task,1,1\n", "layers.csv", "layers.csv", "")), HasSubstr("column 'Freq' is empty"));
  EXPECT_THAT(error_of(reader.add(kHeader + "net,big,0,-1,0,task,1,1\n", "layers.csv", "layers.csv", "")),
              HasSubstr("'big' is not a device's letter"));
  expect(reader.add("name,colour\nx,red\n", "notes.csv", "notes.csv", ""));
  EXPECT_THAT(reader.finish().ignored, testing::ElementsAre("notes.csv"));
}

TEST(ParsePoints, WantsAClockForEachLetter) {
  EXPECT_EQ(expect(parse_points("B", "((7,),)")).front(), (Point{.device = 'B', .clock = 7, .host = {}}));
  EXPECT_EQ(expect(parse_points("GN", "((1,2),(0, 3))"))[1], (Point{.device = 'N', .clock = 0, .host = 3}));
  EXPECT_THAT(error_of(parse_points("BB", "((7,),)")), HasSubstr("1 clocks for 2 letters"));
  EXPECT_THAT(error_of(parse_points("B", "((7,), (1,))")), HasSubstr("more clocks than letters"));
  EXPECT_THAT(error_of(parse_points("B", "((1, 2, 3),)")), HasSubstr("(clock, clock of the host)"));
  EXPECT_THAT(error_of(parse_points("B", "7")), HasSubstr("not in brackets"));
  EXPECT_THAT(error_of(parse_points("B", "((-7,),)")), HasSubstr("(clock,)"));
}

TEST(Match, FillsInTheClockThatWasLeftOut) {
  const Point n{.device = 'N', .clock = 3, .host = 3};
  const std::set<Point> known{{.device = 'B', .clock = 1, .host = {}}, {.device = 'N', .clock = 2, .host = 2}, n};
  EXPECT_EQ(match(known, {.device = 'N', .clock = 3, .host = {}}), n);
  EXPECT_EQ(match(known, {.device = 'N', .clock = 0, .host = 3}), n) << "the device has one clock, so the host's tells";
  const Point unknown{.device = 'B', .clock = 5, .host = {}};
  EXPECT_EQ(match(known, unknown), unknown);
}

TEST(ProfileOf, PrefersTheSameSetAndUnderstandsShortNames) {
  Tables tables;
  for (const auto& [name, set] : {std::pair("net", ""), {"net", "measured"}, {"MobileV1", ""}, {"ResV1", ""}, {"ResV2", ""}}) {
    tables.networks.push_back({.name = name, .set = set, .layers = 1, .samples = {}, .transfers = {}});
  }
  EXPECT_EQ(profile_of(tables, {.network = "net", .set = "measured", .runs = {}}), &tables.networks[1]);
  EXPECT_EQ(profile_of(tables, {.network = "net", .set = "elsewhere", .runs = {}}), &tables.networks[0]);
  EXPECT_EQ(profile_of(tables, {.network = "mobile", .set = "measured", .runs = {}}), &tables.networks[2]);
  EXPECT_EQ(profile_of(tables, {.network = "res", .set = "measured", .runs = {}}), nullptr) << "two begin so";
}

TEST(ReadTables, ReadsAFolderAndTheFoldersInIt) {
  const test::TemporaryFolder folder;
  const std::string row = ",B,0,-1,0,task,1,1\n";
  expect(write_file(folder / "layers.csv", kHeader + "one" + row));
  expect(write_file(folder / "measured/further.csv", kHeader + "two" + row));
  const Tables tables = expect(read_tables(folder.path()));
  ASSERT_EQ(tables.networks.size(), 2U);
  EXPECT_EQ(tables.networks[1].name, "two");
  EXPECT_EQ(tables.networks[1].set, "measured");
  EXPECT_THAT(error_of(read_tables(folder / "nowhere")), HasSubstr("is not a folder"));
  const test::TemporaryFolder empty;
  EXPECT_THAT(error_of(read_tables(empty.path())), HasSubstr("holds no table of layers"));
}

}  // namespace
}  // namespace mosaic::tables
