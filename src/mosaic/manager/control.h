#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/manager/outcome.h"
#include "mosaic/manager/policy.h"
#include "mosaic/manager/scenario.h"

namespace mosaic::manager {

/// The state that a policy sees, kept up to date by events and answered requests, on a real machine and on a simulated one alike. Knows no clock and
/// no threads; borrows all that it is made of. Thread-compatible.
class Control {
 public:
  /// `tables`: by tenant.
  Control(const Machine& machine, const Scenario& scenario, const std::vector<LevelTable>& tables, Policy& policy);

  /// What an event changes; for people. Errors: kInvalidInput for a name that is not there, nothing then changed.
  [[nodiscard]] Result<void> apply(const Change& change);

  void completed(const Completed& completed) { completed_.push_back(completed); }

  /// A client's request came: of an application that only clients use, it tells the mean time between requests.
  void arrived(std::size_t tenant, Nanoseconds now);

  /// Asks the policy; `event`: why, empty at the end of a control period. `others`: as in Situation.
  const Assignment& step(Nanoseconds now, const std::string& event, std::vector<double> others);

  [[nodiscard]] const Assignment& assignment() const { return assignment_; }
  [[nodiscard]] const std::vector<Application>& applications() const { return applications_; }
  [[nodiscard]] bool present(std::size_t tenant) const { return applications_[tenant].table != nullptr; }
  [[nodiscard]] const std::vector<double>& load() const { return load_; }
  /// Units that failed are not used, whatever events say of them.
  void set_failed(Units units, bool failed) { failed_ = failed ? failed_ | units : failed_ & ~units; }

  /// Levels of a domain that may be used, from the lowest.
  [[nodiscard]] const std::vector<std::size_t>& caps() const { return caps_; }
  void cap(std::size_t domain, std::size_t levels) { caps_[domain] = levels; }

  /// What the policy decided; the last 10,000 times where the scenario has no end.
  [[nodiscard]] std::vector<Logged> log() const { return {log_.begin(), log_.end()}; }

 private:
  [[nodiscard]] Result<Units> units_of(const std::vector<std::string>& names) const;
  [[nodiscard]] Result<std::size_t> tenant_of(const std::string& name) const;

  const Machine* machine_;
  const Scenario* scenario_;
  const std::vector<LevelTable>* tables_;
  Policy* policy_;
  std::vector<Application> applications_;
  std::vector<std::optional<Nanoseconds>> last_arrivals_;
  Units offline_ = 0;
  Units failed_ = 0;
  std::vector<std::size_t> caps_;
  std::optional<Bytes> memory_;
  std::vector<double> load_;  ///< by unit: share that events say others take
  std::vector<Completed> completed_;
  Assignment assignment_;
  std::deque<Logged> log_;
};

}  // namespace mosaic::manager
