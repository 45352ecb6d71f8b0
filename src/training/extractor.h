#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <utility>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/elastic/space.h"
#include "mosaic/onnx/model.h"
#include "training/elastic_file.h"
#include "training/images.h"

namespace mosaic::training {

/// Cuts sub-networks out of an elastic network. The weights stay as they are; the statistics of batch normalisations, which are each sub-network's
/// own, come from training images. Borrows images and pixels. Thread-compatible; sets the number of libtorch's threads to one.
class Extractor {
 public:
  /// `recalibration`: images that it was trained on; of some thousands. Errors: kInvalidInput: weights that are not those of the design, images of
  /// another extent.
  [[nodiscard]] static Result<std::unique_ptr<Extractor>> create(const ElasticModel& model, const ImageSet& recalibration, const Pixels& pixels);

  virtual ~Extractor() = default;
  Extractor(const Extractor&) = delete;
  Extractor& operator=(const Extractor&) = delete;

  /// A model of its own: input "input" [1, C, R, R] of its resolution, pixels as `pixels` has them; output "output" [1, classes]. Errors:
  /// kInvalidInput: a sub-network that was not trained; kEngine: libtorch fails.
  [[nodiscard]] virtual Result<onnx::Model> model(const elastic::SubNetwork& network) const = 0;

  /// An input of such a model, black.
  [[nodiscard]] Tensor zeros(const elastic::SubNetwork& network) const;

  [[nodiscard]] const ElasticDesign& design() const { return design_; }

  /// How many images get their label, computed by libtorch, which takes many at once. Errors: as `model`.
  [[nodiscard]] virtual Result<std::size_t> right(const elastic::SubNetwork& network, const ImageSet& images) const = 0;

 protected:
  explicit Extractor(ElasticDesign design) : design_(std::move(design)) {}

 private:
  ElasticDesign design_;
};

/// How many images get their label from such a model, run by the inference engine, one by one. Errors: kCancelled; kEngine.
[[nodiscard]] Result<std::size_t> right_by_engine(const onnx::Model& model, int resolution, const ImageSet& images, const Pixels& pixels,
                                                  const std::stop_token& stop = {});

}  // namespace mosaic::training
