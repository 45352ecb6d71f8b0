#include "mosaic/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace mosaic::internal {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace mosaic::internal
