#include "mosaic/serving/serving.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "mosaic/base/affinity.h"
#include "mosaic/manager/gate.h"
#include "mosaic/serving/lane.h"
#include "mosaic/serving/load_maker.h"
#include "mosaic/serving/processor_load.h"
#include "mosaic/serving/resting_units.h"

namespace mosaic {
namespace {

using manager::Operation;
using manager::Record;
using manager::Units;

constexpr int kMostTries = 3;  ///< of a request whose device fails
constexpr Nanoseconds kRecent{2'000'000'000};

}  // namespace

class Serving::Impl {
 public:
  Impl(const manager::Scenario& scenario, std::vector<const FamilyLevels*> levels, const std::vector<manager::LevelTable>& tables,
       manager::Policy& policy, TakeOver take_over)
      : scenario_(scenario),
        tables_(tables),
        machine_(levels.front()->machine()),
        take_over_(std::move(take_over)),
        control_(machine_.machine, scenario, tables, policy),
        lanes_(levels.size()),
        records_(scenario.duration.count() == 0) {
    for (std::size_t t = 0; t < levels.size(); ++t) lanes_[t].levels = levels[t];
  }

  ~Impl() { drain(); }

  Result<manager::Outcome> run(const std::stop_token& stop) {
    for (Lane& each : lanes_) {
      MOSAIC_TRY(auto inputs, random_inputs(each.levels->graph(), scenario_.seed));
      each.inputs = std::make_shared<const std::vector<Tensor>>(std::move(inputs));
    }
    std::unique_lock lock(mutex_);
    start_ = std::chrono::steady_clock::now();
    open_ = true;
    step("start");
    for (std::size_t t = 0; t < lanes_.size(); ++t) lanes_[t].thread = std::thread([this, t] { serve(t); });
    const std::stop_callback wake(stop, [this] {
      const std::scoped_lock guard(wake_mutex_);
      woken_ = true;
      timer_.notify_all();
    });
    const auto result = watch(lock, stop);
    const Nanoseconds end = now();
    lock.unlock();
    drain();
    lock.lock();
    if (!result) return std::unexpected(result.error());
    const std::string source = lanes_.front().levels->energy_source();
    manager::Outcome outcome{.records = {}, .decisions = control_.log(), .duration = end, .energy = {}, .energy_source = source, .simulated = false};
    records_.write_to(outcome);
    return outcome;
  }

  void submit(std::size_t tenant, ClientRequest request, std::move_only_function<void(Result<Answer>)> answer) {
    std::unique_lock lock(mutex_);
    if (!open_) {
      lock.unlock();
      answer(fail(ErrorCode::kCancelled, "shutting down"));
      return;
    }
    control_.arrived(tenant, now());
    const auto begin_by = request.deadline ? std::optional(now() + *request.deadline) : std::nullopt;
    std::optional<Job> refused = arrive(tenant, {.record = {},
                                                 .inputs = std::make_shared<const std::vector<Tensor>>(std::move(request.inputs)),
                                                 .answer = std::move(answer),
                                                 .begin_by = begin_by});
    lock.unlock();
    if (refused) refused->answer(fail(ErrorCode::kBusy, fmt::format("application '{}' takes no more requests now", scenario_.tenants[tenant].name)));
  }

  Result<void> change(const manager::Change& change) {
    const std::scoped_lock lock(mutex_);
    if (!open_) return fail(ErrorCode::kCancelled, "nothing is served yet, or not any more");
    MOSAIC_RETURN_IF_ERROR(control_.apply(change));
    after_change(manager::describe(change));
    return {};
  }

  bool open() const {
    const std::scoped_lock lock(mutex_);
    return open_;
  }

