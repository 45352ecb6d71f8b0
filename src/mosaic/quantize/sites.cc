#include "mosaic/quantize/sites.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

#include "mosaic/onnx/rewrite.h"
#include "mosaic/onnx/wiring.h"

namespace mosaic::quantize {
namespace {

using onnx::NodeValue;

constexpr std::array<std::string_view, 3> kLinearOps{"Conv", "Gemm", "MatMul"};
constexpr std::array<std::string_view, 4> kOwnOps{"Add", "AveragePool", "Concat", "GlobalAveragePool"};
constexpr std::array<std::string_view, 5> kViews{"Flatten", "Reshape", "Squeeze", "Transpose", "Unsqueeze"};
constexpr std::array<std::string_view, 10> kIntegerOps{
    "ConvInteger",   "DequantizeLinear", "DynamicQuantizeLinear",          "MatMulInteger",       "QLinearConv",
    "QLinearMatMul", "QuantizeLinear",   "com.microsoft.DequantizeLinear", "com.microsoft.QGemm", "com.microsoft.QuantizeLinear"};

template <class List>
bool is_one_of(const List& list, std::string_view op) {
  return std::ranges::find(list, op) != list.end();
}

std::string shown(const NodeValue& node) { return node.name.empty() && !node.outputs.empty() ? node.outputs[0] : node.name; }

class Finder {
 public:
  Finder(const onnx::Model& model, const onnx::ValueTypes& types, const Kept& keep)
      : model_(model), types_(types), keep_(keep), wiring_(model), nodes_(onnx::node_values(model)) {}

  Scheme run() {
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      if (!replaced_.contains(n)) decide(n);
    }
    drop_idle_views();
    tie();
    std::ranges::sort(left_, {}, &std::pair<std::size_t, LeftOut>::first);
    for (auto& [n, each] : left_) scheme_.left.push_back(std::move(each));
    return std::move(scheme_);
  }

 private:
  void decide(std::size_t n) {
    const NodeValue& node = nodes_[n];
    Site site{.node = n,
              .kind = Site::Kind::kLinear,
              .name = shown(node),
              .op = node.op,
              .reads = {},
              .result = node.outputs.at(0),
              .axis = 0,
              .activation = {},
              .bounds = {}};
    std::string reason = why_not(node, site);
    if (reason.empty()) find_activation(site);
    if (reason.empty() && (keep_.contains(node.outputs[0]) || keep_.contains(site.result))) reason = "kept on request";
    if (!reason.empty()) {
      left_.emplace_back(n, LeftOut{.name = shown(node), .op = node.op, .reason = std::move(reason)});
      return;
    }
    if (site.activation) replaced_.insert(*site.activation);
    integer_.insert(site.result);
    scheme_.sites.push_back(std::move(site));
  }

  /// Fills in the site; the reason why there is none, empty where there is one.
  std::string why_not(const NodeValue& node, Site& site) const {
    if (is_one_of(kLinearOps, node.op)) return why_not_linear(node, site);
    const bool own = is_one_of(kOwnOps, node.op);
    if (!own && node.op != "MaxPool" && !is_one_of(kViews, node.op)) return "it has no integer form here";
    if (node.outputs.size() > 1) return "it has several outputs";
    site.kind = own ? Site::Kind::kOwn : Site::Kind::kSame;
    const std::size_t most = node.op == "Add" || node.op == "Concat" ? node.inputs.size() : 1;
    std::size_t integers = 0;
    for (std::size_t i = 0; i < most; ++i) {
      if (!is_float(node.inputs[i])) return "its inputs are not all float32";
      site.reads.push_back(i);
      integers += integer_.contains(node.inputs[i]) ? 1 : 0;
    }
    const std::size_t wanted = node.op == "Concat" ? (most + 1) / 2 : 1;
    return integers < wanted ? "what it reads is computed in float" : "";
  }

  std::string why_not_linear(const NodeValue& node, Site& site) const {
    if (!is_float(node.inputs.at(0))) return "its input is not float32";
    if (wiring_.constants.contains(node.inputs[0])) return "its input is a constant";
    const auto weights = onnx::constant(model_, node.inputs.at(1));
    if (!weights) return "its weights are not constant";
    if (weights->type() != ElementType::kFloat32) return fmt::format("its weights are {}", mosaic::name(weights->type()));
    const std::size_t rank = weights->shape().size();
    site.reads = {0};
    site.axis = node.op == "Conv" || node.integer("transB", 0) != 0 ? 0 : 1;
    if (node.op == "Conv" && rank != 4) return "only convolutions of images are quantised";
    if (node.op != "Conv" && rank != 2) return "its weights are no matrix";
    if (node.op == "Gemm" && (node.integer("transA", 0) != 0 || node.number("alpha", 1) != 1 || node.number("beta", 1) != 1))
      return "it transposes or scales its arguments";
    if (std::ranges::any_of(weights->as<float>(), [](float each) { return !std::isfinite(each); })) return "its weights are not all finite";
    if (node.inputs.size() < 3 || node.inputs[2].empty()) return "";
    const auto bias = onnx::constant(model_, node.inputs[2]);
    if (!bias || bias->type() != ElementType::kFloat32) return "its bias is no float32 constant";
    if (element_count(bias->shape()) != weights->shape()[site.axis]) return "its bias is not one value a channel";
    return "";
  }

