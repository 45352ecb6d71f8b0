#include "mosaic/base/installation.h"

/// Defined by a source file that the CMake package adds to the programs that link the library (cmake/installation.cc).
extern "C" __attribute__((weak)) const char* mosaic_installation();

namespace mosaic {

std::vector<std::filesystem::path> installations() {
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(program.parent_path().parent_path());
  if (mosaic_installation != nullptr) folders.emplace_back(mosaic_installation());
  return folders;
}

}  // namespace mosaic
