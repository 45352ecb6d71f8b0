#include "mosaic/precision/choose.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "mosaic/base/check.h"
#include "mosaic/planner/front.h"

namespace mosaic::precision {
namespace {

constexpr double kTimeSteps = 2e4;
constexpr double kNoiseSteps = 1e6;

std::size_t index(Form form) { return static_cast<std::size_t>(form); }
bool is_float(Form form) { return form == Form::kFloat; }

std::int64_t units(double value, double unit) { return unit > 0 ? static_cast<std::int64_t>(std::ceil(value / unit - 1e-9)) : 0; }
std::int64_t nearest(double value, double unit) { return unit > 0 ? std::llround(value / unit) : 0; }

/// The least noisy that takes no longer.
const Assignment* quietest(const std::vector<Assignment>& front, double most_microseconds) {
  const Assignment* best = nullptr;
  for (const Assignment& each : front) {
    if (each.microseconds <= most_microseconds && (best == nullptr || each.noise < best->noise)) best = &each;
  }
  return best;
}

/// The fastest that is no noisier.
const Assignment* fastest(const std::vector<Assignment>& front, double most_noise) {
  const Assignment* best = nullptr;
  for (const Assignment& each : front) {
    if (each.noise <= most_noise && (best == nullptr || each.microseconds < best->microseconds)) best = &each;
  }
  return best;
}

}  // namespace

Assignment assess(const FormTable& table, std::vector<Form> forms) {
  MOSAIC_CHECK(forms.size() == table.layers.size());
  Assignment out{.forms = std::move(forms)};
  for (std::size_t l = 0; l < out.forms.size(); ++l) {
    const auto& entry = table.layers[l][index(out.forms[l])];
    MOSAIC_CHECK(entry.has_value());
    out.microseconds += entry->microseconds;
    out.noise += entry->noise;
    if (l > 0 && is_float(out.forms[l - 1]) != is_float(out.forms[l])) out.microseconds += table.conversion[l];
  }
  return out;
}

TimeAndEnergy chain_costs(const FormTable& table) {
  const std::size_t layers = table.layers.size();
  double total = 0;
  double loudest = 0;
  for (const auto& layer : table.layers) {
    total += layer[index(Form::kFloat)]->microseconds;
    for (const auto& entry : layer) loudest = std::max(loudest, entry ? entry->noise : 0);
  }
  ChainCosts time(layers, kForms.size(), 2);
  for (const Form form : kForms) time.place[index(form)] = is_float(form) ? 0 : 1;
  ChainCosts noise = time;
  for (std::size_t l = 0; l < layers; ++l) {
    for (const Form form : kForms) {
      const auto& entry = table.layers[l][index(form)];
      const std::size_t cell = time.cell(index(form), l);
      time.runs[cell] = noise.runs[cell] = entry ? 1 : 0;
      if (!entry) continue;
      time.execute[cell] = nearest(entry->microseconds, total / kTimeSteps);
      noise.execute[cell] = units(entry->noise, loudest / kNoiseSteps);
    }
    if (l > 0) time.transfer[time.hop(l, 0, 1)] = time.transfer[time.hop(l, 1, 0)] = nearest(table.conversion[l], total / kTimeSteps);
  }
  return {.time = std::move(time), .energy = std::move(noise), .energy_source = "noise"};
}

std::vector<Assignment> precision_front(const FormTable& table) {
  std::vector<Assignment> out;
  for (const PricedChain& point : pareto_front(chain_costs(table)).points) {
    std::vector<Form> forms;
    for (std::size_t s = 0; s < point.chain.configurations.size(); ++s) {
      forms.resize(point.chain.borders[s + 1], kForms.at(point.chain.configurations[s]));
    }
    out.push_back(assess(table, std::move(forms)));
  }
  return out;
}

std::vector<Assignment> candidates(const std::vector<Assignment>& front, double float_microseconds, double least_speedup, std::size_t count) {
  MOSAIC_CHECK(!front.empty());
  const double most = float_microseconds - front.front().microseconds;
  const double slowest = float_microseconds / least_speedup;
  std::vector<Assignment> out;
  const auto add = [&](const Assignment* each) {
    if (each != nullptr && each->microseconds <= slowest && std::ranges::find(out, *each) == out.end()) out.push_back(*each);
  };
  const std::size_t by_time = (count + 1) / 2;
  for (std::size_t i = 0; i < by_time; ++i) {
    const double share = static_cast<double>(i + 1) / static_cast<double>(by_time);
    add(quietest(front, std::min(slowest, float_microseconds - most * share * (1 - 1e-9))));
  }
  if (out.size() < 2 || out.front().noise <= 0) return out;
  const double step = std::pow(out.back().noise / out.front().noise, 1.0 / static_cast<double>(count - by_time + 1));
  double level = out.front().noise;
  for (std::size_t i = by_time; i < count; ++i) add(fastest(front, level *= step));
  std::ranges::sort(out, {}, &Assignment::noise);
  return out;
}

ConversionCost fit_conversions(std::span<const Alternation> alternations) {
  double changes_squared = 0;
  double kib_squared = 0;
  double both = 0;
  double changes_extra = 0;
  double kib_extra = 0;
  for (const Alternation& each : alternations) {
    changes_squared += each.changes * each.changes;
    kib_squared += each.kib * each.kib;
    both += each.changes * each.kib;
    changes_extra += each.changes * each.extra;
    kib_extra += each.kib * each.extra;
  }
  const double determinant = changes_squared * kib_squared - both * both;
  if (determinant > 1e-9 * changes_squared * kib_squared) {
    const double fixed = (changes_extra * kib_squared - kib_extra * both) / determinant;
    const double by_kib = (changes_squared * kib_extra - both * changes_extra) / determinant;
    if (fixed >= 0 && by_kib >= 0) return {.fixed = fixed, .by_kib = by_kib};
  }
  // At an end: one of them alone, whichever explains more.
  const double fixed_gain = changes_squared > 0 && changes_extra > 0 ? changes_extra * changes_extra / changes_squared : 0;
  const double kib_gain = kib_squared > 0 && kib_extra > 0 ? kib_extra * kib_extra / kib_squared : 0;
  if (fixed_gain == 0 && kib_gain == 0) return {};
  if (fixed_gain > kib_gain) return {.fixed = changes_extra / changes_squared, .by_kib = 0};
  return {.fixed = 0, .by_kib = kib_extra / kib_squared};
}

}  // namespace mosaic::precision