  [[nodiscard]] bool is_float(const std::string& value) const {
    if (const auto found = types_.find(value); found != types_.end()) return found->second.element == ElementType::kFloat32;
    const auto held = onnx::constant(model_, value);
    return held && held->type() == ElementType::kFloat32;
  }

  void find_activation(Site& site) const {
    if (site.kind == Site::Kind::kSame) return;
    const auto next = wiring_.only_user(site.result);
    if (!next) return;
    const NodeValue& node = nodes_[*next];
    const auto bounds = bounds_of(node);
    if (!bounds || node.inputs[0] != site.result) return;
    site.activation = next;
    site.bounds = bounds;
    site.result = node.outputs.at(0);
  }

  /// What an activation limits its argument to, where 0 is inside.
  [[nodiscard]] std::optional<Range> bounds_of(const NodeValue& node) const {
    constexpr double kAny = std::numeric_limits<double>::infinity();
    if (node.op == "Relu") return Range{.low = 0, .high = kAny};
    if (node.op != "Clip") return std::nullopt;
    Range range{.low = -kAny, .high = kAny};
    for (const auto& [position, end] : {std::pair(std::size_t{1}, &range.low), std::pair(std::size_t{2}, &range.high)}) {
      if (node.inputs.size() <= position || node.inputs[position].empty()) continue;
      const auto bound = onnx::constant(model_, node.inputs[position]);
      if (!bound || bound->to_doubles().size() != 1) return std::nullopt;
      *end = bound->to_doubles()[0];
    }
    return range.low <= 0 && range.high >= 0 ? std::optional(range) : std::nullopt;
  }

  /// A reshape before something in float costs less after the conversion to float.
  void drop_idle_views() {
    std::set<std::string> read;
    std::vector<Site> kept;
    for (Site& site : std::views::reverse(scheme_.sites)) {
      if (is_one_of(kViews, site.op) && !read.contains(site.result)) {
        integer_.erase(site.result);
        left_.emplace_back(site.node, LeftOut{.name = site.name, .op = site.op, .reason = "nothing behind it is quantised"});
        continue;
      }
      for (const std::size_t i : site.reads) read.insert(nodes_[site.node].inputs[i]);
      kept.push_back(std::move(site));
    }
    std::ranges::reverse(kept);
    scheme_.sites = std::move(kept);
  }

  void tie() {
    std::set<std::string> own;  // results whose range is theirs alone
    for (const Site& site : scheme_.sites) {
      const NodeValue& node = nodes_[site.node];
      if (site.kind == Site::Kind::kSame) {
        scheme_.ties[site.result] = node.inputs[0];
        continue;
      }
      if (node.op == "Concat") {
        for (const std::string& value : node.inputs) {
          if (own.contains(value) && wiring_.only_user(value) == site.node) scheme_.ties[value] = site.result;
        }
      }
      own.insert(site.result);
    }
  }

  const onnx::Model& model_;
  const onnx::ValueTypes& types_;
  const Kept& keep_;
  onnx::Wiring wiring_;
  std::vector<NodeValue> nodes_;
  std::set<std::size_t> replaced_;  // activations
  std::set<std::string> integer_;   // values that sites make
  std::vector<std::pair<std::size_t, LeftOut>> left_;
  Scheme scheme_;
};

}  // namespace

std::size_t Scheme::linear() const { return static_cast<std::size_t>(std::ranges::count(sites, Site::Kind::kLinear, &Site::kind)); }

Result<Scheme> find_sites(const onnx::Model& model, const onnx::ValueTypes& types, const Kept& keep) {
  Scheme scheme = Finder(model, types, keep).run();
  if (scheme.linear() > 0) return scheme;
  const auto found = std::ranges::find_if(scheme.left, [](const LeftOut& each) { return is_one_of(kLinearOps, each.op); });
  if (found == scheme.left.end()) return fail(ErrorCode::kInvalidInput, "there is nothing to quantise: the model has no Conv, Gemm or MatMul");
  return fail(ErrorCode::kInvalidInput, fmt::format("there is nothing to quantise: no Conv, Gemm or MatMul can be; '{}' ({}), for one: {}",
                                                    found->name, found->op, found->reason));
}

Result<void> refuse_quantised(const onnx::Model& model) {
  for (const NodeValue& node : onnx::node_values(model)) {
    if (!is_one_of(kIntegerOps, node.op)) continue;
    return fail(ErrorCode::kInvalidInput, fmt::format("the model is quantised already: '{}' is a {}; give the float model", shown(node), node.op));
  }
  return {};
}

std::string root_of(const Scheme& scheme, const std::string& value) {
  std::string root = value;
  for (auto found = scheme.ties.find(root); found != scheme.ties.end(); found = scheme.ties.find(root)) root = found->second;
  return root;
}

}  // namespace mosaic::quantize
