#include "mosaic/session/choose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/backend/sim/truth.h"
#include "mosaic/base/file.h"
#include "mosaic/plan/validate.h"
#include "mosaic/session/measure.h"
#include "mosaic/session/session.h"
#include "tests/workspaces.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::Workshop;
using testing::AllOf;
using testing::HasSubstr;

/// The truth about a chain of slices on a simulated board, in microseconds.
class TrueCosts {
 public:
  explicit TrueCosts(const Workspace& workspace) : workspace_(workspace), truth_(expect(sim::Truth::parse(workspace.board()))) {}

  [[nodiscard]] double slice(std::size_t begin, std::size_t end, std::size_t c) const {
    std::vector<LayerId> layers;
    for (std::size_t k = begin; k < end; ++k) layers.emplace_back(k);
    return truth_.slice_time(workspace_.graph(), workspace_.board(), layers, ConfigurationId(c)).count();
  }
  [[nodiscard]] double hop(std::size_t cut, std::size_t from, std::size_t to) const {
    const auto device = [&](std::size_t c) { return workspace_.board().configurations[c].device.index(); };
    return truth_.link_time(device(from), device(to), workspace_.graph().cuts[cut - 1].bytes).count();
  }
  [[nodiscard]] double of(const Chain& chain) const {
    double sum = 0;
    for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
      sum += slice(chain.borders[s], chain.borders[s + 1], chain.configurations[s]);
      if (s > 0) sum += hop(chain.borders[s], chain.configurations[s - 1], chain.configurations[s]);
    }
    return sum;
  }

  /// The best of all chains, by trying each slice behind each best beginning; slices may cost whatever they like.
  [[nodiscard]] std::pair<double, Chain> optimum() const {
    const std::size_t layers = workspace_.graph().layers.size();
    const std::size_t width = workspace_.board().configurations.size();
    struct Best {
      double cost = std::numeric_limits<double>::infinity();
      Chain chain;
    };
    std::vector<std::vector<Best>> best(layers + 1, std::vector<Best>(width));
    for (std::size_t end = 1; end <= layers; ++end) {
      for (std::size_t begin = 0; begin < end; ++begin) {
        for (std::size_t c = 0; c < width; ++c) {
          for (std::size_t from = 0; from < (begin == 0 ? 1 : width); ++from) {
            const double before = begin == 0 ? 0 : best[begin][from].cost + hop(begin, from, c);
            const double cost = before + slice(begin, end, c);
            if (cost >= best[end][c].cost) continue;
            best[end][c] = {cost, begin == 0 ? Chain{.borders = {0}, .configurations = {}} : best[begin][from].chain};
            best[end][c].chain.borders.push_back(end);
            best[end][c].chain.configurations.push_back(c);
          }
        }
      }
    }
    const auto& found = *std::ranges::min_element(best[layers], {}, &Best::cost);
    return {found.cost, found.chain};
  }

 private:
  const Workspace& workspace_;
  sim::Truth truth_;
};

TEST(ChoosePlan, ComesWithinTwoPercentOfTheTrueOptimumOfSpecialists) {
  for (const double noise : {0.0, 2.0}) {
    const Workshop workshop(test::specialists_model(), test::specialists_text(noise));
    const TrueCosts truth(workshop.workspace());
    const auto [cost, best] = truth.optimum();
    ASSERT_NEAR(truth.of(best), cost, 1e-6);
    ASSERT_GE(best.configurations.size(), 3U);
    ASSERT_EQ(std::set<std::size_t>(best.configurations.begin(), best.configurations.end()).size(), 3U);

    const Choice choice = expect(choose_plan(workshop.workspace()));
    const auto chain = to_chain(choice.plan, workshop.workspace().board());
    ASSERT_TRUE(chain.has_value());
    EXPECT_LE(truth.of(*chain), 1.02 * cost) << "noise " << noise;
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_LT(truth.of(*chain), truth.slice(0, workshop.workspace().graph().layers.size(), c)) << "better than any device alone";
    }
  }
}

