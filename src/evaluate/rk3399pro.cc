#include "rk3399pro.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "mosaic/base/statistics.h"
#include "mosaic/evaluation/rk3399pro/clocks.h"
#include "mosaic/evaluation/rk3399pro/rk3399pro_csv.h"
#include "mosaic/session/boards.h"

namespace mosaic::evaluate {
namespace {

constexpr double kStaticWatts = 3;

/// Volts by clock, from the RK3399's public device tree: the tables hold none.
const std::map<char, std::vector<double>> kVolts{
    {'B', {0.8, 0.8, 0.825, 0.875, 0.95, 1.025, 1.1, 1.2}}, {'L', {0.8, 0.8, 0.85, 0.925, 1.0, 1.125}}, {'G', {0.8, 0.8, 0.825, 0.925, 1.1}}};

/// A layer on one device at all its clocks, lowest first.
struct Row {
  std::size_t network = 0;
  std::vector<double> ms;
  std::vector<double> watts;  ///< as many, or none
};

/// Rows that have every clock; a device that another drives at that one's highest clock.
std::vector<Row> rows_of(const tables::Tables& tables, char device, std::size_t clocks) {
  std::vector<Row> rows;
  for (std::size_t n = 0; n < tables.networks.size(); ++n) {
    int host = 0;
    for (const tables::Point& point : tables.networks[n].points()) host = std::max(host, point.host.value_or(0));
    for (const auto& [key, samples] : tables.networks[n].samples) {
      if (key.first != tables::Metric::kTask) continue;
      Row row{.network = n, .ms = {}, .watts = {}};
      for (const auto& [point, sample] : samples) {
        if (point.device != device || point.host.value_or(host) != host) continue;
        row.ms.push_back(sample.time.count());
        if (sample.power) row.watts.push_back(sample.power->value);
      }
      if (row.watts.size() != clocks) row.watts.clear();
      if (row.ms.size() == clocks) rows.push_back(std::move(row));
    }
  }
  return rows;
}

double deviation(const std::vector<double>& values) {
  std::vector<double> squares;
  for (const double each : values) squares.push_back((each - mean(values)) * (each - mean(values)));
  return std::sqrt(mean(squares));
}

/// Root mean square of a layer's relative distances from the parabola in 1/f that fits its times best (relative residuals).
double off_parabola(const std::vector<double>& hertz, const std::vector<double>& ms) {
  constexpr std::size_t kTerms = 3;
  std::array<std::array<double, kTerms + 1>, kTerms> normal{};
  const auto term = [&](std::size_t clock, std::size_t power) {
    return std::pow(hertz.front() / hertz[clock], static_cast<double>(power)) / ms[clock];
  };
  for (std::size_t clock = 0; clock < ms.size(); ++clock) {
    for (std::size_t a = 0; a < kTerms; ++a) {
      for (std::size_t b = 0; b < kTerms; ++b) normal.at(a).at(b) += term(clock, a) * term(clock, b);
      normal.at(a).at(kTerms) += term(clock, a);
    }
  }
  for (std::size_t a = 0; a < kTerms; ++a) {  // Gauss and Jordan; the matrix is positive definite
    for (std::size_t other = 0; other < kTerms; ++other) {
      if (other == a) continue;
      const double times = normal.at(other).at(a) / normal.at(a).at(a);
      for (std::size_t b = a; b <= kTerms; ++b) normal.at(other).at(b) -= times * normal.at(a).at(b);
    }
  }
  double sum = 0;
  for (std::size_t clock = 0; clock < ms.size(); ++clock) {
    double fitted = 0;
    for (std::size_t a = 0; a < kTerms; ++a) fitted += normal.at(a).at(kTerms) / normal.at(a).at(a) * term(clock, a);
    sum += (fitted - 1) * (fitted - 1);
  }
  return std::sqrt(sum / static_cast<double>(ms.size() - kTerms));
}

/// Everything about one device, in shares.
struct Found {
  std::vector<double> times;  ///< measured over eq. 3, less 1, between the extreme clocks
  double coefficient = 0;     ///< their least-squares coefficient of the truth's curve by clock
  double clock_point = 0;
  double clock_layer = 0;
  double memory_bound = 0;
  double power_lowest = 0;  ///< measured over eq. 4 and 5, less 1, at the lowest clock
  double power_layer = 0;
  double noise = 0;
};

Found look_at(const std::vector<Row>& rows, const std::vector<double>& hertz, const std::vector<double>& volts) {
  Found found;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> by_clock;  // of a network
  std::vector<double> constant;
  std::vector<double> power;
  std::vector<double> noise;
  double along = 0;
  double square = 0;
  const std::size_t top = hertz.size() - 1;
  for (const Row& row : rows) {
    const double gamma = (row.ms[0] - row.ms[top]) / (1 / hertz[0] - 1 / hertz[top]);
    const double epsilon = row.ms[top] - gamma / hertz[top];
    constant.push_back(epsilon / row.ms[top]);
    noise.push_back(off_parabola(hertz, row.ms));
    for (std::size_t clock = 1; clock < top; ++clock) {
      const double off = row.ms[clock] / (epsilon + gamma / hertz[clock]) - 1;
      const double x = (1 / hertz[clock] - 1 / hertz[top]) / (1 / hertz[0] - 1 / hertz[top]);
      const double curve = 2.6 * std::sqrt(x) * (1 - x);
      along += curve * off;
      square += curve * curve;
      found.times.push_back(off);
      by_clock[{row.network, clock}].push_back(off);
    }
    if (row.watts.empty()) continue;
    const double dynamic = (row.watts[top] - kStaticWatts) * hertz[0] / hertz[top] * std::pow(volts[0] / volts[top], 2);
    power.push_back(row.watts[0] / (kStaticWatts + dynamic) - 1);
  }
  std::vector<double> shared;
  std::vector<double> single;
  for (const auto& [clock, offs] : by_clock) {
    shared.push_back(mean(offs));
    for (const double off : offs) single.push_back(off - mean(offs));
  }
  found.coefficient = along / square;
  found.clock_point = deviation(shared);
  found.clock_layer = deviation(single);
  found.memory_bound = median(constant);
  found.noise = median(noise);
  found.power_lowest = mean(power);
  found.power_layer = deviation(power);
  return found;
}

}  // namespace

Result<std::string> rk3399_deviations(const std::filesystem::path& folder) {
  MOSAIC_TRY(const Board board, find_board("rk3399pro"));
  MOSAIC_TRY(const tables::Clocks clocks, tables::clocks_of(board));
  MOSAIC_TRY(const tables::Tables tables, tables::read_tables(folder));
  std::string out = "| device | what | the tables, % | used, % |\n|---|---|---|---|\n";
  std::vector<double> sizes;
  constexpr std::string_view kLetters = "BLG";
  for (std::size_t d = 0; d < kLetters.size(); ++d) {
    const char letter = kLetters[d];
    std::vector<double> hertz;
    for (const Hertz clock : clocks.of.at(letter)) hertz.push_back(static_cast<double>(clock.value));
    const std::vector<Row> rows = rows_of(tables, letter, hertz.size());
    if (rows.empty()) return fail(ErrorCode::kInvalidInput, fmt::format("{} has no layers of device {} at all its clocks", folder.string(), letter));
    const Found found = look_at(rows, hertz, kVolts.at(letter));
    for (const double off : found.times) sizes.push_back(std::abs(off));
    const Rk3399& used = kRk3399.at(d);
    const auto row = [&](std::string_view what, double is, double was) {
      out += fmt::format("| {} | {} | {:.1f} | {:.1f} |\n", board.devices[d].name, what, 100 * is, 100 * was);
    };
    row("time over eq. 3, mean", mean(found.times), used.deviations.clock_mean);
    row("the same as a coefficient of 2.6 sqrt(x) (1 - x)", found.coefficient, used.deviations.clock_mean);
    row("what a network's layers share at a clock", found.clock_point, used.deviations.clock_point);
    row("single layers around it", found.clock_layer, used.deviations.clock_layer);
    row("time that the clock does not move, median", found.memory_bound, used.memory_bound);
    row("power over eq. 4 and 5 at the lowest clock, mean", found.power_lowest, used.deviations.power_mean);
    row("single layers around it", found.power_layer, used.deviations.power_layer);
    if (letter == 'B') row("scatter around a parabola in 1/f, median of layers", found.noise, kNoisePercent / 100);
  }
  return out + fmt::format("\nTime off eq. 3 between the extreme clocks: {} layers and clocks, mean {:.1f} %, at most {:.0f} %\n", sizes.size(),
                           100 * mean(sizes), 100 * std::ranges::max(sizes));
}

}  // namespace mosaic::evaluate
