// Sub-networks as `describe` writes them.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "mosaic/elastic/space.h"

namespace mosaic::elastic {
namespace {

/// Takes a text apart from its front; remembers the first thing that is wrong.
class Taker {
 public:
  explicit Taker(std::string_view text) : rest_(text) {}

  /// Whether this comes next; takes it then.
  bool take(std::string_view expected) {
    skip();
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  void expect(std::string_view expected) {
    if (!take(expected)) reject(fmt::format("'{}' is expected at '{}'", expected, rest_.substr(0, 20)));
  }

  /// The index of the number that comes next among these; 0 where something is wrong.
  std::uint8_t index_among(const std::vector<int>& values, std::string_view what) {
    skip();
    int value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    const auto found = std::ranges::find(values, value);
    if (error != std::errc() || found == values.end()) {
      reject(fmt::format("{} must be one of {} at '{}'", what, fmt::join(values, ", "), rest_.substr(0, 20)));
      return 0;
    }
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return static_cast<std::uint8_t>(found - values.begin());
  }

  void expect_end() {
    skip();
    if (!rest_.empty()) reject(fmt::format("there is more: '{}'", rest_.substr(0, 20)));
  }

  [[nodiscard]] const std::optional<std::string>& error() const { return error_; }

 private:
  void skip() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) rest_.remove_prefix(1);
  }
  void reject(std::string message) {
    if (!error_) error_ = std::move(message);
  }

  std::string_view rest_;
  std::optional<std::string> error_;
};

std::uint8_t take_option(Taker& taker, const Stage& stage) {
  std::size_t option = 0;
  for (const Knob& knob : stage.knobs) {
    taker.expect(knob.name);
    option = option * knob.values.size() + taker.index_among(knob.values, knob.name);
  }
  return static_cast<std::uint8_t>(option);
}

}  // namespace

Result<SubNetwork> parse_sub_network(const Space& space, std::string_view text) {
  if (text == "largest") return canonical(space, largest(space));
  if (text == "smallest") return canonical(space, smallest(space));
  SubNetwork network = smallest(space);
  Taker taker(text);
  network.resolution = taker.index_among(space.resolutions, "the resolution");
  taker.expect(":");
  std::size_t place = 0;
  for (std::size_t s = 0; s < space.stages.size() && !taker.error(); ++s) {
    const Stage& stage = space.stages[s];
    if (s > 0) taker.expect(",");
    network.depths[s] = taker.index_among(stage.depths, "the depth of " + stage.name);
    taker.expect("(");
    const auto depth = static_cast<std::size_t>(stage.depths[network.depths[s]]);
    for (std::size_t layer = 0; layer < depth && !taker.error(); ++layer) {
      if (layer > 0) taker.expect(",");
      network.options[place + layer] = take_option(taker, stage);
    }
    taker.expect(")");
    place += stage.most_layers();
  }
  taker.expect_end();
  if (!taker.error()) return network;
  return invalid(fmt::format("'{}' is no sub-network of {}: {}; the largest is '{}'", text, space.name, *taker.error(),
                             describe(space, canonical(space, largest(space)))));
}

}  // namespace mosaic::elastic
