#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"

namespace mosaic::ort {

/// The backend that runs steps on ONNX Runtime: on clusters of cores by its CPU provider, on other devices by the provider that their board names.
/// Neighbouring steps on the CPU are cut from the graph as the engine optimised it (docs/architecture.md says what that is worth).
/// Errors: kEngine where the library cannot be loaded.
[[nodiscard]] Result<std::unique_ptr<Backend>> make_backend();

/// Lets all sessions that run on exactly these cores, and whose threads may spin, share one pool of threads (the engine has one such pool for a
/// process). Slices on them then cost no waking of threads. Has an effect only before the first model is read. Errors: kEngine.
[[nodiscard]] Result<void> share_threads(const std::vector<int>& cores);

/// The execution providers of the loaded engine in the form that board files use, "CPU" first. Errors: kEngine.
[[nodiscard]] Result<std::vector<std::string>> list_providers();

/// Whether a provider runs a small network on this machine, and if not, why: kDevice or kUnsupported with the engine's words.
[[nodiscard]] Result<void> try_provider(const std::string& provider);

}  // namespace mosaic::ort
