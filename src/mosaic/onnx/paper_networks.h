#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/base/units.h"
#include "mosaic/graph/graph.h"

namespace mosaic::onnx {

/// A slice of a plan as the paper prints it: N_11^960 is {'N', 11, 960 MHz}. It ends before the next one's first layer.
struct PublishedSlice {
  char device = 'B';    ///< B: big cores, L: little cores, G: GPU, N: NPU
  int first_layer = 1;  ///< counted from 1, as in the paper
  Hertz clock;
};

/// A network of the MOSAIC paper's evaluation (Han et al., PACT 2019), with what the paper says of it.
struct PaperNetwork {
  std::string key;                           ///< the paper's short name: "MO-1.4"
  std::string zoo_name;                      ///< "mobilenet_v2_1.4"
  double accuracy_percent = 0;               ///< Top-1 on ImageNet (Table I)
  Shape input;                               ///< N x C x H x W
  Bytes memory;                              ///< "model size" (Table I): the memory it uses at run time; 1 MB = 10^6 bytes
  std::size_t layers = 0;                    ///< as the paper counts them (Table I)
  Milliseconds gpu_latency{};                ///< Table I
  bool large = true;                         ///< not one of the three smaller ones
  double published_macs = 0;                 ///< multiply-accumulates, see docs/paper-networks.md for who says so
  double published_parameters = 0;           ///< as many as are counted so:
  std::int64_t counted_per_channel = 0;      ///< values of a normalisation, for each channel: none, the folded bias, scale and shift, or all four
  std::vector<PublishedSlice> latency_plan;  ///< Table III, every clock at its highest; empty for the smaller ones
  std::vector<PublishedSlice> energy_plan;   ///< Table IV; empty for the smaller ones
};

/// The ten networks, in the order of Table I.
[[nodiscard]] const std::vector<PaperNetwork>& paper_networks();

/// The network with this key or zoo name. Errors: kInvalidInput: there is none, with those there are.
[[nodiscard]] Result<PaperNetwork> find_paper_network(std::string_view name);

/// The network with the paper's layers, as many as Table I says: the blocks of zoo_networks.h. No weights are made and no engine is needed.
///
///   IN  stem | 4 Inception-A | Reduction-A | 7 Inception-B | Reduction-B | 3 Inception-C | pool | flatten | logits            20
///   MN  stem | separable convolution | 16 blocks | last convolution, pool | logits                                          20
///   MO  stem with the first block | 16 blocks | last convolution, pool, logits                                              18
///   RN  stem | 50 units, the stride in the last of each of the first three groups | pool | logits                           53
///   VGG 13 convolutions, each with the pooling behind it | fc6 | fc7 | fc8                                                   16
///   SN  conv1, pool | 8 fire modules with the pooling behind them | conv10, pool                                            10
///
/// The paper gives the counts alone. What supports these borders: B and L slices that begin at 20 (the last fully connected layer), RN's that begin
/// at 4, 12 and 48 (the units with a stride) and 52 (pool), VGG's G_14 (fc6). That Inception's 20 include a flatten, which by our rules is no layer,
/// is the reading under which slice N_11 fits the NPU at a share of weights that VGG's N_1 needs too (see kWeightsShare). Errors: none for networks
/// of the list.
[[nodiscard]] Result<Graph> paper_graph(const PaperNetwork& network);

/// The network's parameters, counted as its published number is. Requires: `graph` is the network, at whatever granularity.
[[nodiscard]] std::int64_t counted_parameters(const PaperNetwork& network, const Graph& graph);

/// What the NPU of the paper's board can hold for one slice.
constexpr Bytes kPaperSliceLimit{100'000'000};

/// How much of a network's memory follows its weights, the rest following the tensors that its operators make. A model of ours: the paper prints the
/// totals alone. Every NPU slice of Tables III and IV fits kPaperSliceLimit for shares from 0.844 (below, VGG's N_1 = layers 1 to 13 is too large) to
/// 0.882 (above, IN's N_11 = 11 to 19); 0.85 leaves both about as far from the limit, just under 98 MB. Had IN a stem of two layers instead of a
/// flatten, N_11 would need a share of at most 0.72; had it a softmax as layer 20, 0.81: neither is compatible with VGG.
constexpr double kWeightsShare = 0.85;

/// The memory of each layer: memory * (kWeightsShare * its share of the weights + (1 - kWeightsShare) * its share of the bytes that operators make),
/// rounded so that the sum is network.memory. A slice needs the sum of its layers. Requires: `graph` is the network, at whatever granularity.
[[nodiscard]] std::vector<Bytes> layer_memory(const PaperNetwork& network, const Graph& graph);

}  // namespace mosaic::onnx
