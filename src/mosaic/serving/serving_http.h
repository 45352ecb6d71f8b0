#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mosaic/http/metrics.h"
#include "mosaic/http/service.h"
#include "mosaic/serving/serve.h"
#include "mosaic/serving/serving.h"

namespace mosaic {

/// Applications that are served, as KServe models: each has the inputs and outputs of its family, and answers say which variant computed them and
/// where. Events are those of a scenario, without 'at'. Thread-safe.
class ServingService final : public http::Service {
 public:
  /// Both are borrowed until this and the server that calls it have ended.
  ServingService(const ServeStage& stage, Serving& serving);

  [[nodiscard]] std::vector<http::ModelInfo> models() const override { return models_; }
  [[nodiscard]] bool ready() const override { return serving_.open(); }
  void infer(http::InferRequest request, http::Answer answer) override;
  [[nodiscard]] Result<std::string> event(std::string_view body) override;
  [[nodiscard]] std::string metrics() const override { return metrics_.text(); }
  [[nodiscard]] std::string status() const override;

  /// Also for what the server itself counts.
  [[nodiscard]] http::Metrics& registry() { return metrics_; }

 private:
  const ServeStage& stage_;
  Serving& serving_;
  std::vector<http::ModelInfo> models_;  ///< by tenant
  mutable http::Metrics metrics_;
};

}  // namespace mosaic
