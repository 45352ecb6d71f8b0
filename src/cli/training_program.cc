#include "training_program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "mosaic/base/file.h"

namespace mosaic::cli {
namespace {

std::filesystem::path find_program() {
  if (std::string named = environment("MOSAIC_TRAINING"); !named.empty()) return named;
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "mosaic-training";
}

}  // namespace

Result<void> become_training_program(const Context& context) {
  const std::filesystem::path program = find_program();
  std::error_code error;
  if (!std::filesystem::exists(program, error)) {
    return fail(ErrorCode::kUnsupported, fmt::format("training needs the optional component with libtorch, and {} is not there: 'make training' in "
                                                     "the sources fetches libtorch and builds it (docs/training.md)",
                                                     program.string()));
  }
  std::vector<std::string> arguments = context.arguments;
  std::vector<char*> pointers;
  for (std::string& each : arguments) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  return fail(ErrorCode::kIo, fmt::format("cannot start {}: {}", program.string(), std::strerror(errno)));
}

}  // namespace mosaic::cli
