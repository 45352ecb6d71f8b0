#include "mosaic/plan/plan.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/base/text.h"

namespace mosaic {

std::vector<Step> chain_steps(const std::vector<std::size_t>& borders, const std::vector<std::string>& configurations) {
  MOSAIC_CHECK(borders.size() == configurations.size() + 1);
  std::vector<Step> steps(configurations.size());
  for (std::size_t s = 0; s < steps.size(); ++s) {
    for (std::size_t layer = borders[s]; layer < borders[s + 1]; ++layer) steps[s].layers.emplace_back(layer);
    steps[s].configuration = configurations[s];
    if (s > 0) steps[s].after.emplace_back(s - 1);
  }
  return steps;
}

std::string format_layers(const std::vector<LayerId>& layers) {
  std::string text;
  for (std::size_t i = 0; i < layers.size();) {
    std::size_t last = i;
    while (last + 1 < layers.size() && layers[last + 1].value == layers[last].value + 1) ++last;
    if (!text.empty()) text += ',';
    text += i == last ? fmt::format("{}", layers[i].value) : fmt::format("{}-{}", layers[i].value, layers[last].value);
    i = last + 1;
  }
  return text;
}

Result<std::vector<LayerId>> parse_layers(std::string_view text) {
  constexpr std::size_t kMost = 1'000'000;
  const auto wrong = [&] { return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is not a list of layers such as '0-4,7'", text)); };
  std::vector<LayerId> layers;
  for (const std::string& part : split(text, ',')) {
    std::size_t first = 0;
    const char* const end = part.data() + part.size();
    auto parsed = std::from_chars(part.data(), end, first);
    std::size_t last = first;
    if (parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == '-') parsed = std::from_chars(parsed.ptr + 1, end, last);
    if (parsed.ec != std::errc() || parsed.ptr != end || last < first || last >= kMost) return wrong();
    if (!layers.empty() && first <= layers.back().index()) return wrong();
    for (std::size_t layer = first; layer <= last; ++layer) layers.emplace_back(layer);
  }
  return layers;
}

}  // namespace mosaic
