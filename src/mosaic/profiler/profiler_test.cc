#include "mosaic/profiler/profiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/running.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::Network;
using test::simulated_backends;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<Profiler> make_profiler(const Network& network, const Board& board, const ProfilerOptions& options = {},
                                        const Profile* resume = nullptr) {
  return expect(Profiler::create(network.prepared, network.graph, board, simulated_backends(board, false), options, resume));
}

Profile measure(const Network& network, const Board& board, const ProfilerOptions& options, const Profile* resume = nullptr) {
  const auto profiler = make_profiler(network, board, options, resume);
  while (!profiler->done()) expect(profiler->round());
  return profiler->profile();
}

/// The reasons that a profile gives for a configuration.
std::vector<std::string> reasons(const Profile& profile, const std::string& configuration) {
  std::vector<std::string> all;
  for (const Unsupported& each : profile.unsupported) {
    if (each.configuration == configuration) all.push_back(each.reason);
  }
  return all;
}

/// conv -> max pool -> conv: three layers, of two kinds.
Network pooled() {
  onnx::Builder net("pooled", 1);
  const onnx::Builder::Convolution convolution{.in = 8, .out = 8};
  net.output(net.conv(net.max_pool(net.conv(net.input("x", {1, 8, 8, 8}), convolution), 2, 2), convolution), {1, 8, 4, 4});
  return test::import_network(net.build());
}

TEST(Profiler, MeasuresEveryLayerInSlicesOfSeveralSizes) {
  const Network network = test::import_network(test::conv_chain(9));
  const Profile profile = measure(network, test::simulated_board(), {.rounds = 2});
  EXPECT_EQ(profile.rounds, 2U);
  EXPECT_EQ(profile.wholes.size(), 4U) << "big/1c, big/4c, gpu, npu";
  std::map<std::pair<std::string, std::size_t>, std::set<std::size_t>> sizes;  // of the slices that a layer is in
  for (const SliceSamples& slice : profile.slices) {
    EXPECT_EQ(slice.microseconds.size(), 2U);
    for (std::size_t k = slice.begin; k < slice.end; ++k) sizes[{slice.configuration, k}].insert(slice.end - slice.begin);
  }
  EXPECT_EQ(sizes.size(), 4U * 9);
  EXPECT_THAT((sizes[{"gpu", 4}]), testing::IsSupersetOf({1U, 2U, 4U, 8U}));
}

TEST(Profiler, SaysWhatItMeasured) {
  const Network network = test::import_network(test::conv_chain(2));
  const Board board = test::simulated_board();
  const Profile profile = measure(network, board, {.rounds = 1});
  EXPECT_EQ(profile.graph, network.graph.fingerprint);
  EXPECT_EQ(profile.board, board.fingerprint);
  EXPECT_TRUE(profile.simulated);
  EXPECT_THAT(profile.engine, HasSubstr("simulated"));
  EXPECT_EQ(profile.signatures.size(), network.graph.layers.size());
}

TEST(Profiler, GivesTheSameFileAgain) {
  const Network network = test::import_network(test::conv_chain(4));
  const Board board = test::simulated_board("", "", 4);
  EXPECT_EQ(format_profile(measure(network, board, {.rounds = 3})), format_profile(measure(network, board, {.rounds = 3})));
}

TEST(Profiler, GivesTheSameFileWhereverItWasStopped) {
  const Network network = test::import_network(test::conv_chain(4));
  const Board board = test::simulated_board("", "", 4);
  const ProfilerOptions options{.rounds = 5};
  const std::string uninterrupted = format_profile(measure(network, board, options));
  for (std::size_t stopped_after = 1; stopped_after <= 5; ++stopped_after) {
    const auto first = make_profiler(network, board, options);
    for (std::size_t round = 0; round < stopped_after; ++round) expect(first->round());
    const Profile partial = expect(parse_profile(format_profile(first->profile())));  // as it comes from its file
    const auto second = make_profiler(network, board, options, &partial);
    EXPECT_EQ(second->profile().rounds, stopped_after);
    while (!second->done()) expect(second->round());
    EXPECT_EQ(format_profile(second->profile()), uninterrupted) << stopped_after;
  }
}

