#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mosaic::http {

/// Names and values that tell the series of a metric apart.
using Labels = std::map<std::string, std::string>;

/// Only grows. Thread-safe, as all that follow are.
class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double change) { value_.fetch_add(change, std::memory_order_relaxed); }
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

/// Counts observations by upper limits, which a histogram has ascending; one more bucket holds the rest.
class Histogram {
 public:
  explicit Histogram(std::vector<double> limits);
  void observe(double value);

  struct Snapshot {
    std::vector<std::uint64_t> at_most;  ///< for each limit, how many observations were not above it
    std::uint64_t count = 0;
    double sum = 0;
  };
  [[nodiscard]] Snapshot snapshot() const;
  [[nodiscard]] const std::vector<double>& limits() const { return limits_; }

 private:
  const std::vector<double> limits_;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> buckets_;  ///< one more than limits
  double sum_ = 0;
};

/// Quantiles of the latest 4,096 observations; count and sum of all.
class Summary {
 public:
  void observe(double value);

  struct Snapshot {
    std::vector<double> latest;  ///< in no order
    std::uint64_t count = 0;
    double sum = 0;
  };
  [[nodiscard]] Snapshot snapshot() const;

 private:
  mutable std::mutex mutex_;
  std::vector<double> latest_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

/// Metrics by name and labels, as Prometheus reads them. What is asked for again is the same object, which lives as long as this does. Requires of
/// names: letters, digits and underscores, no digit first (of metrics, colons as well); of a name that is asked for again, the same kind, help and
/// limits. Thread-safe.
class Metrics {
 public:
  [[nodiscard]] Counter& counter(const std::string& name, std::string_view help, const Labels& labels = {});
  [[nodiscard]] Gauge& gauge(const std::string& name, std::string_view help, const Labels& labels = {});
  [[nodiscard]] Histogram& histogram(const std::string& name, std::string_view help, const std::vector<double>& limits, const Labels& labels = {});
  [[nodiscard]] Summary& summary(const std::string& name, std::string_view help, const Labels& labels = {});

  /// Prometheus' text format 0.0.4, by names and labels in alphabetical order. Quantiles 0.5, 0.95 and 0.99.
  [[nodiscard]] std::string text() const;

 private:
  using Series = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>, std::unique_ptr<Summary>>;
  struct Family {
    std::string help;
    std::map<Labels, Series> series;  ///< all of one kind
  };

  template <class T, class... Arguments>
  T& find(const std::string& name, std::string_view help, const Labels& labels, const Arguments&... arguments);

  mutable std::mutex mutex_;
  std::map<std::string, Family> families_;
};

}  // namespace mosaic::http
