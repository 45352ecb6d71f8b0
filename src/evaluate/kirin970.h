#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "mosaic/base/error.h"

namespace mosaic::evaluate {

/// How fast a processor is with the kinds of layers of convolutional networks.
struct KindSpeeds {
  double spatial = 1;    ///< giga multiply-accumulates a second in windows of more than one pixel
  double pointwise = 1;  ///< ... of one pixel
  double depthwise = 1;  ///< ... of one channel
  double fc_gbytes = 1;  ///< gigabytes a second of the weights of fully connected layers
};

/// What the Kirin 970's rows of ncnn's published latencies say of it, by another engine: used as ratios, never as times.
struct Kirin970 {
  KindSpeeds big;  ///< four big cores
  KindSpeeds gpu;
  double speed_up = 1;   ///< of four big cores over one, median over the networks
  double big_error = 0;  ///< root mean square of log(model / measured) over the networks
  double gpu_error = 0;
};

/// From the rows of mobilenet, googlenet, resnet18, alexnet, vgg16 and resnet50; those of networks that are to be predicted are not read.
/// Errors: kInvalidInput: no such file, column or row.
[[nodiscard]] Result<Kirin970> read_kirin970(const std::filesystem::path& csv);

/// The positive numbers that minimise `loss`, by a pattern search over their logarithms from `start`. Deterministic.
[[nodiscard]] std::vector<double> minimise(const std::function<double(const std::vector<double>&)>& loss, std::vector<double> start);

}  // namespace mosaic::evaluate
