#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/units.h"

namespace mosaic {

/// "0 B", "981 B", "12.3 KiB", "812 MiB".
[[nodiscard]] std::string format_bytes(Bytes bytes);

/// "1.23 G", "45.6 M", "789".
[[nodiscard]] std::string format_count(std::int64_t count);

/// The candidate that differs from `word` by the fewest edits, if that is few enough for a slip; else empty. For "did you mean".
[[nodiscard]] std::string_view closest(std::string_view word, const std::vector<std::string>& candidates);

/// The parts of `text` between separators; one empty part for empty text.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

}  // namespace mosaic
