#include "mosaic/runtime/executor.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <utility>

#include "mosaic/base/affinity.h"
#include "mosaic/runtime/program.h"
#include "mosaic/runtime/request.h"
#include "mosaic/runtime/worker.h"

namespace mosaic {
namespace {

/// Lets a caller wait for the end of its run: spinning first, asleep then.
class Completion {
 public:
  /// The waiting caller may destroy this as soon as the lock is free, so nothing happens after that.
  void signal() {
    const std::scoped_lock lock(mutex_);
    done_.store(true, std::memory_order_release);
    wake_.notify_one();
  }

  /// False if the run has not ended by then. A deadline of none waits as long as it takes.
  bool wait(Nanoseconds spin, const std::optional<std::chrono::steady_clock::time_point>& deadline) {
    const auto end = std::chrono::steady_clock::now() + spin;
    while (!done_.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < end) pause_processor();
    std::unique_lock lock(mutex_);
    const auto is_done = [this] { return done_.load(std::memory_order_relaxed); };
    if (deadline) return wake_.wait_until(lock, *deadline, is_done);
    wake_.wait(lock, is_done);
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> done_ = false;
};

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> count = 0;
  return ++count;
}

}  // namespace

class Executor::Impl {
 public:
  Impl(const Board& board, const ValidPlan& plan, Backends backends, Program program, const ExecutorOptions& options)
      : backends_(std::move(backends)), program_(std::move(program)), options_(options), is_chain_(plan.is_chain()) {
    simulated_ =
        std::ranges::all_of(plan.order(), [&](StepId id) { return backends_.at(board.device_of(plan.configuration(id)).backend)->simulated(); });
    std::map<DeviceId, std::size_t> index;
    for (std::size_t s = 0; s < plan.size(); ++s) {
      const DeviceId device = board.configuration(plan.configuration(StepId(s))).device;
      const auto [found, is_new] = index.try_emplace(device, device_cores_.size());
      if (is_new) device_cores_.push_back(simulated_ ? std::vector<int>() : board.device(device).cores);
      device_of_.push_back(found->second);
    }
  }

