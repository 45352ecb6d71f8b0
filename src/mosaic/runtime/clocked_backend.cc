#include "mosaic/runtime/clocked_backend.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <stop_token>
#include <utility>

namespace mosaic {
namespace {

/// All that use a setter; the last one gives the clocks back. Nobody begins to use it while that happens.
struct ClockUsers {
  explicit ClockUsers(std::shared_ptr<ClockSetter> the_setter) : setter(std::move(the_setter)) {}
  const std::shared_ptr<ClockSetter> setter;
  std::mutex mutex;
  std::size_t count = 0;
};

/// One use of the setter.
class ClockLease {
 public:
  explicit ClockLease(std::shared_ptr<ClockUsers> users) : users_(std::move(users)) {
    const std::scoped_lock lock(users_->mutex);
    ++users_->count;
  }
  ~ClockLease() {
    const std::scoped_lock lock(users_->mutex);
    if (--users_->count == 0) users_->setter->restore();
  }
  ClockLease(const ClockLease&) = delete;
  ClockLease& operator=(const ClockLease&) = delete;
  [[nodiscard]] ClockSetter& setter() const { return *users_->setter; }

 private:
  const std::shared_ptr<ClockUsers> users_;
};

/// What an executable and its invocations share.
struct Clocked {
  std::shared_ptr<ClockLease> lease;
  std::shared_ptr<const Board> board;
  ConfigurationId configuration;
};

class ClockedInvocation final : public Invocation {
 public:
  ClockedInvocation(Clocked clocked, std::unique_ptr<Invocation> inner) : clocked_(std::move(clocked)), inner_(std::move(inner)) {}

  Result<void> bind_input(std::size_t index, Buffer& buffer) override { return inner_->bind_input(index, buffer); }
  Result<void> bind_input(std::size_t index, const Tensor& tensor) override { return inner_->bind_input(index, tensor); }
  Result<void> bind_output(std::size_t index, Buffer& buffer) override { return inner_->bind_output(index, buffer); }
  Result<void> bind_output(std::size_t index, Tensor& tensor) override { return inner_->bind_output(index, tensor); }
  Result<Tensor> output(std::size_t index) override { return inner_->output(index); }
  void cancel() override {
    stop_.request_stop();
    inner_->cancel();
  }
  void reset() override {
    if (stop_.stop_requested()) stop_ = std::stop_source();
    inner_->reset();
  }

  Result<Times> run() override {
    ClockSetter& clocks = clocked_.lease->setter();
    const auto begin = std::chrono::steady_clock::now();
    MOSAIC_RETURN_IF_ERROR(clocks.acquire(*clocked_.board, clocked_.configuration, stop_.get_token()));
    const Nanoseconds setting = std::chrono::steady_clock::now() - begin;
    auto times = inner_->run();
    clocks.release(*clocked_.board, clocked_.configuration);
    if (times) times->transfer += setting;
    return times;
  }

 private:
  const Clocked clocked_;
  const std::unique_ptr<Invocation> inner_;
  std::stop_source stop_;
};

class ClockedExecutable final : public Executable {
 public:
  ClockedExecutable(Clocked clocked, std::unique_ptr<Executable> inner) : clocked_(std::move(clocked)), inner_(std::move(inner)) {}

  std::span<const Port> inputs() const override { return inner_->inputs(); }
  std::span<const Port> outputs() const override { return inner_->outputs(); }
  Result<std::unique_ptr<Buffer>> allocate_output(std::size_t index) const override { return inner_->allocate_output(index); }

  Result<std::unique_ptr<Invocation>> make_invocation() const override {
    MOSAIC_TRY(auto invocation, inner_->make_invocation());
    return std::make_unique<ClockedInvocation>(clocked_, std::move(invocation));
  }

 private:
  const Clocked clocked_;
  const std::unique_ptr<Executable> inner_;
};

class ClockedBackend final : public Backend {
 public:
  ClockedBackend(std::shared_ptr<Backend> inner, std::shared_ptr<ClockSetter> clocks)
      : inner_(std::move(inner)), users_(std::make_shared<ClockUsers>(std::move(clocks))) {}

  EngineInfo engine() const override { return inner_->engine(); }
  bool simulated() const override { return inner_->simulated(); }
  std::string domain(const Board& board, ConfigurationId configuration) const override { return inner_->domain(board, configuration); }

  /// The inner backend is asked about a device without clocks: those are not its business.
  Result<void> check_device(const Board& board, DeviceId device) const override {
    if (!names_clocks(board.device(device))) return inner_->check_device(board, device);
    Board without = board;
    for (OperatingPoint& point : without.devices[device.index()].points) {
      point.voltage.reset();
      point.clock.reset();
    }
    MOSAIC_RETURN_IF_ERROR(inner_->check_device(without, device));
    return users_->setter->check(board, device);
  }

  Result<std::vector<std::unique_ptr<Executable>>> compile(const Run& run, std::string_view scope) override {
    MOSAIC_TRY(auto executables, inner_->compile(run, scope));
    if (std::ranges::none_of(run.board.devices, names_clocks)) return executables;
    const auto board = std::make_shared<const Board>(run.board);
    const auto lease = std::make_shared<ClockLease>(users_);
    for (std::size_t s = 0; s < executables.size(); ++s) {
      if (!names_clocks(run.board.device_of(run.steps[s].configuration))) continue;
      executables[s] = std::make_unique<ClockedExecutable>(Clocked{.lease = lease, .board = board, .configuration = run.steps[s].configuration},
                                                           std::move(executables[s]));
    }
    return executables;
  }

 private:
  const std::shared_ptr<Backend> inner_;
  const std::shared_ptr<ClockUsers> users_;
};

}  // namespace

std::shared_ptr<Backend> make_clocked_backend(std::shared_ptr<Backend> inner, std::shared_ptr<ClockSetter> clocks) {
  return std::make_shared<ClockedBackend>(std::move(inner), std::move(clocks));
}

}  // namespace mosaic
