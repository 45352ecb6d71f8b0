#include "mosaic/session/held_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/quantize_networks.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::AllOf;
using testing::HasSubstr;

const Shape kScores{1, 3};

/// A model whose scores are its input.
class HoldOut : public testing::Test {
 protected:
  HoldOut() {
    onnx::Builder net("same", 1);
    net.output(net.relu(net.input("x", kScores)), kScores);
    runner_ = expect(open_on_engine(1)(net.build()));
  }

  static quantize::Example example(const std::string& name, const std::vector<float>& values, std::optional<std::int64_t> label = {}) {
    return {.name = name, .inputs = {expect(from_floats(ElementType::kFloat32, kScores, values))}, .label = label};
  }
  static quantize::Examples set(std::vector<quantize::Example> all) {
    return {.about = all.size(), .visit = [all = std::move(all)](const quantize::Examples::Visit& visit) -> Result<void> {
              for (const quantize::Example& each : all) MOSAIC_RETURN_IF_ERROR(visit(each));
              return {};
            }};
  }
  Result<HeldOut> hold_out_of(const quantize::Examples& examples, const std::set<Fingerprint>& calibration = {}) {
    return hold_out(examples, calibration, *runner_, {});
  }
  static std::vector<std::string> names(const quantize::Examples& examples) {
    std::vector<std::string> out;
    expect(examples.visit([&](const quantize::Example& each) -> Result<void> {
      out.push_back(each.name);
      return {};
    }));
    return out;
  }

  std::unique_ptr<quantize::Runner> runner_;
};

// "copy" and "./a" are "a" by other names, "c" is the calibration's.
TEST_F(HoldOut, LeavesOutWhatWasSeenByContent) {
  const auto c = example("c", {7, 8, 9});
  const quantize::Examples all = set({example("a", {1, 2, 3}), example("b", {3, 2, 1}), example("copy", {1, 2, 3}), c, example("./a", {1, 2, 3})});
  const HeldOut held = expect(hold_out_of(all, {quantize::fingerprint(c)}));
  EXPECT_EQ(held.evidence.images, 2);
  EXPECT_EQ(held.repeated, 2);
  EXPECT_EQ(held.calibrated, 1);
  EXPECT_EQ(held.examples.about, 2);
  EXPECT_THAT(names(held.examples), testing::ElementsAre("a", "b"));
  EXPECT_THAT(names(held.examples), testing::ElementsAre("a", "b"));  // at every visit
  EXPECT_EQ(held.set, expect(hold_out_of(set({example("x", {1, 2, 3}), example("y", {3, 2, 1})}))).set);
}

TEST_F(HoldOut, KnowsHowOftenFloatIsRight) {
  const HeldOut held = expect(hold_out_of(set({example("a", {1, 2, 3}, 2), example("b", {3, 2, 1}, 1), example("c", {3, 1, 1})})));
  EXPECT_EQ(held.evidence.labelled, 2);
  EXPECT_EQ(held.evidence.right_float, 1);
  EXPECT_EQ(held.evidence.classes, 3);
}

TEST_F(HoldOut, RefusesWhatCannotBeCompared) {
  EXPECT_THAT(error_of(hold_out_of(set({}))), HasSubstr("no image"));
  const auto only = example("a", {1, 2, 3});
  EXPECT_THAT(error_of(hold_out_of(set({only}), {quantize::fingerprint(only)})), AllOf(HasSubstr("no image"), HasSubstr("1 are the calibration's")));
  EXPECT_EQ(error_of(hold_out_of(set({example("a.jpg", {1, 2, 3}, 3)}))), "a.jpg: its class is 3, the model has 3 (0 to 2)");
}

}  // namespace
}  // namespace mosaic
