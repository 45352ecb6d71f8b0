#include "mosaic/quantize/examples.h"

#include <utility>

namespace mosaic::quantize {

Fingerprint fingerprint(const Example& example) {
  Hasher hasher;
  hash_inputs(example, hasher);
  return hasher.fingerprint();
}

void hash_inputs(const Example& example, Hasher& hasher) {
  for (const Tensor& tensor : example.inputs) hasher.add(tensor.type()).add_all(std::span<const std::int64_t>(tensor.shape())).add(tensor.bytes());
}

Examples without_repeats(Examples examples, std::set<Fingerprint> besides) {
  const auto visit = [all = std::move(examples.visit), besides = std::move(besides)](const Examples::Visit& visitor) -> Result<void> {
    std::set<Fingerprint> seen = besides;
    return all([&](const Example& example) -> Result<void> {
      if (!seen.insert(fingerprint(example)).second) return {};
      return visitor(example);
    });
  };
  return {.about = examples.about, .visit = visit};
}

}  // namespace mosaic::quantize
