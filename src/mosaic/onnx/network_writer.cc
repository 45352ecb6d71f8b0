#include "mosaic/onnx/builder.h"
#include "mosaic/onnx/network.h"
#include "mosaic/onnx/network_operators.h"

namespace mosaic::onnx {

Model to_model(const network::Network& network) {
  Builder builder(network.name, 0);
  const NetworkValues values = add_operators(builder, network, network.nodes.size());
  const network::Extent& out = network.output();
  if (out.size() == out.channels) {
    const Shape row{1, out.channels};
    builder.output(builder.node("Reshape", {values.out.back(), builder.constant("output_shape", row)}), row);
  } else {
    builder.output(values.out.back(), shape_of(out));
  }
  return builder.build();
}

}  // namespace mosaic::onnx
