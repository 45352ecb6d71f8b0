#include "mosaic/mapping/image_runs.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

namespace mosaic::mapping {
namespace {

/// 1 for the class that the network itself gives the image; the first of equals.
std::string own_target(onnx::Builder& net, const std::string& logits, std::int64_t classes) {
  const std::string top = net.node("ArgMax", {logits}, {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{1}}});
  Tensor numbers(ElementType::kInt64, {1, classes, 1, 1});
  std::iota(numbers.as<std::int64_t>().begin(), numbers.as<std::int64_t>().end(), 0);
  return net.node("Cast", {net.node("Equal", {net.constant("classes", numbers), top})}, {{"to", static_cast<std::int64_t>(ElementType::kFloat32)}});
}

}  // namespace

Result<LossGradients> add_loss_gradients(onnx::Builder& net, const network::Network& network, Labels labels) {
  const network::Extent& classes = network.output();
  if (classes.height != 1 || classes.width != 1 || classes.channels < 2) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("network '{}' gives {} channels of {} x {} pixels; a classifier gives one pixel of two channels or more", network.name,
                            classes.channels, classes.height, classes.width));
  }
  LossGradients loss{.values = add_operators(net, network, network.nodes.size(), onnx::MaxPositions::kGiven), .gradients = {}};
  const std::string& logits = loss.values.out.back();
  const std::string target = labels == Labels::kGiven ? net.input("target", onnx::shape_of(classes)) : own_target(net, logits, classes.channels);
  const std::string probabilities = net.node("Softmax", {logits}, {{"axis", std::int64_t{1}}});
  loss.gradients = add_gradients(net, network, loss.values, net.node("Sub", {probabilities, target}));
  for (const std::size_t layer : network::convolutions(network)) {
    if (loss.gradients[layer].empty()) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("convolution '{}' of network '{}' does not reach the output; leave it out", network.nodes[layer].name, network.name));
    }
  }
  return loss;
}

ImageRuns::ImageRuns(std::unique_ptr<ort::Reference> session, Shape shape, std::optional<std::int64_t> classes)
    : session_(std::move(session)), shape_(std::move(shape)), classes_(classes) {}

Result<ImageRuns> ImageRuns::open(const onnx::Model& model, const network::Extent& input, std::optional<std::int64_t> classes) {
  MOSAIC_TRY(auto session, ort::Reference::open(model, {.threads = 1, .spin = false}));
  return ImageRuns(std::move(session), onnx::shape_of(input), classes);
}

Result<std::vector<Tensor>> ImageRuns::run(const Tensor& image, std::optional<std::size_t> label) {
  if (image.type() != ElementType::kFloat32 || image.shape() != shape_) {
    return fail(ErrorCode::kInvalidInput, fmt::format("the image is {} {}, the network takes {} {}", name(image.type()), to_string(image.shape()),
                                                      name(ElementType::kFloat32), to_string(shape_)));
  }
  if (label.has_value() != classes_.has_value())
    return fail(ErrorCode::kInvalidInput, label ? "a label was not asked for" : "a label is needed for each image");
  Tensor target;
  if (label) {
    if (*label >= static_cast<std::size_t>(*classes_))
      return fail(ErrorCode::kInvalidInput, fmt::format("label {} is out of range: the network has {} classes, numbered from 0", *label, *classes_));
    target = Tensor(ElementType::kFloat32, {1, *classes_, 1, 1});
    target.as<float>()[*label] = 1;
  }
  std::vector<const Tensor*> inputs;
  for (const std::string& each : session_->inputs()) inputs.push_back(each == "target" ? &target : &image);
  MOSAIC_RETURN_IF_ERROR(session_->bind(inputs));
  if (auto time = session_->run(); !time) return std::unexpected(time.error());
  return session_->results();
}

}  // namespace mosaic::mapping
