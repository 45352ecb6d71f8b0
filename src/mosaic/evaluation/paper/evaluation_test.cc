#include "mosaic/evaluation/paper/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/evaluation/paper/paper_board.h"
#include "tests/running.h"

namespace mosaic::evaluation {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

Board board() { return expect(read_board(std::filesystem::path(MOSAIC_SOURCE_FOLDER) / "boards" / "hikey970.yaml")); }

TEST(PaperResultsKey, HoldsAllThatResultsDependOn) {
  const PaperOptions options;
  const Fingerprint plain = results_key(board(), options);
  EXPECT_EQ(results_key(board(), options), plain);
  const auto key_of = [&](const std::function<void(Board&)>& change) {
    Board changed = board();
    change(changed);
    return results_key(expect(make_board(std::move(changed))), options);
  };
  EXPECT_NE(key_of([](Board& changed) { changed.devices[3].slice_limit = Bytes{60'000'000}; }), plain);
  EXPECT_NE(key_of([](Board& changed) { changed.devices[0].points[0].voltage = Volts{0.75}; }), plain);
  EXPECT_NE(key_of([](Board& changed) { changed.devices[3].missing_operators.pop_back(); }), plain);
  EXPECT_NE(results_key(board(), {.seed = 2}), plain);
  EXPECT_NE(results_key(board(), {.random_plans = 7}), plain);
  EXPECT_NE(results_key(board(), {.repeats = 11}), plain);
}

Result<void> check(const Board& on) { return check_paper_board(on, {{"sim", expect(sim::make_backend(on))}}); }

Board changed_board(const std::string& from, const std::string& to) {
  std::string text = format_board(board());
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return expect(parse_board(text));
}

TEST(PaperBoard, HasFourDevicesWithPower) {
  EXPECT_TRUE(check(board()).has_value());
  EXPECT_THAT(
      error_of(check(changed_board("little", "small"))),
      HasSubstr("board 'hikey970' has no device 'little'; 'evaluate paper' needs big, little, gpu and npu, with watts: see boards/hikey970.yaml"));
  const Board without_power = expect(read_board(std::filesystem::path(MOSAIC_SOURCE_FOLDER) / "boards" / "example-sim.yaml"));
  EXPECT_THAT(error_of(check(without_power)), HasSubstr("with watts"));
}

TEST(PaperBoard, IsRefusedBeforeAnythingIsWritten) {
  const test::TemporaryFolder folder;
  const auto results = evaluate_paper(changed_board("little", "small"), {.folder = folder / "networks"});
  ASSERT_FALSE(results.has_value());
  EXPECT_EQ(results.error().code, ErrorCode::kInvalidInput);
  EXPECT_FALSE(std::filesystem::exists(folder / "networks"));
}

}  // namespace
}  // namespace mosaic::evaluation