  Snapshot snapshot() const {
    const std::scoped_lock lock(mutex_);
    Snapshot all{.applications = {}, .others = others_};
    for (std::size_t t = 0; t < lanes_.size(); ++t) {
      Now each{.present = control_.present(t), .waiting = lanes_[t].waiting.size(), .recent = records_.recent(t, now(), kRecent)};
      if (const auto& operation = control_.assignment().operations[t]) {
        each.level = tables_[t].levels[operation->level].name;
        each.placement = machine_.machine.placements[operation->placement].name;
      }
      all.applications.push_back(std::move(each));
    }
    return all;
  }

 private:
  [[nodiscard]] Nanoseconds now() const { return std::chrono::duration_cast<Nanoseconds>(std::chrono::steady_clock::now() - start_); }

  /// Everything that happens by the clock, until the end. Holds the lock but while it waits.
  Result<void> watch(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
    std::size_t event = 0;
    Nanoseconds period = scenario_.period;
    for (std::size_t t = 0; t < lanes_.size(); ++t) present(t);
    look_at_others();
    while (!stop.stop_requested() && (scenario_.duration.count() == 0 || now() < scenario_.duration)) {
      while (event < scenario_.events.size() && scenario_.events[event].at <= now()) {
        const manager::Change& change = scenario_.events[event++].change;
        MOSAIC_RETURN_IF_ERROR(control_.apply(change));
        after_change(manager::describe(change));
      }
      for (std::size_t t = 0; t < lanes_.size(); ++t) generate(t);
      if (period <= now()) {
        look_at_others();
        try_again();
        step("");
        while (period <= now()) period += scenario_.period;
      }
      Nanoseconds next = period;
      if (event < scenario_.events.size()) next = std::min(next, scenario_.events[event].at);
      for (const Lane& each : lanes_) next = each.next ? std::min(next, *each.next) : next;
      lock.unlock();
      {
        std::unique_lock waiting(wake_mutex_);
        timer_.wait_until(waiting, start_ + next, [&] { return woken_; });
      }
      lock.lock();
    }
    return {};
  }

  void after_change(const std::string& what) {
    loads_.set(machine_.machine, control_.load());
    step(what);
    for (std::size_t t = 0; t < lanes_.size(); ++t) present(t);
  }

  /// Starts or ends an application's requests as it comes and goes.
  void present(std::size_t tenant) {
    Lane& lane = lanes_[tenant];
    if (control_.present(tenant) && !lane.requests) {
      lane.requests.emplace(scenario_.tenants[tenant].arrivals, now(), scenario_.seed + (tenant + 1) * 1'000'003 + lane.stays++);
      lane.next = lane.requests->next();
    } else if (!control_.present(tenant) && lane.requests) {
      lane.requests.reset();
      lane.next.reset();
    }
  }

  void generate(std::size_t tenant) {
    Lane& lane = lanes_[tenant];
    while (lane.next && *lane.next <= now()) {
      const auto refused = arrive(tenant, {.record = {}, .inputs = lane.inputs, .answer = {}});  // counted there
      lane.next = lane.requests->next();
    }
  }

  /// Puts a request into its queue; gives it back where it is refused.
  std::optional<Job> arrive(std::size_t tenant, Job job) {
    Lane& lane = lanes_[tenant];
    const manager::Application& application = control_.applications()[tenant];
    job.record = {.tenant = tenant, .operation = {}, .arrived = now(), .started = {}, .finished = now(), .deadline = {}, .energy = {}};
    if (application.targets.latency) job.record.deadline = job.record.arrived + *application.targets.latency;
    if (lane.waiting.size() >= scenario_.tenants[tenant].queue || !control_.assignment().operations[tenant]) {
      records_.add(job.record);
      return job;
    }
    lane.waiting.push_back(std::move(job));
    lane.changed.notify_one();
    return std::nullopt;
  }

  void step(const std::string& event) {
    control_.step(now(), event, others_);
    for (auto& lane : lanes_) lane.changed.notify_one();
  }

  void grant(const std::vector<std::size_t>& tenants) {
    for (const std::size_t t : tenants) {
      lanes_[t].granted = true;
      lanes_[t].ready = now();
      lanes_[t].changed.notify_one();
    }
  }

