// Reads any bytes as a board. What is read must be written and read again to an equal board.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mosaic/base/check.h"
#include "mosaic/board/board_file.h"

namespace mosaic {
namespace {

void check_equal(const Board& a, const Board& b) {
  MOSAIC_CHECK(a.fingerprint == b.fingerprint);
  MOSAIC_CHECK(a.simulation == b.simulation);
  MOSAIC_CHECK(a.devices.size() == b.devices.size());
  for (std::size_t d = 0; d < a.devices.size(); ++d) {
    MOSAIC_CHECK(a.devices[d].slice_limit == b.devices[d].slice_limit);
    MOSAIC_CHECK(a.devices[d].missing_operators == b.devices[d].missing_operators);
    for (std::size_t p = 0; p < a.devices[d].points.size(); ++p) MOSAIC_CHECK(a.devices[d].points[p].clock == b.devices[d].points[p].clock);
  }
}

void read(std::string_view yaml) {
  const auto board = parse_board(yaml);
  if (!board) return;
  const std::string written = format_board(*board);
  const auto again = parse_board(written);
  MOSAIC_CHECK(again.has_value());
  check_equal(*board, *again);
  MOSAIC_CHECK(format_board(*again) == written);
}

}  // namespace
}  // namespace mosaic

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaic::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
