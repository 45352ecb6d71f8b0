#pragma once

// Running plans in tests: inputs, what plain ONNX Runtime makes of them, and executors for plans of a simulated board.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mosaic/backend/ort/ort_backend.h"
#include "mosaic/backend/ort/reference.h"
#include "mosaic/backend/sim/sim_backend.h"
#include "mosaic/plan/validate.h"
#include "mosaic/runtime/executor.h"
#include "tests/support.h"

namespace mosaic::test {

inline std::vector<Tensor> seeded_inputs(const Graph& graph, std::uint64_t seed) { return expect(mosaic::random_inputs(graph, seed)); }

/// What plain ONNX Runtime computes from the unsliced model.
inline std::vector<Tensor> reference_outputs(const Network& network, const std::vector<Tensor>& inputs) {
  const TemporaryFolder folder;
  expect(onnx::save_model(network.prepared.model, folder / "model.onnx"));
  const auto reference = expect(ort::Reference::open(folder / "model.onnx", {.threads = 1, .spin = false}));
  expect(reference->bind(pointers(inputs)));
  expect(reference->run());
  return expect(reference->results());
}

/// A chain: borders with 0 and the number of layers at the ends, names of configurations.
inline Plan chain_plan(const std::vector<std::size_t>& borders, const std::vector<std::string>& configurations) {
  Plan plan;
  plan.steps = chain_steps(borders, configurations);
  return plan;
}

/// The backends of a simulated board; `functional`: steps compute.
inline Backends simulated_backends(const Board& board, bool functional = true) {
  return {{"sim", expect(sim::make_backend(board, functional ? expect(ort::make_backend()) : nullptr))}};
}

inline std::unique_ptr<Executor> make_executor(const Network& network, const Board& board, const Plan& plan, const Backends& backends,
                                               const ExecutorOptions& options = {}) {
  return expect(Executor::create(network.prepared, network.graph, board, expect(validate(network.graph, board, plan)), backends, options));
}

inline bool same_bits(const std::vector<Tensor>& expected, const std::vector<Tensor>& actual) {
  return std::ranges::equal(expected, actual, [](const Tensor& a, const Tensor& b) { return compare(a, b).equal_bits; });
}

/// Two devices whose times can be worked out by hand: each byte or multiply-accumulate takes a nanosecond.
inline std::string hand_board_text(const std::string& extra_a = "", const std::string& extra_b = "") {
  return "schema_version: 1\n"
         "name: hand\n"
         "devices:\n"
         "  - {name: a, kind: gpu}\n"
         "  - {name: b, kind: gpu}\n"
         "simulation:\n"
         "  noise_percent: 0\n"
         "  devices:\n"
         "    - {device: a, operators: {default: {gmacs: 1, gbytes: 1}}, layer_us: 2, enter_us: 3, enter_gbytes: 1" +
         extra_a +
         "}\n"
         "    - {device: b, operators: {default: {gmacs: 1, gbytes: 1}}, layer_us: 2, enter_us: 3, enter_gbytes: 1" +
         extra_b +
         "}\n"
         "  links:\n"
         "    - {from: a, to: b, us: 50, gbytes: 0.5}\n"
         "    - {from: caller, to: a, us: 7, gbytes: 1}\n"
         "  default_link: {us: 100, gbytes: 1}\n";
}

inline Board hand_board(const std::string& extra_a = "", const std::string& extra_b = "") {
  return expect(parse_board(hand_board_text(extra_a, extra_b)));
}

}  // namespace mosaic::test
