#include "mosaic/serving/serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "mosaic/manager/control.h"
#include "mosaic/manager/manager.h"
#include "mosaic/power/meters.h"
#include "mosaic/power/sysfs.h"
#include "mosaic/serving/serving.h"
#include "mosaic/serving/serving_http.h"

namespace mosaic {
namespace {

constexpr std::chrono::milliseconds kLookEvery{500};

void look_often(const Serving& serving, const std::function<void(const Serving&)>& look, const std::stop_token& end) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  while (!ended.wait_for(lock, end, kLookEvery, [] { return false; }) && !end.stop_requested()) look(serving);
}

}  // namespace

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

Result<manager::Outcome> ServeStage::serve(manager::Policy& policy, const ServeOptions& options, const std::stop_token& stop) const {
  if (scenario_.thermal)
    return fail(ErrorCode::kUnsupported,
                fmt::format("scenario '{}' says 'thermal', which is for simulations: {} has a heat of its own", scenario_.name, machine().name));
  MOSAIC_TRY(const std::unique_ptr<Meter> meter, open_meter(options.meter, Sysfs::from_environment()));
  if (meter != nullptr) MOSAIC_RETURN_IF_ERROR(meter->start());
  auto outcome = serve_unmetered(policy, options, stop);
  if (meter == nullptr) return outcome;
  const auto reading = meter->stop();
  if (!outcome) return outcome;
  if (reading) {
    outcome->energy = reading->energy;
    outcome->energy_source = fmt::format("measured by {}: {}", meter->info().name, meter->info().covers);
  } else {
    outcome->energy_source += fmt::format("; meter {} failed: {}", meter->info().name, reading.error().message);
  }
  return outcome;
}

Result<manager::Outcome> ServeStage::serve_unmetered(manager::Policy& policy, const ServeOptions& options, const std::stop_token& stop) const {
  Serving serving(scenario_, levels_, tables_, policy, options.take_over);
  std::optional<ServingService> service;
  std::unique_ptr<http::Server> server;  // it says that it is the end, and ends, before the service does
  if (options.clients) {
    service.emplace(*this, serving);
    http::ServerOptions wanted = options.clients->server;
    wanted.metrics = &service->registry();
    MOSAIC_TRY(server, http::Server::start(wanted, *service));
    if (options.clients->listening) options.clients->listening(server->port());
  }
  std::jthread looker;
  if (options.look) looker = std::jthread([&](const std::stop_token& end) { look_often(serving, options.look, end); });
  return serving.run(stop);
}

Result<manager::Outcome> ServeStage::simulate(manager::Policy& policy, const manager::World& world, const std::stop_token& stop) const {
  return manager::simulate(machine(), scenario_, tables_, world, policy, stop);
}

}  // namespace mosaic
