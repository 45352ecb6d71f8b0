#include "mosaic/session/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "mosaic/base/random.h"
#include "mosaic/cost/chain_costs.h"
#include "mosaic/plan/validate.h"
#include "mosaic/planner/baselines.h"
#include "mosaic/runtime/executor.h"
#include "mosaic/session/unsliced.h"

namespace mosaic {
namespace {

/// Inputs and what the user's own file computes from them.
struct Expectation {
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
};

bool all_finite(const Tensor& tensor) {
  return std::ranges::all_of(tensor.to_doubles(), [](double value) { return std::isfinite(value); });
}

/// What a board allows, with no costs: enough to draw chains.
ChainCosts possibilities(const Graph& graph, const Board& board) {
  Fit nothing;
  for (std::size_t c = 0; c < board.configurations.size(); ++c) nothing.configurations.emplace_back().layers.assign(graph.layers.size(), 0.0);
  return measured_costs(nothing, graph, board);
}

/// Chains that together use every cut: the cuts are dealt out like cards.
std::vector<Chain> draw_chains(const ChainCosts& costs, std::size_t count, Random& random, const std::stop_token& stop) {
  std::vector<Chain> chains;
  if (costs.layers < 2 || count == 0) return chains;
  std::vector<std::size_t> cuts;
  for (std::size_t cut = 1; cut < costs.layers; ++cut) cuts.push_back(cut);
  random.shuffle(cuts);
  const std::set<std::uint32_t> places(costs.place.begin(), costs.place.end());
  for (std::size_t i = 0; i < count && !stop.stop_requested(); ++i) {
    RandomChains options{
        .fewest_slices = 2, .most_slices = 16, .neighbours_differ = true, .fewest_devices = std::min<std::size_t>(2, places.size()), .cuts = {}};
    for (std::size_t c = i; c < cuts.size(); c += count) options.cuts.insert(cuts[c]);
    if (const auto chain = random_chain(costs, random, options)) chains.push_back(*chain);
  }
  return chains;
}

Plan plan_of(const Workspace& workspace, const Chain& chain) {
  std::vector<std::string> names;
  for (const std::size_t c : chain.configurations) names.push_back(workspace.board().configurations[c].name);
  Plan plan;
  plan.steps = chain_steps(chain.borders, names);
  return plan;
}

/// Makes the largest value of the first tensor of type float at a boundary a hundred times larger.
class Saboteur {
 public:
  Saboteur(StepId step, bool& done) : step_(step), done_(&done) {}
  void operator()(StepId step, const Port& port, std::span<std::byte> bytes) {
    if (*done_ || step != step_ || port.element != ElementType::kFloat32 || bytes.empty()) return;
    const std::span<float> values(reinterpret_cast<float*>(bytes.data()), static_cast<std::size_t>(*element_count(*port.shape)));
    const auto largest = std::ranges::max_element(values, {}, [](float value) { return std::fabs(value); });
    *largest = *largest * 100 + 1;
    *done_ = true;
  }

 private:
  StepId step_;
  bool* done_;
};

class Verifier {
 public:
  Verifier(const Workspace& workspace, const Board& board, const VerifyOptions& options, std::vector<Expectation> expectations)
      : workspace_(workspace), board_(board), options_(options), expectations_(std::move(expectations)) {
    result_.tolerance = options.tolerance.value_or(default_tolerance(workspace.graph()));
    result_.cuts = workspace.graph().cuts.size();
  }

  Result<void> check(std::string name, const Chain& chain, std::optional<StepId> spoiled) {
    VerifiedPlan out{.name = std::move(name), .plan = plan_of(workspace_, chain), .slices = chain.configurations.size()};
    MOSAIC_TRY(const ValidPlan valid, validate(workspace_.graph(), board_, out.plan));
    ExecutorOptions executor_options;
    bool done = false;
    if (spoiled) executor_options.at_boundary = Saboteur(*spoiled, done);
    auto executor = Executor::create(workspace_.prepared(), workspace_.graph(), board_, valid, workspace_.backends(), executor_options);
    if (!executor) return within(out.name, executor.error());
    for (const Expectation& expectation : expectations_) {
      std::vector<Tensor> outputs;
      const auto ran = (*executor)->run(pointers(expectation.inputs), outputs, {.stop = options_.stop});
      if (!ran) return within(out.name, ran.error());
      const Difference difference = compare_all(expectation.outputs, outputs);
      out.equal_bits = out.equal_bits && difference.equal_bits;
      out.relative_difference = std::max(out.relative_difference, difference.relative);
    }
    spoiled_ += done ? 1 : 0;
    out.passed = out.relative_difference <= result_.tolerance;
    result_.equal = result_.equal && out.passed;
    result_.worst_relative_difference = std::max(result_.worst_relative_difference, out.relative_difference);
    for (std::size_t s = 1; s + 1 < chain.borders.size(); ++s) used_.insert(chain.borders[s]);
    result_.plans.push_back(std::move(out));
    return {};
  }

