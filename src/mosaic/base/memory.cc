#include "mosaic/base/memory.h"

#include <malloc.h>

namespace mosaic {

void keep_freed_memory() {
  constexpr int kMost = 1 << 30;
  mallopt(M_TRIM_THRESHOLD, kMost);
  mallopt(M_MMAP_THRESHOLD, kMost);
}

}  // namespace mosaic