TEST(Profiler, IgnoresAnUnfinishedProfileOfSomethingElse) {
  const Network network = test::import_network(test::conv_chain(4));
  const Board board = test::simulated_board();
  const Profile own = measure(network, board, {.rounds = 2});
  const auto rounds_after = [&](const Profile& old) { return make_profiler(network, board, {.rounds = 3}, &old)->profile().rounds; };
  ASSERT_EQ(rounds_after(own), 2U);
  Profile other_engine = own;
  other_engine.engine_fingerprint = Hasher().add("other").fingerprint();
  EXPECT_EQ(rounds_after(other_engine), 0U);
  Profile other_method = own;
  other_method.slices.pop_back();
  EXPECT_EQ(rounds_after(other_method), 0U);
  Profile other_links = own;
  other_links.links[0].points.pop_back();
  EXPECT_EQ(rounds_after(other_links), 0U);
  EXPECT_EQ(rounds_after(measure(network, board, {.rounds = 4})), 0U) << "more rounds than wanted";
  EXPECT_EQ(rounds_after(measure(test::import_network(test::conv_chain(5)), board, {.rounds = 2})), 0U);
}

TEST(Profiler, LeavesNoTraceOfARoundThatWasStopped) {
  const Network network = test::import_network(test::conv_chain(3));
  std::stop_source stop;
  int calls = 0;
  const auto profiler = make_profiler(network, test::simulated_board(), {.rounds = 3, .progress = [&](std::string_view what, double) {
                                                                           if (what == "measuring" && ++calls == 8) stop.request_stop();
                                                                         }});
  const auto measured = profiler->round(stop.get_token());
  ASSERT_FALSE(measured.has_value());
  EXPECT_EQ(measured.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(profiler->profile().rounds, 0U);
  EXPECT_THAT(profiler->profile().slices[0].microseconds, IsEmpty());
  EXPECT_TRUE(profiler->round().has_value());
  EXPECT_EQ(profiler->profile().rounds, 1U);
}

TEST(Profiler, PassesOnWhatADeviceFailsWith) {
  // The first runs on npu only look for hopeless configurations; call 20 is within the rounds.
  const Network network = test::import_network(test::conv_chain(3));
  const auto profiler = make_profiler(network, test::simulated_board("", ", fail_at_call: 20"));
  Result<void> measured;
  while (measured && !profiler->done()) measured = profiler->round();
  EXPECT_THAT(error_of(measured), HasSubstr("'npu' failed at call 20"));
  EXPECT_EQ(measured.error().code, ErrorCode::kDevice);
}

TEST(Profiler, ReportsConfigurationsWhoseTimesScatter) {
  // Normal noise of 30 % spreads by 1.35 * 30 = 40 % between quartiles, noise of 2 % by 2.7 %.
  const Network network = test::import_network(test::conv_chain(2));
  EXPECT_THAT(measure(network, test::simulated_board("", "", 2), {}).noisy, IsEmpty());
  const Profile noisy = measure(network, test::simulated_board("", "", 30), {});
  ASSERT_EQ(noisy.noisy.size(), 4U);
  EXPECT_THAT(noisy.noisy[0], AllOf(HasSubstr("big/1c"), HasSubstr("limit 20 %")));
  EXPECT_FALSE(measure(network, test::simulated_board("", "", 2), {.noisy_percent = 0.1}).noisy.empty());
}

TEST(Profiler, RecordsWhatADeviceRefuses) {
  const Network network = pooled();
  ASSERT_EQ(network.graph.layers.size(), 3U);
  const Profile profile = measure(network, test::simulated_board("", ", lacks: [MaxPool]"), {.rounds = 1});
  ASSERT_EQ(profile.unsupported.size(), 1U);
  EXPECT_EQ(profile.unsupported[0].configuration, "npu");
  EXPECT_EQ(profile.unsupported[0].layer, 1U);
  EXPECT_THAT(profile.unsupported[0].reason, HasSubstr("MaxPool"));
  for (const SliceSamples& slice : profile.slices) EXPECT_TRUE(slice.configuration != "npu" || slice.begin > 1 || slice.end <= 1);
  for (const SliceSamples& whole : profile.wholes) EXPECT_NE(whole.configuration, "npu");
}

TEST(Profiler, RecordsWhatTheBoardFileForbids) {
  const Profile profile = measure(pooled(), test::simulated_board(", missing_operators: [MaxPool]"), {.rounds = 1});
  EXPECT_THAT(reasons(profile, "npu"), testing::ElementsAre("the board file says that it lacks MaxPool"));
}

TEST(Profiler, RecordsLayersThatDoNotFitADevice) {
  const Network network = test::import_network(test::conv_chain(3));
  const Profile profile = measure(network, test::simulated_board("", ", memory_bytes: 100"), {.rounds = 1});
  EXPECT_THAT(reasons(profile, "npu"), AllOf(testing::SizeIs(3), testing::Each(HasSubstr("out of memory"))));
}

TEST(Profiler, NamesALayerThatNoDeviceCanRun) {
  std::string text = test::simulated_board_text();
  for (const std::string name : {"big", "gpu", "npu"}) text.replace(text.find("device: " + name), 11, "device: " + name + ", lacks: [MaxPool]");
  const Board board = expect(parse_board(text));
  const Network network = pooled();
  const auto profiler = Profiler::create(network.prepared, network.graph, board, simulated_backends(board, false));
  EXPECT_THAT(error_of(profiler), AllOf(HasSubstr("layer 1"), HasSubstr("MaxPool"), HasSubstr("'toy'")));
  EXPECT_EQ(profiler.error().code, ErrorCode::kUnsupported);
}

TEST(Profiler, DoesNotMeasureAHopelessConfigurationFurther) {
  const Network network = test::import_network(test::conv_chain(3));
  const Profile profile = measure(network, test::simulated_board("", ", slow_down: 500"), {.rounds = 1});
  EXPECT_THAT(reasons(profile, "npu"), AllOf(testing::SizeIs(3), testing::Each(HasSubstr("times longer"))));
  for (const SliceSamples& slice : profile.slices) EXPECT_NE(slice.configuration, "npu");
}

TEST(Profiler, ReportsItsProgressFromNothingToAll) {
  const Network network = test::import_network(test::conv_chain(3));
  std::map<std::string, std::vector<double>> shares;
  measure(network, test::simulated_board(),
          {.rounds = 2, .progress = [&](std::string_view what, double share) { shares[std::string(what)].push_back(share); }});
  EXPECT_GE(shares.size(), 3U);
  for (const auto& [what, values] : shares) {
    EXPECT_TRUE(std::ranges::is_sorted(values)) << what;
    EXPECT_GE(values.front(), 0) << what;
    EXPECT_NEAR(values.back(), 1, 1e-9) << what;
  }
}

TEST(CheckProfile, RefusesWhatWasMeasuredOfSomethingElse) {
  const Network network = test::import_network(test::conv_chain(3));
  const Board board = test::simulated_board();
  const Profile profile = measure(network, board, {.rounds = 1});
  const Fingerprint engine = simulated_backends(board, false).at("sim")->engine().fingerprint;
  expect(check_profile(profile, network.graph, board, engine));
  expect(check_profile(profile, network.graph, board, {}));

  EXPECT_THAT(error_of(check_profile(profile, test::import_network(test::conv_chain(4)).graph, board, engine)), HasSubstr("model"));
  EXPECT_THAT(error_of(check_profile(profile, network.graph, test::simulated_board("", ", slow_down: 2"), engine)), HasSubstr("board"));
  EXPECT_THAT(error_of(check_profile(profile, network.graph, board, Hasher().add("newer").fingerprint())), HasSubstr("engine"));
  Board moved = board;
  moved.machine = "another machine";
  EXPECT_THAT(error_of(check_profile(profile, network.graph, moved, engine)), HasSubstr("another machine"));
}

}  // namespace
}  // namespace mosaic
