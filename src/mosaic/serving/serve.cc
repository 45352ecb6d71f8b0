#include "mosaic/serving/serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mosaic/manager/control.h"
#include "mosaic/manager/manager.h"
#include "mosaic/serving/serving.h"
#include "mosaic/serving/serving_http.h"

namespace mosaic {

Result<std::unique_ptr<ServeStage>> ServeStage::open(Options options) {
  std::unique_ptr<ServeStage> stage(new ServeStage);
  stage->scenario_ = std::move(options.scenario);
  std::vector<std::filesystem::path> opened;
  std::vector<manager::LevelTable> measured;
  for (const manager::Tenant& tenant : stage->scenario_.tenants) {
    auto found = static_cast<std::size_t>(std::ranges::find(opened, tenant.family) - opened.begin());
    if (found == opened.size()) {
      auto levels =
          FamilyLevels::open({.family = tenant.family, .board = stage->scenario_.board, .progress = options.progress, .stop = options.stop});
      if (!levels) return within("application '" + tenant.name + "'", levels.error());
      auto table = (*levels)->measure({.stop = options.stop, .progress = options.progress});
      if (!table) return within("application '" + tenant.name + "'", table.error());
      opened.push_back(tenant.family);
      measured.push_back(std::move(*table));
      stage->owned_.push_back(std::move(*levels));
    }
    stage->levels_.push_back(stage->owned_[found].get());
    stage->tables_.push_back(measured[found]);
  }
  manager::Manager nobody({});  // events are tried out before hours go by: they may name what is not there
  manager::Control control(stage->machine(), stage->scenario_, stage->tables_, nobody);
  for (const manager::Event& each : stage->scenario_.events) {
    if (auto applied = control.apply(each.change); !applied) return within("event '" + manager::describe(each.change) + "'", applied.error());
  }
  return stage;
}

Result<manager::Outcome> ServeStage::serve(manager::Policy& policy, const std::optional<Clients>& clients, const std::stop_token& stop) const {
  if (scenario_.thermal)
    return fail(ErrorCode::kUnsupported,
                fmt::format("scenario '{}' says 'thermal', which is for simulations: {} has a heat of its own", scenario_.name, machine().name));
  Serving serving(scenario_, levels_, tables_, policy);
  if (!clients) return serving.run(stop);
  ServingService service(*this, serving);
  http::ServerOptions options = clients->server;
  options.metrics = &service.registry();
  MOSAIC_TRY(const auto server, http::Server::start(options, service));
  if (clients->listening) clients->listening(server->port());
  return serving.run(stop);  // then the server says that it is the end, and ends
}

Result<manager::Outcome> ServeStage::simulate(manager::Policy& policy, const manager::World& world, const std::stop_token& stop) const {
  return manager::simulate(machine(), scenario_, tables_, world, policy, stop);
}

}  // namespace mosaic
