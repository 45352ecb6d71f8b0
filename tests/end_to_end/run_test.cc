// 'mosaic run' with all it takes: pictures, arrays, labels, right classes, plans written by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <array>
#include <set>

#include "mosaic/input/array_file.h"
#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::expect;
using test::plan_json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kSide = 16;
constexpr int kClasses = 6;

/// x -> conv -> relu -> conv -> relu -> pool -> dense: three layers or more, 1 x 3 x 16 x 16 to six classes.
onnx::Model classifier() {
  onnx::Builder net("classifier", 3);
  std::string x = net.relu(net.conv(net.input("image", {1, 3, kSide, kSide}), {.in = 3, .out = 8}));
  x = net.relu(net.conv(x, {.in = 8, .out = 8}));
  net.output(net.dense(net.global_average_pool(x), 8, kClasses), {1, kClasses});
  return net.build();
}

/// One colour all over.
std::vector<std::uint8_t> pixels(std::array<std::uint8_t, 3> colour) {
  std::vector<std::uint8_t> out;
  for (int i = 0; i < kSide * kSide; ++i) out.insert(out.end(), colour.begin(), colour.end());
  return out;
}

void write_png(const std::filesystem::path& path, const std::vector<std::uint8_t>& rgb) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = kSide;
  image.height = kSide;
  image.format = PNG_FORMAT_RGB;
  ASSERT_NE(png_image_write_to_file(&image, path.c_str(), 0, rgb.data(), 0, nullptr), 0);
}

std::string jpeg(const std::vector<std::uint8_t>& rgb) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  EXPECT_EQ(tjCompress2(encoder, rgb.data(), kSide, 0, kSide, TJPF_RGB, &bytes, &size, TJSAMP_444, 95, 0), 0);
  std::string out(reinterpret_cast<const char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(encoder);
  return out;
}