  Result<Verification> finish() {
    result_.cuts_used = used_.size();
    if (options_.inject_error && spoiled_ == 0) {
      return fail(ErrorCode::kUnsupported, "no random plan has a tensor of type float at the boundary drawn for it, so no error could be injected");
    }
    return std::move(result_);
  }

 private:
  const Workspace& workspace_;
  const Board& board_;
  const VerifyOptions& options_;
  const std::vector<Expectation> expectations_;
  Verification result_;
  std::set<std::size_t> used_;
  std::size_t spoiled_ = 0;  // plans with an injected error
};

Result<std::vector<Expectation>> make_expectations(const Workspace& workspace, const VerifyOptions& options) {
  MOSAIC_TRY(Unsliced unsliced, Unsliced::open(workspace));
  std::vector<Expectation> expectations;
  for (const std::uint64_t seed : {options.seed, options.seed + 1}) {
    Expectation expectation;
    MOSAIC_TRY(expectation.inputs, workspace.random_inputs(seed));
    MOSAIC_TRY(expectation.outputs, unsliced.outputs_of(expectation.inputs));
    if (!std::ranges::all_of(expectation.outputs, all_finite)) {
      return fail(ErrorCode::kCheckFailed, "the model's own outputs on random inputs are not finite: a comparison would prove nothing");
    }
    expectations.push_back(std::move(expectation));
  }
  const bool differ = !std::ranges::equal(expectations[0].outputs, expectations[1].outputs,
                                          [](const Tensor& a, const Tensor& b) { return compare(a, b).relative == 0; });
  if (!differ) return fail(ErrorCode::kCheckFailed, "the model's outputs are the same for two random inputs: a comparison would prove nothing");
  return expectations;
}

}  // namespace

Result<Verification> verify(const Workspace& workspace, const VerifyOptions& options) {
  MOSAIC_TRY(std::vector<Expectation> expectations, make_expectations(workspace, options));
  const Board board = without_limits(workspace.board());  // they have nothing to do with what comes out
  Verifier verifier(workspace, board, options, std::move(expectations));
  Random random(options.seed);
  const ChainCosts costs = possibilities(workspace.graph(), board);
  const std::vector<Chain> chains = draw_chains(costs, options.plans, random, options.stop);
  if (options.stop.stop_requested()) return fail(ErrorCode::kCancelled, "the verification was stopped");
  if (chains.size() < options.plans && !workspace.graph().cuts.empty()) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("only {} of {} random plans are possible on board '{}': operators are missing, or it has one configuration",
                            chains.size(), options.plans, workspace.board().name));
  }
  const auto total = static_cast<double>(chains.size() + costs.configurations);
  double done = 0;
  const auto step = [&](const std::string& name, const Chain& chain, std::optional<StepId> spoiled) -> Result<void> {
    MOSAIC_RETURN_IF_ERROR(verifier.check(name, chain, spoiled));
    if (options.progress) options.progress("verifying", ++done / total);
    return {};
  };
  for (std::size_t i = 0; i < chains.size(); ++i) {
    std::optional<StepId> spoiled;
    if (options.inject_error) spoiled = StepId(random.below(chains[i].configurations.size() - 1));
    MOSAIC_RETURN_IF_ERROR(step(fmt::format("random {}", i + 1), chains[i], spoiled));
  }
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    const auto chain = single_configuration(costs, c);
    if (chain) MOSAIC_RETURN_IF_ERROR(step("single:" + workspace.board().configurations[c].name, *chain, std::nullopt));
  }
  return verifier.finish();
}

}  // namespace mosaic
