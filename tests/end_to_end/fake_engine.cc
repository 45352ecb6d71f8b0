// A library that looks like ONNX Runtime to the loader, with the version it is built with, and offers no interface.

#include <cstdint>

namespace {

struct Base {
  const void* (*get_api)(std::uint32_t version);
  const char* (*get_version_string)();
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const Base* FAKE_ENTRY() {
  static const Base kBase{.get_api = [](std::uint32_t) -> const void* { return nullptr; }, .get_version_string = [] { return FAKE_VERSION; }};
  return &kBase;
}