TEST(MakePlan, PredictsWhatTheVirtualClockShows) {
  const Workshop workshop(test::specialists_model(), test::simulated_board_text());
  const Profile profile = expect(cached_profile(workshop.workspace()));
  const Planned planned = expect(make_plan(workshop.workspace(), profile));
  const auto chain = to_chain(planned.plan, workshop.workspace().board());
  ASSERT_TRUE(chain.has_value());
  // Without noise and without traffic spared inside slices only rounding to nanoseconds is left.
  EXPECT_NEAR(planned.plan.prediction->expected.count(), TrueCosts(workshop.workspace()).of(*chain), 0.05);
  EXPECT_EQ(planned.plan.sources.model, workshop.model_path().string());
  EXPECT_EQ(planned.plan.objective, "latency");
}

/// A fit whose layers say so many per cent too much of the whole.
Fit fit_with_gap(double percent) {
  Fit fit;
  fit.configurations = {{.layers = {100 + percent}, .enter = {}, .whole = 100.0}};
  return fit;
}

TEST(UncertaintyPercent, IsThatOfTheObjective) {
  PlanningCosts made{.fit = fit_with_gap(4), .costs = {.time = ChainCosts(1, 1)}};
  EXPECT_NEAR(uncertainty_percent(made, Objective::kEnergy), 4, 1e-9) << "time times power";
  EXPECT_NEAR(uncertainty_percent(made, Objective::kEnergyDelay), 8, 1e-9);
  made.energy_fit = fit_with_gap(7);
  EXPECT_NEAR(uncertainty_percent(made, Objective::kLatency), 4, 1e-9);
  EXPECT_NEAR(uncertainty_percent(made, Objective::kEnergy), 7, 1e-9);
  EXPECT_NEAR(uncertainty_percent(made, Objective::kEnergyDelay), 11, 1e-9);
  made.residual_percent = 1.5;
  EXPECT_NEAR(uncertainty_percent(made, Objective::kLatency), 1.5, 1e-9);
  EXPECT_NEAR(uncertainty_percent(made, Objective::kEnergy), 7, 1e-9) << "energies were not calibrated";
}

// The whole model's time is made to lie far from the sum of its layers; a calibration that is off by 0.5 % on its runs says what that leaves.
TEST(MakePlan, GoesByTheCalibrationWhereThereIsOne) {
  const Workshop workshop(test::specialists_model());
  Profile profile = expect(cached_profile(workshop.workspace(), {.rounds = 3}));
  for (SliceSamples& whole : profile.wholes) {
    for (double& each : whole.microseconds) each *= 1.3;
  }
  PlanRequest request;
  const Planned before = expect(make_plan(workshop.workspace(), profile, request));
  EXPECT_GT(before.decision.margin_percent, 20);
  EXPECT_GT(before.plan.prediction->high.count(), 1.2 * before.plan.prediction->expected.count());
  BoardCalibration& calibration = request.calibration.emplace();
  calibration.calibration = expect(calibrate(chain_terms(workshop.workspace().board(), Milliseconds(1)), {}));
  calibration.calibration.residual_percent = 0.5;
  const Planned after = expect(make_plan(workshop.workspace(), profile, request));
  EXPECT_NEAR(after.decision.margin_percent, 0.5, 1e-6);
  EXPECT_NEAR(after.plan.prediction->high / after.plan.prediction->expected, 1.005, 1e-6);
}

TEST(MakePlan, SaysHowToGetEnergyWhereTheProfileHasNone) {
  const Workshop workshop(test::conv_chain(2));
  const Profile profile = expect(cached_profile(workshop.workspace(), {.rounds = 1}));
  const std::vector<PlanRequest> requests{
      {{.objective = Objective::kEnergy}}, {{.objective = Objective::kEnergyDelay}}, {{.constraints = {.latency = {}, .energy = Picojoules{1}}}}};
  for (const PlanRequest& request : requests) {
    const auto planned = make_plan(workshop.workspace(), profile, request);
    EXPECT_THAT(error_of(planned), AllOf(HasSubstr("nothing says what energy"), HasSubstr("--meter")));
    EXPECT_EQ(planned.error().code, ErrorCode::kUnsupported);
  }
  EXPECT_THAT(error_of(make_front(workshop.workspace(), profile)), HasSubstr("nothing says what energy"));
}

