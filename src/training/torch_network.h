#pragma once

// Networks as libtorch trains them: the only header that shows libtorch. Not installed.

#include <ATen/ATen.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/integers/calibrate.h"
#include "mosaic/integers/quantized_network.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/network/network.h"
#include "training/snap.h"
#include "training/trainer.h"

namespace mosaic::training {

/// Something that is trained. Tensors that share memory are handed out: whoever changes them changes the network.
struct Parameter {
  std::string name;
  at::Tensor value;
  bool decays = false;   ///< pulled towards zero
  bool chooses = false;  ///< says which accelerator; learnt at a rate of its own
};

/// A network on batches of images, differentiable: any nodes of network/network.h in one of several arithmetics, which are the derived classes.
/// Where nothing but convolutions reads the image, these see it divided by the pixels' magnitude, a power of two, and their weights are multiplied by
/// it: the same numbers, with gradients of the same size as elsewhere. Thread-compatible.
class TorchNetwork {
 public:
  virtual ~TorchNetwork() = default;
  TorchNetwork(const TorchNetwork&) = delete;
  TorchNetwork& operator=(const TorchNetwork&) = delete;

  /// Makes ready for steps at this share of the whole training, after parameters have changed. Errors: kInvalidInput: numbers that are not finite.
  [[nodiscard]] virtual Result<void> prepare(double share) = 0;

  /// What the last node gives, [N, classes], for images that are divided by the magnitude. Requires: prepared.
  [[nodiscard]] at::Tensor forward(const at::Tensor& images, bool training) const;

  /// What is added to the loss; undefined for nothing.
  [[nodiscard]] virtual at::Tensor penalty() const { return {}; }

  /// What is trained; then what is kept besides.
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }
  [[nodiscard]] const std::vector<Parameter>& buffers() const { return buffers_; }

  /// With the weights as they are.
  [[nodiscard]] virtual network::Network trained() const = 0;
  [[nodiscard]] virtual Wishes wishes() const { return {}; }

  /// Runs it on zeros. Errors: kUnsupported: a node that gives another extent than the network says.
  [[nodiscard]] Result<void> try_out() const;

 protected:
  TorchNetwork(const network::Network& network, float magnitude);

  [[nodiscard]] virtual at::Tensor convolved(std::size_t layer, const network::Node& node, const at::Tensor& x, bool training) const = 0;
  /// Activation, and what else is done to what a node gives.
  [[nodiscard]] virtual at::Tensor finished(std::size_t node, const at::Tensor& y) const = 0;

  const network::Network& source() const { return network_; }
  /// What the weights of a layer are multiplied by.
  [[nodiscard]] float gain(std::size_t layer) const { return gains_[layer]; }
  [[nodiscard]] std::size_t layers() const { return gains_.size(); }
  [[nodiscard]] const network::Node& layer_node(std::size_t layer) const { return network_.nodes[convolutions_[layer]]; }
  /// Adds weights and, where asked for, bias of each convolution to the parameters.
  void add_weights(bool decay);
  /// The weights and biases that add_weights has added.
  [[nodiscard]] const at::Tensor& weights(std::size_t layer) const { return parameters_[2 * layer].value; }
  [[nodiscard]] const at::Tensor& bias(std::size_t layer) const { return parameters_[2 * layer + 1].value; }
  /// The source with them.
  [[nodiscard]] network::Network with_weights() const;

  std::vector<Parameter> parameters_;
  std::vector<Parameter> buffers_;

 private:
  [[nodiscard]] at::Tensor evaluated(std::size_t index, const std::vector<at::Tensor>& values, bool training) const;
  [[nodiscard]] std::vector<at::Tensor> all_values(const at::Tensor& images, bool training) const;

  network::Network network_;
  std::vector<std::size_t> convolutions_;
  std::vector<std::size_t> layer_of_;  ///< by node
  std::vector<float> gains_;
  float magnitude_;  ///< what images are multiplied by first; 1 where the gains do it
};

/// Floats. With `normalised`, every convolution but the one that gives the output is followed by a batch normalisation, which `trained` folds in.
[[nodiscard]] std::unique_ptr<TorchNetwork> make_float_network(const network::Network& network, float magnitude, bool normalised);

/// The arithmetic of `integers` with the quantisers of `mapping`, as numbers that floats can hold, with straight-through gradients. Errors: those of
/// integers::quantize.
[[nodiscard]] Result<std::unique_ptr<TorchNetwork>> make_mapped_network(const network::Network& network, float magnitude,
                                                                        const mapping::Mapping& mapping, std::span<const integers::Range> ranges);

/// The same with both kinds of weights in each channel, mixed by the softmax of two numbers a channel over a temperature that falls from 1 to
/// `coldest`; `penalty` is lambda times the cost of the expected channels, relative to that of All-8bit.
[[nodiscard]] Result<std::unique_ptr<TorchNetwork>> make_searched_network(const network::Network& network, float magnitude,
                                                                          const SearchSettings& settings, std::span<const integers::Range> ranges);

/// Up to `count` images from the one at `begin`, [N, C, H, W], divided by the pixels' magnitude.
[[nodiscard]] at::Tensor inputs_of(const ImageSet& images, const Pixels& pixels, std::size_t begin, std::size_t count);

/// A float tensor with these values.
[[nodiscard]] at::Tensor tensor_of(std::span<const float> values, at::IntArrayRef shape);
[[nodiscard]] std::vector<float> values_of(const at::Tensor& tensor);

}  // namespace mosaic::training
