#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mosaic/base/tensor.h"
#include "mosaic/http/metrics.h"
#include "mosaic/http/service.h"

namespace mosaic::test {

/// A service with one model, "twice": y = x + x for rows of two numbers. Answers at once, or keeps the requests until it is told to. Thread-safe.
class DoublingService : public http::Service {
 public:
  [[nodiscard]] static http::ModelInfo model() {
    return {.name = "twice",
            .inputs = {{.name = "x", .type = ElementType::kFloat32, .shape = {-1, 2}}},
            .outputs = {{.name = "y", .type = ElementType::kFloat32, .shape = {-1, 2}}}};
  }

  [[nodiscard]] std::vector<http::ModelInfo> models() const override { return {model()}; }
  [[nodiscard]] bool ready() const override {
    const std::scoped_lock lock(mutex_);
    return ready_;
  }
  [[nodiscard]] Result<std::string> event(std::string_view body) override {
    if (body.empty()) return invalid("an event must be JSON");
    return "{\"took\":" + std::string(body) + "}";
  }
  [[nodiscard]] std::string metrics() const override { return counts.text(); }
  [[nodiscard]] std::string status() const override { return R"({"status":"fine"})"; }

  void infer(http::InferRequest request, http::Answer answer) override {
    std::unique_lock lock(mutex_);
    if (error_) return answer(std::unexpected(*error_));
    deadlines_.push_back(request.deadline);
    if (!keeps_) return answer(compute(request));
    kept_.emplace_back(std::move(request), std::move(answer));
    came_.notify_all();
  }

  /// From now on requests are kept, or answered at once.
  void keep(bool keeps = true) {
    const std::scoped_lock lock(mutex_);
    keeps_ = keeps;
  }
  void set_ready(bool ready) {
    const std::scoped_lock lock(mutex_);
    ready_ = ready;
  }
  /// From now on requests get this error.
  void refuse(std::optional<Error> error) {
    const std::scoped_lock lock(mutex_);
    error_ = std::move(error);
  }
  void wait_for_kept(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return kept_.size() >= count; });
  }
  /// Answers what was kept, on this thread; how many there were.
  std::size_t answer_kept() {
    auto kept = take_kept();
    for (auto& [request, answer] : kept) answer(compute(request));
    return kept.size();
  }
  /// Drops what was kept.
  void drop_kept() { take_kept(); }

  [[nodiscard]] std::optional<Nanoseconds> latest_deadline() const {
    const std::scoped_lock lock(mutex_);
    return deadlines_.back();
  }

  http::Metrics counts;

 private:
  using Kept = std::vector<std::pair<http::InferRequest, http::Answer>>;

  static http::InferResponse compute(const http::InferRequest& request) {
    Tensor y = request.inputs.at(0).tensor;
    for (float& value : y.as<float>()) value += value;
    http::InferResponse response;
    response.outputs.push_back({.name = "y", .tensor = std::move(y)});
    response.parameters["device"] = "cpu";
    return response;
  }

  Kept take_kept() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(kept_, {});
  }

  mutable std::mutex mutex_;
  std::condition_variable came_;
  Kept kept_;
  std::vector<std::optional<Nanoseconds>> deadlines_;
  std::optional<Error> error_;
  bool keeps_ = false;
  bool ready_ = true;
};

}  // namespace mosaic::test
