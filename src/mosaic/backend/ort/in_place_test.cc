#include "mosaic/backend/ort/in_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace mosaic::ort {
namespace {

using onnx::Structure;

/// Nodes as "result operator argument argument ...".
Structure structure_of(const std::vector<std::vector<std::string>>& nodes) {
  Structure out;
  for (const auto& words : nodes) {
    Structure::Node node{.op = words[1], .arguments = {words.begin() + 2, words.end()}, .inputs = {}, .outputs = {words[0]}};
    node.inputs = node.arguments;
    std::ranges::sort(node.inputs);
    out.maker[words[0]] = out.nodes.size();
    out.nodes.push_back(std::move(node));
  }
  return out;
}

/// "result<argument" for each sum.
std::vector<std::string> sums_of(const Structure& model, const std::vector<std::string>& leaving = {"y"}) {
  std::vector<std::size_t> all(model.nodes.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<std::string> texts;
  for (const InPlace& sum : in_place_sums(model, all, leaving)) texts.push_back(sum.result + "<" + sum.argument);
  return texts;
}

constexpr const char* kConv = "com.microsoft.nchwc.Conv";

TEST(InPlaceSums, ArePairsOfResultAndSummand) {
  EXPECT_THAT(sums_of(structure_of({{"s", kConv, "x", "w", "b"}, {"t", kConv, "s", "w", "b"}, {"u", kConv, "t", "w", "b", "s"}, {"y", "Relu", "u"}})),
              testing::ElementsAre("u<s"));
}

TEST(InPlaceSums, SpareTensorsInPlainLayoutWhichMayHaveViews) {
  EXPECT_THAT(sums_of(structure_of({{"s", kConv, "x", "w", "b"},
                                    {"view", "Reshape", "s", "shape"},
                                    {"u", "com.microsoft.FusedConv", "t", "w", "b", "s"},
                                    {"y", "Add", "u", "view"}})),
              testing::IsEmpty());
}

TEST(InPlaceSums, FollowEachOther) {
  EXPECT_THAT(sums_of(structure_of({{"s", kConv, "x", "w", "b"},
                                    {"t", kConv, "s", "w", "b"},
                                    {"u", kConv, "t", "w", "b", "s"},
                                    {"t2", kConv, "u", "w", "b"},
                                    {"v", kConv, "t2", "w", "b", "u"},
                                    {"y", "Relu", "v"}})),
              testing::ElementsAre("u<s", "v<u"));
}

TEST(InPlaceSums, SpareASummandThatIsUsedLater) {
  EXPECT_THAT(
      sums_of(structure_of({{"s", kConv, "x", "w", "b"}, {"t", kConv, "s", "w", "b"}, {"u", kConv, "t", "w", "b", "s"}, {"y", "Add", "u", "s"}})),
      testing::IsEmpty());
}

TEST(InPlaceSums, SpareASummandThatIsUsedInAnUnrelatedBranch) {
  EXPECT_THAT(sums_of(structure_of({{"s", kConv, "x", "w", "b"},
                                    {"aside", "Relu", "s"},
                                    {"t", kConv, "s", "w", "b"},
                                    {"u", kConv, "t", "w", "b", "s"},
                                    {"y", "Add", "u", "aside"}})),
              testing::IsEmpty());
}

TEST(InPlaceSums, SpareInputsConstantsAndWhatLeaves) {
  EXPECT_THAT(sums_of(structure_of({{"t", kConv, "x", "w", "b"}, {"y", kConv, "t", "w", "b", "x"}})), testing::IsEmpty());
  const Structure model = structure_of({{"s", kConv, "x", "w", "b"}, {"t", kConv, "s", "w", "b"}, {"u", kConv, "t", "w", "b", "s"}});
  EXPECT_THAT(sums_of(model, {"s", "u"}), testing::IsEmpty());
  EXPECT_THAT(sums_of(model, {"u"}), testing::IsEmpty());
  EXPECT_THAT(sums_of(model, {"t"}), testing::ElementsAre("u<s"));
}

TEST(InPlaceSums, SpareASummandThatTheConvolutionReadsToo) {
  EXPECT_THAT(sums_of(structure_of({{"s", kConv, "x", "w", "b"}, {"u", kConv, "s", "w", "b", "s"}, {"y", "Relu", "u"}})), testing::IsEmpty());
}

}  // namespace
}  // namespace mosaic::ort
