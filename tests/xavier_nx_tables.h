#pragma once

// Latency tables of an elastic MobileNetV3, made up.

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "mosaic/base/file.h"
#include "mosaic/evaluation/xavier_nx/mobilenet.h"
#include "tests/support.h"

namespace mosaic::test {

struct MadeTables {
  std::string device = "board";
  double times = 1;
  std::string without = {};  ///< a block that is left out
};

/// A table where each block takes `times` as many microseconds as its name is long.
inline std::string made_table(int resolution, const MadeTables& made) {
  std::string text = "{";
  const auto add = [&](const std::string& key) {
    if (key != made.without)
      text += fmt::format(R"({}"{}": {{"count": 3, "mean": {}, "std": 0.1}})", text == "{" ? "" : ", ", key,
                          made.times * static_cast<double>(key.size()) / 1000);
  };
  const int half = resolution / 2;
  const int last = resolution / 32;
  add(fmt::format("Conv-input:{0}x{0}x3-output:{1}x{1}x24", resolution, half));
  add(fmt::format("expanded_conv-input:{0}x{0}x24-output:{0}x{0}x24-expand:24-kernel:3-stride:1-idskip:1-se:0-hs:0", half));
  add(fmt::format("Conv_1-input:{0}x{0}x192-output:{0}x{0}x1152", last));
  add(fmt::format("AvgPool2D-input:{0}x{0}x1152-output:1x1x1152", last));
  add("Conv_2-input:1x1x1152-output:1x1x1536");
  add("Logits-input:1x1x1536-output:1000");
  for (std::size_t stage = 0; stage < 5; ++stage) {
    for (std::size_t layer = 0; layer < 2; ++layer) {
      for (const int kernel : {3, 5, 7}) {
        for (const int expansion : {3, 4, 6}) add(xavier_nx::block_key(resolution, stage, layer, kernel, expansion));
      }
    }
  }
  return text + "}";
}

/// Tables of one device at all resolutions.
inline void write_tables(const std::filesystem::path& folder, const MadeTables& made = {}) {
  for (const int resolution : {160, 192, 224})
    expect(write_file(folder / fmt::format("{}.{}.json", made.device, resolution), made_table(resolution, made)));
}

}  // namespace mosaic::test
