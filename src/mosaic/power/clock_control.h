#pragma once

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/file.h"
#include "mosaic/base/units.h"
#include "mosaic/power/clock_domain.h"
#include "mosaic/power/clock_journal.h"
#include "mosaic/power/clock_state.h"
#include "mosaic/power/sysfs.h"

namespace mosaic {

/// Sets the machine's clocks and puts back what it found: when it goes, when setting fails half way, and, from a journal on disk, when a process
/// before it died. Of the processes that share a folder of state, which is a user's, one at a time has the clocks of a root; within it, all who open
/// the same root share one object. Processes of other users are noticed by what they write, as any other process is.
///
/// What is put back is what was found, file by file, also where another process wrote to a file meanwhile: two masters of one clock are an error that
/// `acquire` reports; what it was is reported when it is put back; and what mosaic never changed it never writes.
///
/// Thread-safe.
class ClockControl {
 public:
  /// Takes what must be said but fails nothing: a clock that another process had changed, one that could not be put back.
  using Remark = std::function<void(const std::string&)>;

  /// Puts back what a dead process left, if one did. Errors: kDevice where a living process has the clocks; kIo where those of a dead one cannot be
  /// put back, or for the folder of state.
  [[nodiscard]] static Result<std::shared_ptr<ClockControl>> open(const Sysfs& sysfs, const std::filesystem::path& state, Remark remark = {});

  ClockControl(const ClockControl&) = delete;
  ClockControl& operator=(const ClockControl&) = delete;

  /// Domains as they were when this was opened.
  [[nodiscard]] const std::vector<ClockDomain>& domains() const { return domains_; }

  /// Lets a domain run at a clock, or as it was found, until `release`; waits while others have it run at another clock. Checks each time that
  /// nobody else has changed it. Errors: kInvalidInput for a domain or clock that there is not; kDevice for a file that cannot be written (nothing is
  /// then left changed), for a clock that another process changed; kCancelled where `stop` ends the waiting, and after `restore_all`.
  [[nodiscard]] Result<void> acquire(const std::string& name, std::optional<Hertz> clock, const std::stop_token& stop = {});
  void release(const std::string& name);

  /// Puts back, until they are acquired again, all clocks of this process that nobody has at the moment: before something is timed or metered that
  /// asks for no clock. Errors: kDevice, as of `acquire`.
  [[nodiscard]] static Result<void> rest_all();

  /// Puts all clocks of this process back at once and lets nobody set them again: the last thing before the process is ended.
  static void restore_all();

 private:
  /// A domain that was asked for.
  struct Held {
    ClockState found;
    ClockState given;            // what the files must say while `clock` is set
    std::optional<Hertz> clock;  // none: as it was found
    bool changed = false;        // something may have to be put back
    bool journalled = false;     // `found` is on disk
    bool seen = false;           // its limits were looked at
    std::size_t users = 0;
  };
  struct Registry;

  ClockControl(Sysfs sysfs, std::filesystem::path journal, FileLock lock, Remark remark);
  ~ClockControl();
  static Registry& registry();

  Result<const ClockDomain*> find(const std::string& name) const;
  Result<void> check_unchanged(const ClockDomain& domain, const Held& held, const ClockState& now) const;
  Result<void> set(const ClockDomain& domain, Held& held, const ClockState& now, std::optional<Hertz> clock);
  Result<void> remember(const ClockDomain& domain, Held& held, const ClockState& now);
  void forget(Held& held);
  Result<void> rest();
  Result<void> write_journal() const;
  bool put_back(const ClockDomain& domain, const ClockState& found);
  void restore();
  Result<void> recover();
  void say(const std::string& text) const;

  const Sysfs sysfs_;
  const std::filesystem::path journal_;
  const FileLock lock_;
  const Remark remark_;
  std::vector<ClockDomain> domains_;
  std::mutex mutex_;
  std::condition_variable_any free_;
  std::map<std::string, Held> held_;
  bool closed_ = false;
};

/// Puts back what a dead process left, saying through `remark` what that was; whether there was anything. Errors: those of `ClockControl::open`.
[[nodiscard]] Result<bool> recover_clocks(const Sysfs& sysfs, const std::filesystem::path& state, const ClockControl::Remark& remark);

/// Whether a journal lies there, of a living or a dead process.
[[nodiscard]] bool has_clock_journal(const Sysfs& sysfs, const std::filesystem::path& state);

}  // namespace mosaic
