#pragma once

#include <filesystem>
#include <vector>

namespace mosaic {

/// Folders that an installed mosaic may be found in, each with lib/mosaic (the engine) and share/mosaic (boards), in the order in which to look: the
/// one that the running program lies in the bin/ of (a build's folder is laid out likewise), and the one whose CMake package the program was built
/// with. They need not exist.
[[nodiscard]] std::vector<std::filesystem::path> installations();

}  // namespace mosaic
