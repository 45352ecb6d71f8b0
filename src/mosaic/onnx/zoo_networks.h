#pragma once

// The zoo's networks, one function each: it draws the topology into a builder, block by block, input and output included. Not installed.

#include <cstdint>
#include <string>

#include "mosaic/onnx/builder.h"

namespace mosaic::onnx::networks {

/// ImageNet's, without a class for the background.
constexpr std::int64_t kClasses = 1000;

/// Square images of three channels, one at a time.
std::string image(Builder& net, std::int64_t size);

/// Flat features to class probabilities, which become the output; the gain lets the scores differ enough for a softmax to prefer some.
void classify(Builder& net, const std::string& flat, std::int64_t channels, double gain = 4);

/// The same by a convolution of one pixel over pooled features, as TensorFlow's MobileNet V2 and ResNet V2 do it.
void classify_pooled(Builder& net, const std::string& pooled, std::int64_t channels, double gain = 4);

/// Blocks: stem (with the first block, which does not expand), block_2 to block_17, head.
void mobilenet_v2(Builder& net, double width);
/// Blocks: stem, block_1 to block_13, head.
void mobilenet_v1(Builder& net, double width);
/// MnasNet-B1, without squeeze-and-excite. Blocks: stem, sepconv, block_1 to block_16, head, logits.
void mnasnet(Builder& net, double width);

/// Blocks: conv1, fire2 to fire9, conv10; a pooling is in the block before it.
void squeezenet_1_0(Builder& net);
void squeezenet_1_1(Builder& net);

/// Blocks: conv1_1 to conv5_3, fc6, fc7, fc8; a pooling is in the block before it.
void vgg16(Builder& net);

/// Blocks: stem, unit_1 to unit_16, head.
void resnet18_64(Builder& net);
void resnet50_v1(Builder& net);
/// Normalisation and activation before each convolution; the stride is in the last unit of the first three groups, as published in TensorFlow.
/// Blocks: stem, unit_1 to unit_16 (unit_50), pool, logits.
void resnet50_v2(Builder& net);
void resnet152_v2(Builder& net);

/// Images of 299 x 299. Blocks: stem, inception_a_1 to _4, reduction_a, inception_b_1 to _7, reduction_b, inception_c_1 to _3, pool, flatten, logits.
void inception_v4(Builder& net);

}  // namespace mosaic::onnx::networks