  ~Impl() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return running_ == 0; });
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<RunReport> run(const std::vector<const Tensor*>& inputs, std::vector<Tensor>& outputs, const RunOptions& options) {
    Lease lease(*this);
    try {
      if (lease.request == nullptr) {
        MOSAIC_TRY(lease.request, Request::create(program_));
      }
      return run_with(*lease.request, inputs, outputs, options);
    } catch (const std::bad_alloc&) {
      return fail(ErrorCode::kDevice, "not enough memory for the tensors of a run");
    }
  }

 private:
  /// A run in progress, and buffers from the pool if some are free; they go there in the end.
  struct Lease {
    explicit Lease(Impl& owner) : impl(owner) {
      const std::scoped_lock lock(impl.mutex_);
      ++impl.running_;
      if (impl.pool_.empty()) return;
      request = std::move(impl.pool_.back());
      impl.pool_.pop_back();
    }
    ~Lease() {
      const std::scoped_lock lock(impl.mutex_);
      if (request != nullptr) impl.pool_.push_back(std::move(request));
      if (--impl.running_ == 0) impl.idle_.notify_all();
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    Impl& impl;
    std::unique_ptr<Request> request;
  };

  Result<RunReport> run_with(Request& request, const std::vector<const Tensor*>& inputs, std::vector<Tensor>& outputs, const RunOptions& options) {
    MOSAIC_RETURN_IF_ERROR(request.bind(inputs, outputs));
    if (options.stop.stop_requested()) return fail(ErrorCode::kCancelled, "the run was cancelled before it started");
    if (options.deadline && std::chrono::steady_clock::now() >= *options.deadline)
      return fail(ErrorCode::kDeadline, "the deadline had passed before the run started");
    request.start();
    const std::stop_callback on_stop(options.stop, [&] { request.stop({ErrorCode::kCancelled, "the run was cancelled"}); });
    if (may_run_inline() && !options.deadline) {
      for (const std::size_t step : program_.order) execute(request, step);
    } else {
      run_on_workers(request, options);
    }
    return request.collect(outputs, simulated_);
  }

  /// A caller that is already where every step wants to be needs no worker. Looked up once for each thread.
  bool may_run_inline() const {
    if (!options_.inline_steps || !is_chain_) return false;
    if (simulated_) return true;
    static thread_local std::pair<std::uint64_t, bool> known{0, false};
    if (known.first != serial_) {
      const std::vector<int> mine = thread_cores();
      known = {serial_, std::ranges::all_of(device_cores_,
                                            [&](const std::vector<int>& cores) { return cores.empty() || std::ranges::includes(cores, mine); })};
    }
    return known.second;
  }

  void execute(Request& request, std::size_t step) const {
    const bool ran = request.execute(step, simulated_);
    if (!ran || !options_.at_boundary) return;
    request.visit_boundaries(step, [&](const Port& port, std::span<std::byte> bytes) { options_.at_boundary(StepId(step), port, bytes); });
  }

  void run_on_workers(Request& request, const RunOptions& options) {
    start_workers();
    Completion completion;
    for (const std::size_t step : request.first_steps()) post(request, step, completion);
    if (completion.wait(options_.spin, options.deadline)) return;
    request.stop({ErrorCode::kDeadline, "the run did not end before its deadline"});
    completion.wait(Nanoseconds(0), std::nullopt);
  }

  void post(Request& request, std::size_t step, Completion& completion) {
    workers_[device_of_[step]]->post([this, &request, step, &completion] { work(request, step, completion); });
  }

  /// Runs a step and then, without a detour through the queue, one that became ready on the same device.
  void work(Request& request, std::size_t step, Completion& completion) {
    constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
    for (std::size_t next = step; next != kNone;) {
      const std::size_t current = std::exchange(next, kNone);
      execute(request, current);
      const bool last = request.finish(current, [&](std::size_t ready) {
        if (next == kNone && device_of_[ready] == device_of_[current]) {
          next = ready;
        } else {
          post(request, ready, completion);
        }
      });
      if (last) completion.signal();
    }
  }

  void start_workers() {
    const std::scoped_lock lock(mutex_);
    if (!workers_.empty()) return;
    for (const std::vector<int>& cores : device_cores_) {
      // A session's own threads take the further cores; the worker that calls it takes the first.
      workers_.push_back(std::make_unique<Worker>(cores.empty() ? cores : std::vector<int>{cores.front()}, options_.spin));
    }
  }

  const Backends backends_;  // keeps the engines alive
  const Program program_;
  const ExecutorOptions options_;
  const bool is_chain_;
  const std::uint64_t serial_ = next_serial();  // never 0, never used twice
  bool simulated_ = false;
  std::vector<std::size_t> device_of_;          // by step: index into the next two
  std::vector<std::vector<int>> device_cores_;  // of each device that the plan uses
  std::vector<std::unique_ptr<Worker>> workers_;

  std::mutex mutex_;
  std::condition_variable idle_;
  std::vector<std::unique_ptr<Request>> pool_;
  std::size_t running_ = 0;
};

Executor::Executor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Executor::~Executor() = default;

Result<std::unique_ptr<Executor>> Executor::create(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, const ValidPlan& plan,
                                                   const Backends& backends, const ExecutorOptions& options) {
  MOSAIC_TRY(Program program, compile_plan(prepared, graph, board, plan, backends, options.shares_cores));
  return std::unique_ptr<Executor>(new Executor(std::make_unique<Impl>(board, plan, backends, std::move(program), options)));
}

Result<RunReport> Executor::run(const std::vector<const Tensor*>& inputs, std::vector<Tensor>& outputs, const RunOptions& options) {
  return impl_->run(inputs, outputs, options);
}

}  // namespace mosaic
