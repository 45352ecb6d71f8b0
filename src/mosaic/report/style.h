#pragma once

// The page's style sheet. Not installed.

#include <string_view>

namespace mosaic::report {

extern const std::string_view kStyle;

}  // namespace mosaic::report
