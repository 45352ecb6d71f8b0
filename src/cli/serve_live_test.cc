#include "serve_live.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "output.h"

namespace mosaic::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

LiveState three_applications() {
  return {.names = {"camera", "voice", "page"},
          .units = {"cpu0", "cpu1"},
          .now = {.applications = {{.level = "large",
                                    .placement = "cpu[0]",
                                    .waiting = 3,
                                    .recent = {.requests = 50, .per_second = 25, .on_time_percent = 98, .p95 = Nanoseconds(12'345'000)}},
                                   {.present = false},
                                   {.recent = {.requests = 2, .per_second = 1, .on_time_percent = 0}}},
                  .others = {0.97, 0.01}},
          .reasons = {"     1.0 s  start", "     2.0 s  voice leaves", "     3.0 s  page is\x1b[2J refused"}};
}

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

TEST(LiveText, SaysWhatEveryApplicationDoesAndWhy) {
  EXPECT_EQ(live_text(three_applications(), {}),
            "application  level    placement  requests/s  on time (%)  p95 (ms)  waiting\n"
            "camera       large    cpu[0]           25.0         98.0    12.345        3\n"
            "voice        away                       0.0            -         -        0\n"
            "page         refused                    1.0          0.0         -        0\n"
            "load of others: cpu0 97 %\n"
            "     1.0 s  start\n"
            "     2.0 s  voice leaves\n"
            "     3.0 s  page is [2J refused\n");
}

TEST(LiveText, FitsIntoEveryTerminal) {
  for (std::size_t columns = 1; columns <= 90; ++columns) {
    for (std::size_t rows = 1; rows <= 12; ++rows) {
      const std::string text = live_text(three_applications(), {.columns = columns, .rows = rows});
      EXPECT_LE(lines(text), std::max<std::size_t>(rows, 2) - 1);
      std::size_t begin = 0;
      for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
        EXPECT_LE(end - begin, columns);
        begin = end + 1;
      }
    }
  }
}

TEST(LiveText, KeepsTheLatestReasons) {
  EXPECT_THAT(live_text(three_applications(), {.rows = 8}),
              testing::AllOf(Not(HasSubstr("start")), HasSubstr("voice leaves"), HasSubstr("refused\n")));
  EXPECT_THAT(live_text(three_applications(), {.rows = 5}), HasSubstr("... and 2 more lines"));  // four lines: two of the table's five go
}

TEST(LiveText, SaysWhereNobodyElseWorksAndWhereNobodyKnows) {
  LiveState state = three_applications();
  state.now.others = {0.01, 0};
  EXPECT_THAT(live_text(state, {}), HasSubstr("load of others: none\n"));
  state.now.others.clear();
  EXPECT_THAT(live_text(state, {}), HasSubstr("load of others: not known yet\n"));
}

TEST(Shorten, KeepsCharactersWhole) {
  EXPECT_EQ(shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten("abcdefg", 6), "abc...");
  EXPECT_EQ(shorten("aµµµµ", 7), "aµ...");  // the second one would end a byte too late
  EXPECT_EQ(shorten("abcdef", 2), "..");
  EXPECT_EQ(shorten("abcdef", 0), "");
}

}  // namespace
}  // namespace mosaic::cli
