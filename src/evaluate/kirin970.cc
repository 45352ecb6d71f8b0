#include "kirin970.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <string_view>

#include "mosaic/base/file.h"
#include "mosaic/base/statistics.h"

namespace mosaic::evaluate {
namespace {

/// Millions of multiply-accumulates of ncnn's benchmark networks by kind, from their published layers; weights of fully connected layers in millions.
struct Network {
  std::string_view name;
  double spatial;
  double pointwise;
  double depthwise;
  double fc_weights;
};
constexpr std::array<Network, 6> kNetworks{{{"mobilenet", 10.8, 539.5, 17.4, 1.0},
                                            {"googlenet", 1212.5, 369.1, 0, 1.0},
                                            {"resnet18", 1794.3, 19.3, 0, 0.5},
                                            {"alexnet", 665.8, 0, 0, 58.6},
                                            {"vgg16", 15346.6, 0, 0, 123.6},
                                            {"resnet50", 1967.7, 1888.2, 0, 2.0}}};

/// Average latencies in ms by network, for one setting.
using Row = std::map<std::string, double, std::less<>>;

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

/// The columns are platform, threads, powersave, GPU, model, least, most and average latency.
Result<Row> read_row(const std::string& text, std::string_view threads, std::string_view gpu, const std::filesystem::path& csv) {
  Row row;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const auto cells = split(std::string_view(text).substr(at, end - at));
    at = end + 1;
    if (cells.size() < 8 || !cells[0].starts_with("Kirin 970") || cells[1] != threads || cells[2] != "2" || cells[3] != gpu) continue;
    double average = 0;
    std::from_chars(cells[7].data(), cells[7].data() + cells[7].size(), average);
    row[cells[4]] = average;
  }
  for (const Network& network : kNetworks) {
    const auto found = row.find(network.name);
    if (found != row.end() && found->second > 0) continue;
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} has no latency of {} on the Kirin 970 with {} threads, GPU {}", csv.string(), network.name, threads, gpu));
  }
  return row;
}

KindSpeeds speeds_of(const std::vector<double>& numbers) {
  return {.spatial = numbers[0], .pointwise = numbers[1], .depthwise = numbers[2], .fc_gbytes = numbers[3]};
}

double milliseconds(const Network& network, const KindSpeeds& speeds) {
  return network.spatial / speeds.spatial + network.pointwise / speeds.pointwise + network.depthwise / speeds.depthwise +
         4 * network.fc_weights / speeds.fc_gbytes;  // millions over giga: milliseconds
}

double squares(const Row& row, const KindSpeeds& speeds) {
  double sum = 0;
  for (const Network& network : kNetworks) {
    const double off = std::log(milliseconds(network, speeds) / row.find(network.name)->second);
    sum += off * off;
  }
  return sum;
}

/// Only one network has depthwise layers, and few: weakly, they are held to a quarter of the pointwise ones' speed.
double prior(const KindSpeeds& speeds) {
  const double off = std::log(speeds.depthwise / speeds.pointwise / 0.25);
  return 0.01 * off * off;
}

KindSpeeds fit(const Row& row) {
  const auto loss = [&](const std::vector<double>& numbers) { return squares(row, speeds_of(numbers)) + prior(speeds_of(numbers)); };
  return speeds_of(minimise(loss, {20, 20, 2, 2}));
}

double root_mean_square(double sum) { return std::sqrt(sum / static_cast<double>(kNetworks.size())); }

}  // namespace

std::vector<double> minimise(const std::function<double(const std::vector<double>&)>& loss, std::vector<double> start) {
  double best = loss(start);
  for (double step = 0.5; step > 1e-4; step /= 2) {
    for (bool moved = true; moved;) {
      moved = false;
      for (double& number : start) {
        for (const double factor : {std::exp(step), std::exp(-step)}) {
          const double before = number;
          number *= factor;
          const double tried = loss(start);
          if (tried < best - 1e-12) {
            best = tried;
            moved = true;
            break;
          }
          number = before;
        }
      }
    }
  }
  return start;
}

Result<Kirin970> read_kirin970(const std::filesystem::path& csv) {
  MOSAIC_TRY(const std::string text, read_file(csv));
  MOSAIC_TRY(const Row four, read_row(text, "4", "-1", csv));
  MOSAIC_TRY(const Row one, read_row(text, "1", "-1", csv));
  MOSAIC_TRY(const Row gpu, read_row(text, "1", "0", csv));
  Kirin970 kirin{.big = fit(four), .gpu = fit(gpu)};
  std::vector<double> ratios;
  for (const Network& network : kNetworks) ratios.push_back(one.find(network.name)->second / four.find(network.name)->second);
  kirin.speed_up = std::min(median(ratios), 3.99);
  kirin.big_error = root_mean_square(squares(four, kirin.big));
  kirin.gpu_error = root_mean_square(squares(gpu, kirin.gpu));
  return kirin;
}

}  // namespace mosaic::evaluate
