#include "classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "mosaic/precision/evidence.h"

namespace mosaic::cli {

std::vector<std::size_t> ranking(const Tensor& output, std::size_t most) {
  if (!precision::class_count(output.shape())) return {};
  const std::vector<double> scores = output.to_doubles();
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  most = std::min(most, order.size());
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(most),
                            [&](std::size_t a, std::size_t b) { return scores[a] > scores[b] || (scores[a] == scores[b] && a < b); });
  order.resize(most);
  return order;
}

Result<void> Score::add(const std::string& name, std::int64_t label, const Tensor& output, std::span<const std::size_t> ranked) {
  const auto classes = precision::class_count(output.shape());
  if (!classes || ranked.empty()) return {};
  const auto has = precision::check_class(label, *classes);
  if (!has) return within(name, has.error());
  const auto place = std::ranges::find(ranked, static_cast<std::size_t>(label)) - ranked.begin();
  ++labelled;
  top1 += place < 1 ? 1 : 0;
  top5 += place < 5 && place < std::ssize(ranked) ? 1 : 0;
  return {};
}

Json Score::json() const {
  const auto share = [&](std::size_t hits) { return static_cast<double>(hits) / static_cast<double>(labelled); };
  return {{"samples", labelled}, {"top1", share(top1)}, {"top5", share(top5)}};
}

std::string Score::text() const {
  return fmt::format("top-1 {:.3f}, top-5 {:.3f}", static_cast<double>(top1) / static_cast<double>(labelled),
                     static_cast<double>(top5) / static_cast<double>(labelled));
}

std::string classes_text(const std::string& name, std::span<const std::size_t> ranked, std::span<const std::string> labels) {
  std::string text;
  for (const std::size_t each : ranked)
    text += fmt::format("{}{}", text.empty() ? "" : "; ", each < labels.size() ? labels[each] : fmt::format("class {}", each));
  return name + ": " + text;
}

}  // namespace mosaic::cli
