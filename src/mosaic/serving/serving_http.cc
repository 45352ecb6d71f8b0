#include "mosaic/serving/serving_http.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "mosaic/base/json.h"

namespace mosaic {
namespace {

std::vector<http::TensorType> tensor_types(const Graph& graph, const std::vector<TensorId>& ids) {
  std::vector<http::TensorType> types;
  for (const TensorId id : ids) {
    const GraphTensor& tensor = graph.tensor(id);
    types.push_back({.name = tensor.name, .type = tensor.element, .shape = tensor.shape.value_or(Shape{-1})});
  }
  return types;
}

}  // namespace

ServingService::ServingService(const ServeStage& stage, Serving& serving) : stage_(stage), serving_(serving) {
  for (std::size_t t = 0; t < stage.levels().size(); ++t) {
    const Graph& graph = stage.levels()[t]->graph();
    models_.push_back(
        {.name = stage.scenario().tenants[t].name, .inputs = tensor_types(graph, graph.inputs), .outputs = tensor_types(graph, graph.outputs)});
  }
}

void ServingService::infer(http::InferRequest request, http::Answer answer) {
  const auto found = std::ranges::find(models_, request.model, &http::ModelInfo::name);
  if (found == models_.end()) return answer(invalid(fmt::format("there is no application '{}'", request.model)));
  std::vector<Tensor> inputs;
  for (http::NamedTensor& each : request.inputs) inputs.push_back(std::move(each.tensor));
  auto respond = [this, &model = *found, wanted = std::move(request.outputs), answer = std::move(answer),
                  begin = std::chrono::steady_clock::now()](Result<Answer> result) mutable {
    const http::Labels application{{"application", model.name}};
    if (!result) {
      metrics_.counter("mosaic_requests_failed_total", "Requests that were refused or failed", application).add();
      answer(std::unexpected(std::move(result).error()));
      return;
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    metrics_.summary("mosaic_request_seconds", "From a request's arrival to its answer", application).observe(time.count());
    metrics_.counter("mosaic_requests_total", "Requests that were answered", {{"application", model.name}, {"variant", result->variant}}).add();
    http::InferResponse response{.outputs = {}, .parameters = {{"variant", result->variant}, {"placement", result->placement}}};
    for (std::size_t i = 0; i < model.outputs.size(); ++i) {
      if (!wanted.empty() && std::ranges::find(wanted, model.outputs[i].name) == wanted.end()) continue;
      response.outputs.push_back({.name = model.outputs[i].name, .tensor = std::move(result->outputs[i])});
    }
    answer(std::move(response));
  };
  const auto tenant = static_cast<std::size_t>(found - models_.begin());
  serving_.submit(tenant, {.inputs = std::move(inputs), .deadline = request.deadline}, std::move(respond));
}

Result<std::string> ServingService::event(std::string_view body) {
  MOSAIC_TRY(const manager::Change change, manager::parse_change(body));
  MOSAIC_RETURN_IF_ERROR(serving_.change(change));
  return Json{{"event", manager::describe(change)}}.dump();
}

std::string ServingService::status() const {
  Json json{{"scenario", stage_.scenario().name}, {"board", stage_.machine().name}, {"applications", Json::array()}};
  const std::vector<Serving::Now> all = serving_.now().applications;
  for (std::size_t t = 0; t < all.size(); ++t) {
    json["applications"].push_back({{"name", models_[t].name},
                                    {"variant", all[t].level.empty() ? Json(nullptr) : Json(all[t].level)},
                                    {"placement", all[t].placement.empty() ? Json(nullptr) : Json(all[t].placement)},
                                    {"waiting", all[t].waiting}});
  }
  return json.dump();
}

}  // namespace mosaic
