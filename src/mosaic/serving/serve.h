#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/http/server.h"
#include "mosaic/manager/outcome.h"
#include "mosaic/manager/policies.h"
#include "mosaic/manager/scenario.h"
#include "mosaic/manager/simulate.h"
#include "mosaic/report/table.h"
#include "mosaic/serving/family_levels.h"
#include "mosaic/serving/new_process.h"

namespace mosaic {

class Serving;

/// A scenario with all its families opened and measured: what policies are compared on. Refers to itself: neither movable nor copyable.
class ServeStage {
 public:
  struct Options {
    manager::Scenario scenario;
    std::function<void(std::string_view what, double share)> progress = {};
    std::stop_token stop = {};
  };
  /// Errors: those of opening families, after the application's name, and of measuring; kInvalidInput: an event names what
  /// the machine does not have.
  [[nodiscard]] static Result<std::unique_ptr<ServeStage>> open(Options options);

  [[nodiscard]] const manager::Scenario& scenario() const { return scenario_; }
  [[nodiscard]] const manager::Machine& machine() const { return levels_.front()->machine().machine; }
  [[nodiscard]] const std::vector<const FamilyLevels*>& levels() const { return levels_; }
  [[nodiscard]] const std::vector<manager::LevelTable>& tables() const { return tables_; }
  [[nodiscard]] bool simulated_board() const { return levels_.front()->board().simulated(); }

  /// For clients over HTTP.
  struct Clients {
    http::ServerOptions server;
    std::function<void(std::uint16_t port)> listening = {};  ///< called once requests are taken
  };
  struct ServeOptions {
    std::optional<Clients> clients = {};
    std::string meter = "none";                             ///< of this machine, as `open_meter` takes it
    std::function<void(const Serving& serving)> look = {};  ///< called twice a second, from a thread of its own
    TakeOver take_over = {};                                ///< at a change of level; none: within this process
  };
  /// On this machine. A meter that fails in the middle ends nothing: the outcome says so. Errors: those of `Serving::run`, of `http::Server::start`
  /// and of `open_meter`.
  [[nodiscard]] Result<manager::Outcome> serve(manager::Policy& policy, const ServeOptions& options, const std::stop_token& stop) const;
  /// On a virtual clock, by the tables. Errors: those of `simulate`.
  [[nodiscard]] Result<manager::Outcome> simulate(manager::Policy& policy, const manager::World& world, const std::stop_token& stop) const;

 private:
  ServeStage() = default;
  [[nodiscard]] Result<manager::Outcome> serve_unmetered(manager::Policy& policy, const ServeOptions& options, const std::stop_token& stop) const;

  manager::Scenario scenario_;
  std::vector<std::unique_ptr<FamilyLevels>> owned_;  ///< one a family
  std::vector<const FamilyLevels*> levels_;           ///< by tenant
  std::vector<manager::LevelTable> tables_;           ///< by tenant
};

/// What one policy made of a scenario.
struct Served {
  std::string policy;
  manager::Outcome outcome;
};

/// Levels of all families on all placements; applications by policy; decisions with their reasons.
[[nodiscard]] report::Table level_table(const ServeStage& stage);
[[nodiscard]] report::Table summary_table(const ServeStage& stage, const std::vector<Served>& served);
[[nodiscard]] report::Table decision_table(const ServeStage& stage, const Served& served);

/// All of it with a timeline for each policy: levels and placements, latencies of single requests, targets, clocks, power, and decisions with their
/// reasons.
[[nodiscard]] std::string serve_page(const ServeStage& stage, const std::vector<Served>& served);

}  // namespace mosaic