  /// An application's thread.
  void serve(std::size_t tenant) {
    Lane& lane = lanes_[tenant];
    std::vector<int> pinned;
    std::unique_lock lock(mutex_);
    lane.cores = thread_cores();
    const auto operation = [&] { return control_.assignment().operations[tenant]; };
    while (true) {
      lane.changed.wait(lock, [&] { return !lane.waiting.empty() || !open_; });
      if (lane.waiting.empty()) return;
      Job job = std::move(lane.waiting.front());
      lane.waiting.pop_front();
      if (const auto entered = enter(lock, tenant, job); !entered) {
        finish(lock, std::move(job), std::unexpected(entered.error()));
        continue;
      }
      if (job.begin_by && now() > *job.begin_by) {
        grant(gate_.leave(tenant));
        finish(lock, std::move(job), fail(ErrorCode::kDeadline, "the deadline passed before the request could begin"));
        continue;
      }
      const Operation chosen = *operation();
      lane.running = chosen;
      lane.running_since = now();
      job.delay = lane.start(job.record.arrived, tables_[tenant].levels[chosen.level].costs[chosen.placement]->latency);
      job.record.operation = chosen;
      job.record.started = lane.running_since;
      const std::span<const int> first = machine_.seats[chosen.placement].first();
      const std::span<const int> where = first.empty() ? lane.cores : first;  // what has no cores may be called from any
      lock.unlock();
      if (!std::ranges::equal(where, pinned) && pin_thread(where)) pinned.assign(where.begin(), where.end());
      Answer answer;
      auto ran = lane.levels->run(chosen, pointers(*job.inputs), answer.outputs);
      lock.lock();
      leave(tenant, chosen);
      if (!ran && ran.error().code != ErrorCode::kInvalidInput && ++job.tries < kMostTries) {
        give_rest(chosen, ran.error());
        lane.waiting.push_front(std::move(job));  // on whatever the policy says now
        continue;
      }
      if (!ran) {
        job.record.operation.reset();
        finish(lock, std::move(job), std::unexpected(ran.error()));
        continue;
      }
      answer.variant = tables_[tenant].levels[chosen.level].name;
      answer.placement = machine_.machine.placements[chosen.placement].name;
      finish(lock, std::move(job), std::move(answer));
    }
  }

  /// Waits for the units of the application's operation, whatever that becomes meanwhile, and before that for who takes over its level. Errors:
  /// kBusy: it is refused; those of taking over.
  Result<void> enter(std::unique_lock<std::mutex>& lock, std::size_t tenant, const Job& job) {
    Lane& lane = lanes_[tenant];
    lane.ready = std::max(job.record.arrived, lane.ended);
    while (const auto operation = control_.assignment().operations[tenant]) {
      if (take_over_ && lane.level.value_or(operation->level) != operation->level) {
        MOSAIC_RETURN_IF_ERROR(take_over(lock, lane, *operation));
        continue;
      }
      const Units units = machine_.machine.placements[operation->placement].units;
      lane.granted = gate_.enter(tenant, units, job.record.deadline.value_or(Nanoseconds::max()));
      lane.changed.wait(lock, [&] { return lane.granted || control_.assignment().operations[tenant] != operation; });
      if (lane.granted && control_.assignment().operations[tenant] == operation) {
        lane.level = operation->level;
        return {};
      }
      grant(gate_.leave(tenant));
      lane.ready = now();
    }
    return fail(ErrorCode::kBusy, "it was refused for what is more important");
  }

  Result<void> take_over(std::unique_lock<std::mutex>& lock, Lane& lane, const Operation& operation) {
    lock.unlock();
    const auto taken = [&] {
      const ScopedPin anywhere(lane.cores);
      return take_over_(*lane.levels, operation);
    }();
    lock.lock();
    if (taken) lane.level = operation.level;
    lane.ready = now();
    return taken;
  }

