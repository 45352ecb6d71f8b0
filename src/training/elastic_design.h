#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/elastic/space.h"
#include "mosaic/network/network.h"

namespace mosaic::training {

/// What an elastic network is made of; each has its own knobs.
enum class ElasticBlock : std::uint8_t {
  kConvolutions,  ///< residual blocks; "k": side of the first kernel, odd; "e": channels between both convolutions, in per cent of the stage's
  kTransformer,   ///< encoder blocks on patches; "h": heads; "m": width of the perceptron in per cent of the stage's
};

/// An elastic classifier of square images, but for its weights: a value.
struct ElasticDesign {
  ElasticBlock block = ElasticBlock::kConvolutions;
  elastic::Space space;
  std::vector<std::int64_t> widths;  ///< channels of each stage
  network::Extent input;             ///< of the images that it is trained on; the largest resolution is their side
  std::int64_t classes = 0;
};

/// Designs by name: "convolutions" (depth, expansion, kernel and resolution are elastic), "widths" (the same backbone, of which only the expansion
/// is: a slimmable network) and "transformer" (depth, heads and width of the perceptron).
[[nodiscard]] std::vector<std::string> elastic_designs();

/// Errors: kInvalidInput: another name, images that are not square or of less than 8 pixels a side, fewer than two classes.
[[nodiscard]] Result<ElasticDesign> make_elastic_design(const std::string& name, const network::Extent& input, std::int64_t classes);

/// As JSON on one line, and back. Errors: kInvalidInput, with the key: what is missing or no design can have.
[[nodiscard]] std::string format_design(const ElasticDesign& design);
[[nodiscard]] Result<ElasticDesign> parse_design(std::string_view text);

/// Channels that `percent` of a stage's are: one or more.
[[nodiscard]] std::int64_t share_of_width(std::int64_t width, int percent);

}  // namespace mosaic::training
