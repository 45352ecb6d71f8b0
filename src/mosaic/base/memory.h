#pragma once

namespace mosaic {

/// Lets the C library keep what is freed instead of giving it back to the system: slices make and free large buffers on threads of their own, and
/// asking for their pages anew each time cost a tenth of the time on a segmentation network. For the whole process, so it is a program's choice and
/// not made by the library; to be called first.
void keep_freed_memory();

}  // namespace mosaic
