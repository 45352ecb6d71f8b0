#pragma once

// Families of small networks on a board, for tests that open, measure and serve them.

#include <filesystem>
#include <string>

#include "mosaic/family/family.h"
#include "mosaic/onnx/builder.h"
#include "tests/support.h"

namespace mosaic::test {

/// Three classes of one plane of `side` x `side` pixels, through `channels` channels.
inline onnx::Model small_classifier(std::int64_t side, std::int64_t channels, std::int64_t classes = 3) {
  onnx::Builder net("small", 1);
  const std::string x = net.relu(net.conv(net.input("x", {1, 1, side, side}), {.in = 1, .out = channels}));
  net.output(net.dense(net.global_average_pool(x), channels, classes), {1, classes});
  return net.build();
}

/// A folder with "family.yaml": "small" sees 6 x 6 pixels, "large" 8 x 8.
class SmallFamily {
 public:
  SmallFamily() {
    expect(onnx::save_model(small_classifier(6, 4), folder_ / "small.onnx"));
    expect(onnx::save_model(small_classifier(8, 16), folder_ / "large.onnx"));
    family_ = {.name = "toys",
               .task = "three classes",
               .variants = {{.name = "small", .model = folder_ / "small.onnx", .accuracy_percent = 70, .accuracy_from = "made up"},
                            {.name = "large", .model = folder_ / "large.onnx", .accuracy_percent = 80, .accuracy_from = "made up"}}};
    write();
  }

  void write() const { expect(write_file(path(), format_family(family_, folder_.path()))); }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "family.yaml"; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] Family& family() { return family_; }

 private:
  TemporaryFolder folder_;
  Family family_;
};

}  // namespace mosaic::test