/// A desk with net.onnx, toy.yaml and plan.json: the whole network on one simulated device.
class Run : public testing::Test {
 protected:
  void SetUp() override {
    desk_.write("toy.yaml", test::simulated_board_text());
    desk_.save("net.onnx", classifier());
    const std::size_t layers = desk_.json({"inspect", "net.onnx"}).at("layers").size();
    desk_.write("plan.json", plan_json({{"0-" + std::to_string(layers - 1), "big/1c"}}).dump());
  }

  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& more) const {
    std::vector<std::string> all{"run", "net.onnx", "--board", "toy.yaml", "--plan", "plan.json", "--repeat", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  /// Scores of the classes for the only sample.
  [[nodiscard]] std::vector<double> scores(const std::vector<std::string>& more) const {
    std::filesystem::remove_all(desk_ / "out");
    std::vector<std::string> all = command(more);
    all.insert(all.end(), {"-o", "out", "--check"});
    (void)desk_.output(all);
    for (const std::string& name : desk_.files()) {
      if (name.starts_with("out/0_")) return expect(parse_npy(desk_.read(name))).to_doubles();
    }
    ADD_FAILURE() << "no output";
    return {};
  }

  Desk desk_;
};

// A picture of one colour stays so when it is scaled and cropped, and PNG loses nothing: the network gets the very values of the array.
TEST_F(Run, TakesAPngAsTheArrayOfItsPixels) {
  write_png(desk_ / "red.png", pixels({200, 30, 10}));
  Tensor array(ElementType::kFloat32, {1, 3, kSide, kSide});
  const std::array<float, 3> colour{200, 30, 10};
  for (std::size_t i = 0; i < array.as<float>().size(); ++i) array.as<float>()[i] = colour[i / (kSide * kSide)];
  desk_.write("red.npy", format_npy(array));
  EXPECT_EQ(scores({"--input", "red.png"}), scores({"--input", "red.npy"}));
}

TEST_F(Run, TakesAJpeg) {
  desk_.write("grey.jpg", jpeg(pixels({128, 128, 128})));  // the mean of the range is what JPEG stores as zero
  write_png(desk_ / "grey.png", pixels({128, 128, 128}));
  EXPECT_EQ(scores({"--input", "grey.jpg"}), scores({"--input", "grey.png"}));
}

TEST_F(Run, PreparesPixelsAsItIsTold) {
  write_png(desk_ / "a.png", pixels({200, 30, 10}));
  std::set<std::vector<double>> different;
  for (const std::string name : {"raw", "tf", "torch", "caffe"}) different.insert(scores({"--input", "a.png", "--preprocess", name}));
  EXPECT_EQ(different.size(), 4);
}

TEST_F(Run, NamesTheBestClasses) {
  write_png(desk_ / "a.png", pixels({200, 30, 10}));
  desk_.write("labels.txt", "apple\nbear\ncat\ndog\negg\nfox\n");
  const std::vector<double> all = scores({"--input", "a.png"});
  const auto best = static_cast<std::size_t>(std::ranges::max_element(all) - all.begin());
  const std::vector<std::string> labels{"apple", "bear", "cat", "dog", "egg", "fox"};
  EXPECT_THAT(desk_.output(command({"--input", "a.png", "--labels", "labels.txt", "--top", "1"})), HasSubstr("a.png: " + labels[best] + "\n"));
  const Json report = desk_.json(command({"--input", "a.png", "--top", "3"}));
  ASSERT_EQ(report.at("samples").at(0).at("top").size(), 3);
  EXPECT_EQ(report.at("samples").at(0).at("top").at(0), best);
}

// Of two pictures one is given its right class and the other a wrong one: half are right.
TEST_F(Run, CountsRightAnswers) {
  write_png(desk_ / "a.png", pixels({200, 30, 10}));
  write_png(desk_ / "b.png", pixels({10, 30, 200}));
  const Json first = desk_.json(command({"--input", "a.png", "--input", "b.png"}));
  const std::size_t right = first.at("samples").at(0).at("top").at(0);
  const std::size_t other = first.at("samples").at(1).at("top").at(0);
  desk_.write("truth.csv", "file,class\na.png," + std::to_string(right) + "\nb.png," + std::to_string((other + 1) % kClasses) + "\n");
  const std::vector<std::string> with_truth = command({"--input", "a.png", "--input", "b.png", "--truth", "truth.csv"});
  EXPECT_THAT(desk_.output(with_truth), HasSubstr("accuracy on 2 samples: top-1 0.500"));
  EXPECT_EQ(desk_.json(with_truth).at("accuracy").at("top1"), 0.5);
}

// Counted as wrong they would make the model look worse than it is.
TEST_F(Run, RefusesClassesThatDoNotFit) {
  write_png(desk_ / "a.png", pixels({200, 30, 10}));
  const std::string lacking = std::to_string(kClasses);
  desk_.write("truth.csv", "file,class\na.png," + lacking + "\n");
  expect_refusal(desk_, {command({"--input", "a.png", "--truth", "truth.csv"}), {"a.png: its class is " + lacking, "the model has " + lacking}});
  desk_.write("labels-idx1-ubyte", std::string("\0\0\x08\x01\0\0\0\x02\0\0", 10));
  expect_refusal(desk_, {command({"--input", "a.png", "--truth", "labels-idx1-ubyte"}), {"classes of 2 images", "there are 1"}});
}

TEST_F(Run, TakesAFileForEachOfSeveralInputs) {
  onnx::Builder net("sum", 1);
  const std::string a = net.input("a", {1, 8, 4, 4});
  net.output(net.relu(net.add(net.conv(a, {.in = 8, .out = 8}), net.input("b", {1, 8, 4, 4}))), {1, 8, 4, 4});
  desk_.save("sum.onnx", net.build());
  Tensor x(ElementType::kFloat32, {1, 8, 4, 4});
  fill_random(x, 1);
  desk_.write("x.npy", format_npy(x));
  const std::vector<std::string> run{"run", "sum.onnx", "--board", "toy.yaml", "-r", "3", "--repeat", "1", "--check"};
  std::vector<std::string> both = run;
  both.insert(both.end(), {"--input", "a=x.npy", "--input", "b=x.npy"});
  EXPECT_THAT(desk_.output(both), HasSubstr("outputs equal"));
  std::vector<std::string> one = run;
  one.insert(one.end(), {"--input", "a=x.npy"});
  expect_refusal(desk_, {one, {"2 inputs", "--input b=FILE"}});
}

TEST_F(Run, RefusesInputsThatDoNotFit) {
  desk_.write("double.npy", format_npy(Tensor(ElementType::kFloat64, {1, 3, kSide, kSide})));
  desk_.write("small.npy", format_npy(Tensor(ElementType::kFloat32, {1, 3, 8, 8})));
  desk_.write("none.npy", format_npy(Tensor(ElementType::kFloat32, {0, 3, kSide, kSide})));
  desk_.write("cut.npy", format_npy(Tensor(ElementType::kFloat32, {1, 3, kSide, kSide})).substr(0, 500));
  desk_.write("text.jpg", "this is no picture");
  desk_.write("cut.jpg", jpeg(pixels({1, 2, 3})).substr(0, 100));
  desk_.write("damaged.gz", "\x1f\x8b and then nothing");
  desk_.write("odd.bin", "123");
  desk_.write("empty.csv", "");
  desk_.write("wrong.csv", "name,label\na,1\n");
  const std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> cases{
      {{"--input", "double.npy"}, {"double.npy holds float64 1x3x16x16", "input 'image' wants float32 1x3x16x16"}},
      {{"--input", "small.npy"}, {"small.npy holds float32 1x3x8x8", "1x3x16x16"}},
      {{"--input", "none.npy"}, {"none.npy"}},
      {{"--input", "cut.npy"}, {"cut.npy", "3072 bytes"}},  // 3 * 16 * 16 floats
      {{"--input", "text.jpg"}, {"text.jpg", "neither a JPEG nor a PNG"}},
      {{"--input", "cut.jpg"}, {"cut.jpg", "JPEG"}},
      {{"--input", "damaged.gz"}, {"damaged.gz", "gzip"}},
      {{"--input", "odd.bin"}, {"odd.bin", "CIFAR-10"}},
      {{"--input", "missing.npy"}, {"missing.npy", "No such file"}},
      {{"--input", "."}, {"folder"}},
      {{"--labels", "missing.txt"}, {"missing.txt"}},
      {{"--truth", "wrong.csv"}, {"wrong.csv", "'file' and 'class'"}},
      {{"--truth", "empty.csv"}, {"empty.csv"}},
  };
  for (const auto& [more, said] : cases) expect_refusal(desk_, {command(more), said});
}

// conv+relu, conv+relu, pooling, dense, on both sides of two borders.
TEST_F(Run, RunsAPlanWrittenByHand) {
  desk_.write("hand.json", plan_json({{"0", "gpu"}, {"1", "npu"}, {"2-3", "big/4c"}}).dump());
  const std::vector<std::string> on_toy{"--board", "toy.yaml"};
  EXPECT_THAT(desk_.output({"plan", "net.onnx", "--board", "toy.yaml", "--check", "hand.json"}), HasSubstr("the plan is valid"));
  const Json report = desk_.json({"run", "net.onnx", "--board", "toy.yaml", "--plan", "hand.json", "--check"});
  EXPECT_EQ(report.at("slices"), 3);
  EXPECT_TRUE(report.at("simulated"));
  EXPECT_TRUE(report.at("predicted_ms").is_null());
  EXPECT_LE(report.at("check").at("worst_relative_difference").get<double>(), 1e-4);
}

TEST_F(Run, RunsAPlanWrittenByHandOnRealCores) {
  const Json devices = desk_.json({"devices", "--board", "host-split"}).at("devices");
  const std::string first = devices.front().at("configurations").at(0);
  const std::string last = devices.back().at("configurations").at(0);
  desk_.write("hand.json", plan_json({{"0", first}, {"1-2", last}, {"3", first}}).dump());
  const Json report = desk_.json({"run", "net.onnx", "--board", "host-split", "--plan", "hand.json", "--check"});
  EXPECT_EQ(report.at("slices"), 3);
  EXPECT_FALSE(report.at("simulated"));
  EXPECT_LE(report.at("check").at("worst_relative_difference").get<double>(), 1e-4);
}

}  // namespace
}  // namespace mosaic
