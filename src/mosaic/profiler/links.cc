#include "mosaic/profiler/links.h"

#include <algorithm>
#include <array>

#include "mosaic/onnx/builder.h"
#include "mosaic/onnx/import.h"
#include "mosaic/plan/validate.h"

namespace mosaic {
namespace {

constexpr std::int64_t kChannels = 64;
constexpr std::array<std::int64_t, 4> kWidths{64, 256, 1024, 4096};  // 16 KiB to 1 MiB between the layers

struct Ping {
  onnx::PreparedModel prepared;
  Graph graph;
};

/// Two depthwise 1 x 1 convolutions: cheap, and in the layout that an engine chooses for convolutions.
Result<Ping> make_ping(std::int64_t width) {
  const Shape shape{1, kChannels, 1, width};
  onnx::Builder net("ping", 1);
  const onnx::Builder::Convolution convolution{.in = kChannels, .out = kChannels, .kernel = {1, 1}, .groups = kChannels};
  const std::string x = net.input("x", shape);
  const std::string between = net.conv(x, convolution);
  const std::string y = net.conv(between, convolution);
  net.output(y, shape);
  const onnx::ValueType type{.element = ElementType::kFloat32, .shape = shape};
  onnx::PreparedModel prepared{.model = net.build(), .types = {{x, type}, {between, type}, {y, type}}};
  MOSAIC_TRY(Graph graph, onnx::import_graph(prepared, "ping"));
  return Ping{.prepared = std::move(prepared), .graph = std::move(graph)};
}

Result<std::unique_ptr<Executor>> make_executor(const Ping& ping, const Board& board, const Backends& backends,
                                                const std::vector<std::size_t>& borders, const std::vector<std::string>& names, bool inline_steps) {
  MOSAIC_TRY(const ValidPlan plan, validate(ping.graph, board, Plan{.steps = chain_steps(borders, names)}));
  return Executor::create(ping.prepared, ping.graph, board, plan, backends, {.inline_steps = inline_steps});
}

const std::string& first_point(const Board& board, std::size_t device) {
  return std::ranges::find(board.configurations, DeviceId(device), &Configuration::device)->name;
}

double microseconds(Nanoseconds time) { return Microseconds(time).count(); }

}  // namespace

Result<std::unique_ptr<LinkBenchmark>> LinkBenchmark::create(const Board& board, const Backends& backends, const std::vector<std::size_t>& devices) {
  auto benchmark = std::make_unique<LinkBenchmark>();
  const Board unlimited = without_limits(board);
  MOSAIC_TRY(const Ping ping, make_ping(kWidths[0]));
  for (const std::size_t d : devices) {  // what a board file does not say, the device does
    if (board.devices[d].lacks("Conv")) continue;
    const auto executor = make_executor(ping, unlimited, backends, {0, 2}, {first_point(board, d)}, true);
    if (executor) benchmark->devices_.push_back(d);
    if (!executor && executor.error().code != ErrorCode::kUnsupported) return std::unexpected(executor.error());
  }
  for (const std::int64_t width : kWidths) MOSAIC_RETURN_IF_ERROR(benchmark->add_size(unlimited, backends, width));

  const auto add_link = [&](const std::string& from, const std::string& to) {
    LinkSamples& link = benchmark->links_.emplace_back(LinkSamples{.from = from, .to = to, .points = {}});
    for (const Size& size : benchmark->sizes_) link.points.push_back({.bytes = size.bytes, .microseconds = {}});
  };
  for (const std::size_t to : benchmark->devices_) add_link("", board.devices[to].name);
  for (const std::size_t from : benchmark->devices_) {
    for (const std::size_t to : benchmark->devices_) {
      add_link(board.devices[from].name, board.devices[to].name);
    }
  }
  return benchmark;
}

Result<void> LinkBenchmark::add_size(const Board& board, const Backends& backends, std::int64_t width) {
  MOSAIC_TRY(const Ping ping, make_ping(width));
  Size size{.bytes = ping.graph.cuts[0].bytes, .input = Tensor(ElementType::kFloat32, {1, kChannels, 1, width}), .pairs = {}, .direct = {}};
  fill_random(size.input, 1);
  for (const std::size_t from : devices_) {
    auto& row = size.pairs.emplace_back();
    for (const std::size_t to : devices_) {
      MOSAIC_TRY(auto executor, make_executor(ping, board, backends, {0, 1, 2}, {first_point(board, from), first_point(board, to)}, false));
      row.push_back(std::move(executor));
    }
    MOSAIC_TRY(auto direct, make_executor(ping, board, backends, {0, 2}, {first_point(board, from)}, true));
    size.direct.push_back(std::move(direct));
  }
  sizes_.push_back(std::move(size));
  return {};
}

Result<std::vector<double>> LinkBenchmark::round(const std::stop_token& stop) {
  std::vector<std::vector<double>> by_size;  // [size][link]
  for (const Size& size : sizes_) {
    std::vector<Tensor> outputs;
    const auto timed = [&](Executor& executor) -> Result<RunReport> {
      MOSAIC_TRY([[maybe_unused]] const RunReport warm_up, executor.run({&size.input}, outputs, {.stop = stop}));
      return executor.run({&size.input}, outputs, {.stop = stop});
    };
    std::vector<double>& samples = by_size.emplace_back();
    for (const auto& executor : size.direct) {
      MOSAIC_TRY(const RunReport report, timed(*executor));
      samples.push_back(microseconds(report.total - report.steps[0].execute()));
    }
    std::vector<std::vector<RunReport>> reports(devices_.size());
    for (std::size_t from = 0; from < devices_.size(); ++from) {
      for (const auto& executor : size.pairs[from]) {
        MOSAIC_TRY(RunReport report, timed(*executor));
        reports[from].push_back(std::move(report));
      }
    }
    for (std::size_t from = 0; from < devices_.size(); ++from) {
      for (std::size_t to = 0; to < devices_.size(); ++to) {
        const RunReport& mixed = reports[from][to];
        if (from == to) {  // what brings the tensor back to a device that hands over through host memory
          samples.push_back(microseconds(mixed.steps[1].transfer()));
          continue;
        }
        // From the start of the first step to the end of the second, less what the two steps take where both are at home.
        const Nanoseconds at_home = reports[from][from].steps[0].execute() + reports[to][to].steps[1].execute();
        samples.push_back(microseconds(mixed.steps[1].finish - mixed.steps[0].start - at_home));
      }
    }
  }
  std::vector<double> samples;
  for (std::size_t link = 0; link < links_.size(); ++link) {
    for (const auto& size : by_size) samples.push_back(size[link]);
  }
  return samples;
}

}  // namespace mosaic