  void leave(std::size_t tenant, const Operation& operation) {
    Lane& lane = lanes_[tenant];
    count_busy(operation, lane.running_since);
    lane.running.reset();
    lane.ended = now();
    lane.granted = false;
    grant(gate_.leave(tenant));
  }

  /// Records a request and answers it, without the lock.
  void finish(std::unique_lock<std::mutex>& lock, Job job, Result<Answer> result) {
    Record& record = job.record;
    record.finished = now();
    if (result && record.operation) {
      const auto& cost = *tables_[record.tenant].levels[record.operation->level].costs[record.operation->placement];
      const double longer =
          static_cast<double>((record.finished - record.started).count()) / static_cast<double>(std::max<std::int64_t>(1, cost.latency.count()));
      record.energy = {cost.energy.value * longer};
      control_.completed({.application = record.tenant,
                          .operation = *record.operation,
                          .arrived = record.arrived,
                          .started = record.started,
                          .finished = record.finished,
                          .delay = job.delay});
    }
    records_.add(record);
    if (job.answer) {
      lock.unlock();
      job.answer(std::move(result));
      lock.lock();
    }
    lanes_[record.tenant].ended = now();
  }

  void give_rest(const Operation& operation, const Error& error) {
    const manager::Placement& placement = machine_.machine.placements[operation.placement];
    if (!resting_.rest(placement.units, now())) return;
    control_.set_failed(placement.units, true);
    step(fmt::format("{} failed: {}", placement.name, error.message));
  }

  void try_again() {
    for (const Units units : resting_.rested(now())) {
      control_.set_failed(units, false);
      step("what failed is tried again");
    }
  }

  void count_busy(const Operation& operation, Nanoseconds since) {
    watch_.count(machine_.seats[operation.placement].cores, std::max(since, watch_.looked()), now());
  }

  void look_at_others() {
    if (!watch_.due(now())) return;
    for (const Lane& each : lanes_) {
      if (each.running) count_busy(*each.running, each.running_since);
    }
    others_ = load_of_units(machine_.machine.units, watch_.look(now(), processor_times()));
  }

  /// Answers what waits, refuses the rest, and ends all threads.
  void drain() {
    {
      const std::scoped_lock lock(mutex_);
      open_ = false;
      for (Lane& each : lanes_) each.changed.notify_all();
    }
    for (Lane& each : lanes_) {
      if (each.thread.joinable()) each.thread.join();
    }
  }

  const manager::Scenario& scenario_;
  const std::vector<manager::LevelTable>& tables_;
  const manager::BoardMachine& machine_;
  const TakeOver take_over_;
  mutable std::mutex mutex_;  // of all below
  manager::Control control_;
  manager::Gate gate_;
  std::vector<Lane> lanes_;
  RecentRecords records_;
  bool open_ = false;
  RestingUnits resting_;
  ProcessorWatch watch_;
  std::vector<double> others_;
  LoadMaker loads_;
  std::chrono::steady_clock::time_point start_;

  std::mutex wake_mutex_;  // of these
  std::condition_variable timer_;
  bool woken_ = false;
};

Serving::Serving(const manager::Scenario& scenario, std::vector<const FamilyLevels*> levels, const std::vector<manager::LevelTable>& tables,
                 manager::Policy& policy, TakeOver take_over)
    : impl_(std::make_unique<Impl>(scenario, std::move(levels), tables, policy, std::move(take_over))) {}
Serving::~Serving() = default;

Result<manager::Outcome> Serving::run(const std::stop_token& stop) { return impl_->run(stop); }
void Serving::submit(std::size_t tenant, ClientRequest request, std::move_only_function<void(Result<Answer>)> answer) {
  impl_->submit(tenant, std::move(request), std::move(answer));
}
bool Serving::open() const { return impl_->open(); }
Result<void> Serving::change(const manager::Change& change) { return impl_->change(change); }
Serving::Snapshot Serving::now() const { return impl_->snapshot(); }

}  // namespace mosaic
