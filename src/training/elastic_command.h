#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "elastic_options.h"
#include "mosaic/base/error.h"
#include "mosaic/family/family.h"
#include "training/elastic_file.h"
#include "training/extractor.h"
#include "training/images.h"

namespace mosaic::training {

/// A trained elastic network and the images that it is used with: what 'elastic extract' and 'elastic search' start from. Not moved: the extractor
/// refers to the images.
struct ElasticDesk {
  ElasticModel model;
  Dataset data;
  ImageSet held_out;
  ImageSet recalibration;
  Pixels pixels;
  std::unique_ptr<Extractor> extractor;

  /// Errors: those of reading model and data, and of Extractor::create.
  [[nodiscard]] static Result<std::unique_ptr<ElasticDesk>> open(const cli::ElasticUse& use);
};

/// A sub-network as a model, and what is known of it.
struct CutOut {
  std::string name;  ///< also of its file
  elastic::SubNetwork network;
  onnx::Model model;
  std::int64_t macs = 0;
  std::size_t right = 0;  ///< of the test images, by the inference engine
};

/// Errors: those of Extractor and of right_by_engine.
[[nodiscard]] Result<CutOut> cut_out(const ElasticDesk& desk, std::string name, const elastic::SubNetwork& network, const std::stop_token& stop);

/// NAME.onnx of each, and family.yaml. Errors: kIo.
[[nodiscard]] Result<void> write_family(const ElasticDesk& desk, const std::vector<CutOut>& cuts, const std::string& folder);

}  // namespace mosaic::training
