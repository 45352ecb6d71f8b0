#include "mosaic/session/serve.h"

#include <algorithm>
#include <utility>

#include "mosaic/session/serving.h"

namespace mosaic {

Result<std::unique_ptr<ServeStage>> ServeStage::open(Options options) {
  std::unique_ptr<ServeStage> stage(new ServeStage);
  stage->scenario_ = std::move(options.scenario);
  std::vector<std::filesystem::path> opened;
  std::vector<manager::LevelTable> measured;
  for (const manager::Tenant& tenant : stage->scenario_.tenants) {
    auto found = static_cast<std::size_t>(std::ranges::find(opened, tenant.family) - opened.begin());
    if (found == opened.size()) {
      auto levels = FamilyLevels::open(
          {.family = tenant.family, .board = stage->scenario_.board, .progress = options.progress, .stop = options.stop});
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
  return stage;
}

Result<manager::Outcome> ServeStage::serve(manager::Policy& policy, const std::stop_token& stop) const {
  return Serving(scenario_, levels_, tables_, policy).run(stop);
}

Result<manager::Outcome> ServeStage::simulate(manager::Policy& policy, const manager::World& world, const std::stop_token& stop) const {
  return manager::simulate(machine(), scenario_, tables_, world, policy, stop);
}

}  // namespace mosaic
