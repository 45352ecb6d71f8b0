#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/accelerators/diana.h"
#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/integers/calibrate.h"
#include "mosaic/integers/quantize.h"
#include "mosaic/integers/quantized_network.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/mapping/quantized_layer.h"
#include "mosaic/mapping/sensitivity.h"
#include "mosaic/network/network.h"
#include "mosaic/session/candidates.h"

namespace mosaic {

/// An image as the network takes it, float32 [1, C, H, W], and its class where it is known.
struct LabelledImage {
  std::string name;
  Tensor image;
  std::optional<std::size_t> label;
};

struct SearchOptions {
  diana::CostKind objective = diana::CostKind::kLatency;
  std::size_t points = 8;  ///< of the front that are built and tested, two or more
  /// Also what the paper's arithmetic leaves out: the analog array's converter of 6 bits, and noise of this deviation in its codes
  /// (integers/converter.h).
  std::optional<double> analog_noise = {};
  bool equalised = false;  ///< channels are first brought to more equal size (mapping/equalise.h)
  bool corrected = true;   ///< means and deviations of channels are brought back to the float network's
  /// Weights are made integers by what they change in the layers' outputs (mapping/compensated.h), not in the weights; only where `corrected` is set.
  bool compensated = true;
  std::size_t range_images = 64;  ///< of the calibration images at most so many say what ranges activations have: direct loops, image by image
  std::function<void(std::string_view, double)> progress = {};
  std::stop_token stop = {};
};

/// The network with each channel on one of the two accelerators, in the chip's arithmetic.
struct MappedNetwork {
  std::string name;     ///< "All-8bit", "Min-Cost", "point 3"
  bool manual = false;  ///< a heuristic that needs no search
  MappingMethod method = MappingMethod::kTrainingFree;
  bool trained = false;                         ///< weights were fine-tuned to this mapping
  std::optional<double> held_out_percent = {};  ///< right answers on images held out from training, where it was trained
  std::int64_t epochs = 0;                      ///< of training in the mapped arithmetic, its search counted
  mapping::Mapping mapping;
  diana::NetworkCost cost;                  ///< exact by the published functions: modelled
  double proxy = 0;                         ///< sum of the sensitivities of its analog channels
  integers::QuantizedNetwork network;       ///< its channels in one block for each accelerator
  std::vector<std::size_t> classes;         ///< the best class of each test image, computed by the simulator
  std::vector<std::size_t> analog_classes;  ///< likewise with the converter and its noise; empty where they were not asked for
};

struct SearchResult {
  std::vector<MappedNetwork> mapped;       ///< heuristics, Min-Cost, then points of the front by ascending cost
  std::size_t front = 0;                   ///< points of the whole front of proxy against exact cost
  double excess = 0;                       ///< as CostFront::excess: 0 where the front is proved whole
  std::vector<std::size_t> float_classes;  ///< of the float network, by test image
  bool own_classes = false;                ///< sensitivities are to the network's own classes: not all calibration images have one
  mapping::Sensitivities sensitivities;    ///< what the points were chosen by
  std::vector<integers::Range> ranges;     ///< of each node's values: what activations were quantised by
};

/// Splits the layers of a trained classifier over DIANA's two accelerators without training: sensitivities of channels on the calibration images,
/// with their labels where all have one and the network's own classes else; the whole front of their sum against exact cost; means and deviations
/// corrected; then each chosen point, and the manual heuristics, quantised and run on the test images in the chip's arithmetic. Test labels are not
/// looked at. Errors: kInvalidInput: no images, images that do not fit, a label that is no class; kUnsupported: a network without classes;
/// kCancelled. Time: mostly the simulator's, a run for each test image and mapping.
[[nodiscard]] Result<SearchResult> search(const network::Network& network, std::span<const LabelledImage> calibration,
                                          std::span<const LabelledImage> test, const SearchOptions& options);

/// The best class of each image by the float network, run by the inference engine. Of `options`: what to call and when to stop. Errors: kCancelled;
/// an image that does not fit.
[[nodiscard]] Result<std::vector<std::size_t>> float_classes(const network::Network& network, std::span<const LabelledImage> images,
                                                             const SearchOptions& options = {});

/// Weights of a mapping as integers::quantize takes them. Requires: a layer for each of the mapping's.
[[nodiscard]] std::vector<integers::LayerWeights> layer_weights(const mapping::Mapping& mapping, std::span<const mapping::QuantizedLayer> layers);

/// A mapping as it is deployed: `network` with these weights (as mapping::quantize or mapping::corrected give them) in integers, channels in blocks,
/// its cost; not yet run. Errors: those of integers::quantize.
[[nodiscard]] Result<MappedNetwork> deploy(const network::Network& network, mapping::Mapping mapping, std::span<const mapping::QuantizedLayer> layers,
                                           std::span<const integers::Range> ranges);

/// Fills in the best class of each image, by the simulator, and those with the analog array's converter and noise where `options` asks for them; the
/// converter's range comes from `pixels`, calibration images. Errors: kInvalidInput: an image that does not fit; kCancelled.
[[nodiscard]] Result<void> simulate_classes(MappedNetwork& mapped, std::span<const LabelledImage> images, std::span<const std::vector<float>> pixels,
                                            const SearchOptions& options);

/// How many of the images were given their label. Requires: a class for each image.
[[nodiscard]] std::size_t right_answers(std::span<const LabelledImage> test, std::span<const std::size_t> classes);

/// For each mapping its manual rival by the objective (accelerators/rivals.h).
[[nodiscard]] std::vector<std::optional<std::size_t>> manual_rivals(const SearchResult& result, std::span<const LabelledImage> test,
                                                                    diana::CostKind objective);

}  // namespace mosaic