TEST(MakePlan, HeedsLimitsOnTheMemoryOfAllSlices) {
  const Workshop workshop(test::conv_chain(2));
  const Profile profile = expect(cached_profile(workshop.workspace(), {.rounds = 1}));
  const auto with = [&](std::int64_t bytes) { return make_plan(workshop.workspace(), profile, {.most_memory = Bytes{bytes}}); };
  EXPECT_TRUE(with(1'000'000'000).has_value());
  EXPECT_THAT(error_of(with(1000)), AllOf(HasSubstr("no plan keeps the memory limits"), HasSubstr("all slices together may have 1000 B")));
  const std::string space = workshop.workspace().board().spaces.front().name;
  EXPECT_THAT(error_of(make_plan(workshop.workspace(), profile, {.most_memory_in = {{"attic", Bytes{1}}}})),
              AllOf(HasSubstr("no memory space 'attic'"), HasSubstr(space)));
}

TEST(MakePlan, RefusesAProfileOfAnotherModel) {
  Profile profile;
  {
    const Workshop other(test::conv_chain(3));
    profile = expect(cached_profile(other.workspace(), {.rounds = 1}));
  }
  const Workshop workshop(test::conv_chain(2));
  EXPECT_EQ(make_plan(workshop.workspace(), profile).error().code, ErrorCode::kInvalidInput);
}

TEST(Confirm, KeepsAPlanThatBeatsEverySingleConfiguration) {
  const Workshop workshop(test::specialists_model());
  const Planned planned = expect(make_plan(workshop.workspace(), expect(cached_profile(workshop.workspace()))));
  const Confirmation confirmation = expect(confirm(workshop.workspace(), planned));
  ASSERT_EQ(confirmation.contenders.size(), 3U) << "the plan and the best two of three devices";
  EXPECT_EQ(confirmation.contenders[0].name, "mosaic");
  EXPECT_EQ(confirmation.chosen, 0U);
  EXPECT_THAT(confirmation.contenders[1].name, HasSubstr("single:"));
  for (const Contender& each : confirmation.contenders) EXPECT_GE(each.microseconds.size(), 10U);
}

TEST(Confirm, PutsAsideAPlanThatIsSlowerThanItSaid) {
  // The costs are made to say that hops are free; really each takes a millisecond.
  const Workshop workshop(test::specialists_model(), test::specialists_text(0, 1000));
  Profile profile = expect(cached_profile(workshop.workspace()));
  for (LinkSamples& link : profile.links) {
    for (auto& point : link.points) std::ranges::fill(point.microseconds, 0.0);
  }
  const Planned planned = expect(make_plan(workshop.workspace(), profile));
  ASSERT_GT(planned.plan.steps.size(), 1U);
  const Confirmation confirmation = expect(confirm(workshop.workspace(), planned));
  EXPECT_NE(confirmation.chosen, 0U);
  EXPECT_EQ(confirmation.contenders[confirmation.chosen].plan.steps.size(), 1U);
}

TEST(Confirm, StopsWhereItIsTold) {
  const Workshop workshop(test::specialists_model());
  const Planned planned = expect(make_plan(workshop.workspace(), expect(cached_profile(workshop.workspace(), {.rounds = 2}))));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(confirm(workshop.workspace(), planned, stop.get_token()).error().code, ErrorCode::kCancelled);
}

/// The plan that is kept for a workspace.
std::filesystem::path cached_plan(const Workspace& workspace) {
  for (const auto& entry : std::filesystem::directory_iterator(cache_entry(workspace))) {
    if (entry.path().filename().string().starts_with("plan-")) return entry.path();
  }
  throw std::runtime_error("no plan is kept");
}

/// What a call of `choose_plan` did: "measuring", "confirming", ...
std::set<std::string> work_of_choosing(const Workshop& workshop, Plan* plan = nullptr) {
  std::set<std::string> work;
  ProfilerOptions options{.rounds = 2, .progress = [&](std::string_view what, double) { work.insert(std::string(what)); }};
  const Choice choice = expect(choose_plan(workshop.workspace(), options));
  if (plan != nullptr) *plan = choice.plan;
  return work;
}

TEST(ChoosePlan, DoesNothingASecondTime) {
  const Workshop workshop(test::specialists_model());
  Plan first;
  EXPECT_THAT(work_of_choosing(workshop, &first), testing::IsSupersetOf({"measuring", "confirming"}));
  Plan second;
  EXPECT_THAT(work_of_choosing(workshop, &second), testing::IsEmpty());
  EXPECT_EQ(format_plan(first), format_plan(second));
}

TEST(ChoosePlan, PlansAgainFromTheProfileWhereThePlanIsCorrupt) {
  const Workshop workshop(test::specialists_model());
  Plan first;
  work_of_choosing(workshop, &first);
  for (const std::string& content : {std::string("{"), std::string(), std::string("{\"schema_version\": 99}")}) {
    expect(write_file(cached_plan(workshop.workspace()), content));
    Plan again;
    EXPECT_THAT(work_of_choosing(workshop, &again), testing::ElementsAre("confirming")) << content;
    EXPECT_EQ(format_plan(first), format_plan(again));
  }
}

TEST(ChoosePlan, MeasuresAgainWhereTheProfileIsCorruptToo) {
  const Workshop workshop(test::specialists_model());
  Plan first;
  work_of_choosing(workshop, &first);
  const std::filesystem::path entry = cache_entry(workshop.workspace());
  const std::string whole = expect(read_file(entry / "profile.json"));
  expect(write_file(cached_plan(workshop.workspace()), "no plan"));
  expect(write_file(entry / "profile.json", std::string_view(whole).substr(0, whole.size() / 2)));
  Plan again;
  EXPECT_THAT(work_of_choosing(workshop, &again), testing::Contains("measuring"));
  EXPECT_EQ(format_plan(first), format_plan(again));
  EXPECT_EQ(expect(read_file(entry / "profile.json")), whole) << "put right";
}

TEST(ChoosePlan, MeasuresAgainWhereTheCacheHoldsAProfileOfAnotherModel) {
  std::string other;
  {
    const Workshop workshop(test::conv_chain(3), test::specialists_text());
    work_of_choosing(workshop);
    other = expect(read_file(cache_entry(workshop.workspace()) / "profile.json"));
  }
  const Workshop workshop(test::specialists_model());
  expect(write_file(cache_entry(workshop.workspace()) / "profile.json", other));
  EXPECT_THAT(work_of_choosing(workshop), testing::Contains("measuring"));
}

TEST(Measure, GoesOnWhereItWasStopped) {
  const Workshop workshop(test::conv_chain(3), test::simulated_board_text("", "", 3));
  const auto measure_until = [&](const std::string& file, std::size_t round) {
    std::stop_source stop;
    ProfilerOptions options{.rounds = 4, .progress = [&](std::string_view what, double share) {
                              if (what == "measuring" && round > 0 && share > static_cast<double>(round) / 4 + 0.01) stop.request_stop();
                            }};
    return measure(workshop.workspace(), workshop / file, options, stop.get_token());
  };
  expect(measure_until("whole.json", 0));
  const auto stopped = measure_until("parts.json", 2);
  EXPECT_THAT(error_of(stopped), HasSubstr("stopped after 2 of 4 rounds"));
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(std::filesystem::exists(workshop / "parts.json"));
  expect(measure_until("parts.json", 0));
  EXPECT_EQ(expect(read_file(workshop / "parts.json")), expect(read_file(workshop / "whole.json")));
  EXPECT_FALSE(std::filesystem::exists(workshop / "parts.json.partial"));
}

TEST(Session, ComputesWhatTheFileComputes) {
  const Workshop workshop(test::specialists_model());
  const auto session = expect(Session::open({.model = workshop.model_path(), .board = workshop.board_path().string(), .profiler = {.rounds = 2}}));
  const auto inputs = expect(session->workspace().random_inputs(1));
  EXPECT_TRUE(test::same_bits(workshop.reference(inputs), expect(session->run(inputs))));
  EXPECT_GT(session->plan().size(), 1U);
  EXPECT_TRUE(session->choice().confirmation.has_value());
}

TEST(Session, TakesAPlanThatIsGiven) {
  const Workshop workshop(test::conv_chain(3), test::simulated_board_text());
  const std::filesystem::path file = workshop / "plan.json";
  expect(write_plan(test::chain_plan({0, 1, 3}, {"gpu", "big/4c"}), file));
  const auto session = expect(Session::open({.model = workshop.model_path(), .board = workshop.board_path().string(), .plan = file}));
  EXPECT_EQ(session->plan().size(), 2U);
  EXPECT_FALSE(session->choice().confirmation.has_value());
  expect(write_plan(test::chain_plan({0, 1}, {"gpu"}), file));
  const auto refused = Session::open({.model = workshop.model_path(), .board = workshop.board_path().string(), .plan = file});
  EXPECT_THAT(error_of(refused), testing::AllOf(HasSubstr(file.string()), HasSubstr("is in no step")));
}

}  // namespace
}  // namespace mosaic
