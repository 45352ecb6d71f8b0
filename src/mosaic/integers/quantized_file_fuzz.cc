// Reads any bytes as a network in integers. What is read must be written and read again to the same, and where it is small must run, before and after
// its channels are put into blocks, to the same integers.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mosaic/base/check.h"
#include "mosaic/integers/permute.h"
#include "mosaic/integers/quantized_file.h"
#include "mosaic/integers/simulate.h"

namespace mosaic::integers {
namespace {

bool small(const QuantizedNetwork& network) {
  double work = 0;
  for (const QuantizedNode& node : network.nodes) {
    const auto outputs = static_cast<double>(node.extent.size());
    const double window = static_cast<double>(node.window.kernel[0]) * static_cast<double>(node.window.kernel[1]);
    work +=
        outputs * (1 + window * static_cast<double>(1 + node.convolution.in)) + static_cast<double>(node.convolution.out * node.convolution.groups);
  }
  return work < 1e6;
}

void read(std::string_view text) {
  const auto network = parse_quantized(text);
  if (!network) return;
  const std::string written = format_quantized(*network);
  const auto again = parse_quantized(written);
  MOSAIC_CHECK(again.has_value());
  MOSAIC_CHECK(format_quantized(*again) == written);
  if (!small(*network)) return;
  std::vector<float> image(static_cast<std::size_t>(network->input().size()));
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 17) - 8;
  const auto before = Simulator(*network).run(image);
  const auto after = Simulator(permute(*network)).run(image);
  MOSAIC_CHECK(before.has_value() && after.has_value() && *before == *after);
}

}  // namespace
}  // namespace mosaic::integers

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaic::integers::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
