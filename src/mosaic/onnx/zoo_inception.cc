#include <fmt/format.h>

#include <utility>
#include <vector>

#include "mosaic/onnx/zoo_networks.h"

namespace mosaic::onnx::networks {
namespace {

using Kernel = std::vector<std::int64_t>;

/// A value and how many channels it has.
struct Value {
  std::string name;
  std::int64_t channels = 0;
};

/// One convolution of a branch.
struct Step {
  std::int64_t out;
  Kernel kernel;
  std::int64_t stride = 1;
  const char* auto_pad = "SAME_UPPER";
};

/// Step by step, each with normalisation and activation.
Value branch(Builder& net, Value x, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const Builder::Convolution convolution{
        .in = x.channels, .out = step.out, .kernel = step.kernel, .stride = step.stride, .auto_pad = step.auto_pad};
    x = {net.conv_bn(x.name, convolution, "Relu"), step.out};
  }
  return x;
}

Value join(Builder& net, const std::vector<Value>& values) {
  std::vector<std::string> names;
  std::int64_t channels = 0;
  for (const Value& value : values) {
    names.push_back(value.name);
    channels += value.channels;
  }
  return {net.concat(names), channels};
}

Value halved(Builder& net, const Value& x) { return {net.max_pool(x.name, 3, 2), x.channels}; }
Value averaged(Builder& net, const Value& x) { return {net.average_pool(x.name, 3, 1), x.channels}; }

Value stem(Builder& net) {
  Value x = branch(net, {image(net, 299), 3}, {{32, {3, 3}, 2, "VALID"}, {32, {3, 3}, 1, "VALID"}, {64, {3, 3}}});
  const Value pooled = halved(net, x);
  x = join(net, {pooled, branch(net, x, {{96, {3, 3}, 2, "VALID"}})});
  const Value plain = branch(net, x, {{64, {1, 1}}, {96, {3, 3}, 1, "VALID"}});
  x = join(net, {plain, branch(net, x, {{64, {1, 1}}, {64, {1, 7}}, {64, {7, 1}}, {96, {3, 3}, 1, "VALID"}})});
  const Value thinned = branch(net, x, {{192, {3, 3}, 2, "VALID"}});
  return join(net, {thinned, halved(net, x)});
}

Value inception_a(Builder& net, const Value& x) {
  const Value one = branch(net, x, {{96, {1, 1}}});
  const Value two = branch(net, x, {{64, {1, 1}}, {96, {3, 3}}});
  const Value three = branch(net, x, {{64, {1, 1}}, {96, {3, 3}}, {96, {3, 3}}});
  return join(net, {one, two, three, branch(net, averaged(net, x), {{96, {1, 1}}})});
}

Value reduction_a(Builder& net, const Value& x) {
  const Value one = branch(net, x, {{384, {3, 3}, 2, "VALID"}});
  const Value two = branch(net, x, {{192, {1, 1}}, {224, {3, 3}}, {256, {3, 3}, 2, "VALID"}});
  return join(net, {one, two, halved(net, x)});
}

Value inception_b(Builder& net, const Value& x) {
  const Value one = branch(net, x, {{384, {1, 1}}});
  const Value two = branch(net, x, {{192, {1, 1}}, {224, {1, 7}}, {256, {7, 1}}});
  const Value three = branch(net, x, {{192, {1, 1}}, {192, {7, 1}}, {224, {1, 7}}, {224, {7, 1}}, {256, {1, 7}}});
  return join(net, {one, two, three, branch(net, averaged(net, x), {{128, {1, 1}}})});
}

Value reduction_b(Builder& net, const Value& x) {
  const Value one = branch(net, x, {{192, {1, 1}}, {192, {3, 3}, 2, "VALID"}});
  const Value two = branch(net, x, {{256, {1, 1}}, {256, {1, 7}}, {320, {7, 1}}, {320, {3, 3}, 2, "VALID"}});
  return join(net, {one, two, halved(net, x)});
}

Value inception_c(Builder& net, const Value& x) {
  const auto fan_out = [&](const Value& y) {
    const Value wide = branch(net, y, {{256, {1, 3}}});
    return std::pair(wide, branch(net, y, {{256, {3, 1}}}));
  };
  const Value one = branch(net, x, {{256, {1, 1}}});
  const auto [two_wide, two_high] = fan_out(branch(net, x, {{384, {1, 1}}}));
  const auto [three_wide, three_high] = fan_out(branch(net, x, {{384, {1, 1}}, {448, {3, 1}}, {512, {1, 3}}}));
  return join(net, {one, two_wide, two_high, three_wide, three_high, branch(net, averaged(net, x), {{256, {1, 1}}})});
}

}  // namespace

void inception_v4(Builder& net) {
  net.block("stem");
  Value x = stem(net);
  const auto repeat = [&](int times, const char* name, Value (*block)(Builder&, const Value&)) {
    for (int i = 1; i <= times; ++i) {
      net.block(times == 1 ? name : fmt::format("{}_{}", name, i));
      x = block(net, x);
    }
  };
  repeat(4, "inception_a", inception_a);
  repeat(1, "reduction_a", reduction_a);
  repeat(7, "inception_b", inception_b);
  repeat(1, "reduction_b", reduction_b);
  repeat(3, "inception_c", inception_c);
  net.block("pool");
  const std::string pooled = net.global_average_pool(x.name);
  net.block("flatten");
  const std::string flat = net.flatten(pooled);
  net.block("logits");
  classify(net, flat, x.channels);
}

}  // namespace mosaic::onnx::networks
