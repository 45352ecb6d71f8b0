#include "mosaic/power/clock_control.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <stop_token>
#include <utility>

namespace mosaic {
namespace {

namespace fs = std::filesystem;

/// The lock without waiting for it.
Result<FileLock> try_lock(const fs::path& journal) {
  std::stop_source at_once;
  at_once.request_stop();
  auto lock = FileLock::acquire(journal.string() + ".lock", at_once.get_token());
  if (lock || lock.error().code != ErrorCode::kCancelled) return lock;
  const auto text = read_file(journal);
  const auto known = text ? parse_clock_journal(*text) : std::unexpected(text.error());
  return fail(ErrorCode::kDevice, fmt::format("the clocks are in the hands of {}: one process at a time sets them",
                                              known ? fmt::format("process {}", known->process) : "another mosaic"));
}

/// The domain as the journal knows it; it may have vanished since.
ClockDomain domain_of(const ClockJournal::Entry& entry) {
  return {.name = entry.folder.filename().string(), .kind = entry.kind, .folder = entry.folder};
}

}  // namespace

/// All controls of this process by their journals, with how many hold them. Making and ending one happens under its lock, so that none is opened
/// while its predecessor still puts clocks back.
struct ClockControl::Registry {
  struct Entry {
    ClockControl* control = nullptr;
    std::size_t holders = 0;
  };
  std::mutex mutex;
  std::map<fs::path, Entry> entries;
};

ClockControl::Registry& ClockControl::registry() {
  static Registry the_registry;
  return the_registry;
}

Result<std::shared_ptr<ClockControl>> ClockControl::open(const Sysfs& sysfs, const fs::path& state, Remark remark) {
  const fs::path journal = clock_journal_file(sysfs, state);
  const std::scoped_lock lock(registry().mutex);
  auto& [control, holders] = registry().entries[journal];
  if (control == nullptr) {
    MOSAIC_TRY(FileLock file, try_lock(journal));
    std::unique_ptr<ClockControl, void (*)(ClockControl*)> made(new ClockControl(sysfs, journal, std::move(file), std::move(remark)),
                                                                [](ClockControl* each) { delete each; });
    MOSAIC_RETURN_IF_ERROR(made->recover());
    made->domains_ = discover_clocks(sysfs);
    control = made.release();
  }
  ++holders;
  return std::shared_ptr<ClockControl>(control, [journal](ClockControl* last) {
    const std::scoped_lock closing(registry().mutex);
    auto& entry = registry().entries.at(journal);
    if (--entry.holders > 0) return;
    delete last;
    registry().entries.erase(journal);
  });
}

ClockControl::ClockControl(Sysfs sysfs, fs::path journal, FileLock lock, Remark remark)
    : sysfs_(std::move(sysfs)), journal_(std::move(journal)), lock_(std::move(lock)), remark_(std::move(remark)) {}

ClockControl::~ClockControl() { restore(); }

void ClockControl::say(const std::string& text) const {
  if (remark_) remark_(text);
}

Result<const ClockDomain*> ClockControl::find(const std::string& name) const {
  const auto found = std::ranges::find(domains_, name, &ClockDomain::name);
  if (found != domains_.end()) return &*found;
  std::vector<std::string> known;
  for (const ClockDomain& each : domains_) known.push_back(each.name);
  return fail(ErrorCode::kInvalidInput, fmt::format("this machine has no clock domain '{}'; it has {}", name,
                                                    known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
}

Result<void> ClockControl::acquire(const std::string& name, std::optional<Hertz> clock, const std::stop_token& stop) {
  MOSAIC_TRY(const ClockDomain* domain, find(name));
  if (clock) {
    MOSAIC_TRY(clock, domain->find(*clock));
  }
  std::unique_lock lock(mutex_);
  const auto may_have_it = [&] {
    const auto held = held_.find(name);
    return closed_ || held == held_.end() || held->second.users == 0 || held->second.clock == clock;
  };
  if (!free_.wait(lock, stop, may_have_it)) return fail(ErrorCode::kCancelled, fmt::format("stopped while waiting for the clock of {}", name));
  if (closed_) return fail(ErrorCode::kCancelled, "the clocks were put back: nothing sets them any more");
  MOSAIC_TRY(const ClockState now, read_clock_state(sysfs_, *domain));
  Held& held = held_[name];
  if (held.clock) MOSAIC_RETURN_IF_ERROR(check_unchanged(*domain, held, now));
  if (held.clock != clock) {
    if (!held.changed) MOSAIC_RETURN_IF_ERROR(remember(*domain, held, now));
    MOSAIC_RETURN_IF_ERROR(set(*domain, held, now, clock));
  }
  ++held.users;
  return {};
}

/// What a domain is like before it is changed for the first time, or again after it was put back.
Result<void> ClockControl::remember(const ClockDomain& domain, Held& held, const ClockState& now) {
  if (!std::exchange(held.seen, true) && now.upper < domain.to_file(domain.highest)) {
    say(
        fmt::format("{} is {}, below the {} of the hardware, and is put back so; if heat lowered it for a while, that makes it last: write the right "
                    "value there afterwards",
                    sysfs_.path(domain.folder / domain.upper_limit_file()).string(), format_clock_mhz(domain.from_file(now.upper)),
                    format_clock_mhz(domain.highest)));
  }
  held.found = now;
  held.journalled = true;
  auto written = write_journal();
  if (!written) held.journalled = false;
  return written;
}

/// What was put back is no affair of ours any more: if this process dies later, the next one leaves it alone.
void ClockControl::forget(Held& held) {
  if (!std::exchange(held.journalled, false)) return;
  if (const auto written = write_journal(); !written) say(written.error().message);
}

void ClockControl::release(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto held = held_.find(name);
  if (held == held_.end() || held->second.users == 0) return;
  if (--held->second.users == 0) free_.notify_all();
}

Result<void> ClockControl::check_unchanged(const ClockDomain& domain, const Held& held, const ClockState& now) const {
  const auto changed = difference(domain, held.given, now);
  if (!changed) return {};
  return fail(ErrorCode::kDevice, fmt::format("{}: {}: another process changed the clock, or the kernel for heat; stop what governs clocks here (a "
                                              "power daemon, a fan that stands still) and run again",
                                              sysfs_.path(domain.folder).string(), *changed));
}

Result<void> ClockControl::set(const ClockDomain& domain, Held& held, const ClockState& now, std::optional<Hertz> clock) {
  const ClockState wanted = clock ? fixed_at(domain, held.found, *clock) : held.found;
  held.changed = true;
  auto applied = apply_clock_state(sysfs_, domain, now, wanted);
  held.given = applied ? wanted : held.found;
  held.clock = applied ? clock : std::nullopt;
  if (!held.clock) held.changed = !applied && !put_back(domain, held.found);
  if (!held.changed) forget(held);
  return applied;
}

Result<void> ClockControl::write_journal() const {
  ClockJournal journal{.process = ::getpid(), .boot = boot_id(), .entries = {}};
  for (const ClockDomain& domain : domains_) {
    const auto held = held_.find(domain.name);
    if (held != held_.end() && held->second.journalled)
      journal.entries.push_back({.folder = domain.folder, .kind = domain.kind, .found = held->second.found});
  }
  if (!journal.entries.empty()) return write_file(journal_, format_clock_journal(journal));
  std::error_code ignored;
  fs::remove(journal_, ignored);
  return {};
}

/// Writes what differs, one file's failure keeping none of the others; whether all is as it was found.
bool ClockControl::put_back(const ClockDomain& domain, const ClockState& found) {
  const std::string where = sysfs_.path(domain.folder).string();
  const auto now = read_clock_state(sysfs_, domain);
  if (!now) {
    say(fmt::format("clock domain {} is not to be read any more, so its clock was not put back: {}", where, now.error().message));
    return !sysfs_.exists(domain.folder);  // one that is gone has no clock to put back
  }
  for (const ClockWrite& write : writes_between(domain, *now, found)) {
    if (const auto written = sysfs_.write(domain.folder / write.file, write.value); !written) say(written.error().message);
  }
  const auto after = read_clock_state(sysfs_, domain);
  const auto wrong = after ? difference(domain, found, *after) : std::optional(after.error().message);
  if (wrong) say(fmt::format("the clock of {} could not be put back: {}; try 'mosaic devices --restore-clocks'", where, *wrong));
  return !wrong;
}

Result<void> ClockControl::rest() {
  const std::scoped_lock lock(mutex_);
  for (auto& [name, held] : held_) {
    if (!held.clock || held.users > 0) continue;
    MOSAIC_TRY(const ClockDomain* domain, find(name));
    MOSAIC_TRY(const ClockState now, read_clock_state(sysfs_, *domain));
    MOSAIC_RETURN_IF_ERROR(check_unchanged(*domain, held, now));
    MOSAIC_RETURN_IF_ERROR(set(*domain, held, now, std::nullopt));
  }
  return {};
}

Result<void> ClockControl::rest_all() {
  const std::scoped_lock lock(registry().mutex);
  for (auto& [journal, entry] : registry().entries) {
    if (entry.control != nullptr) MOSAIC_RETURN_IF_ERROR(entry.control->rest());
  }
  return {};
}

void ClockControl::restore() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  bool all = true;
  for (const auto& [name, held] : held_) {
    if (!held.changed) continue;
    const ClockDomain& domain = **find(name);
    const auto now = read_clock_state(sysfs_, domain);
    const auto changed = now ? difference(domain, held.given, *now) : std::nullopt;
    if (changed) say(fmt::format("another process had changed the clock of {} ({}); it was put back to what mosaic found", name, *changed));
    all = put_back(domain, held.found) && all;
  }
  std::error_code ignored;
  const bool is_ours = std::ranges::any_of(held_, [](const auto& each) { return each.second.journalled; });
  if (all && is_ours) fs::remove(journal_, ignored);
  held_.clear();
  free_.notify_all();
}

void ClockControl::restore_all() {
  const std::scoped_lock lock(registry().mutex);
  for (auto& [journal, entry] : registry().entries) {
    if (entry.control != nullptr) entry.control->restore();
  }
}

Result<void> ClockControl::recover() {
  const auto text = read_file(journal_);
  if (!text) return {};
  std::error_code ignored;
  const auto journal = parse_clock_journal(*text);
  if (!journal) {
    fs::rename(journal_, journal_.string() + ".damaged", ignored);
    say(fmt::format("{} is damaged; it was put aside and clocks were left alone: {}", journal_.string(), journal.error().message));
    return {};
  }
  if (journal->boot != boot_id()) {
    fs::remove(journal_, ignored);
    return {};
  }
  bool all = true;
  std::vector<std::string> names;
  for (const ClockJournal::Entry& entry : journal->entries) {
    names.push_back(entry.folder.filename().string());
    all = put_back(domain_of(entry), entry.found) && all;
  }
  if (!all) {
    return fail(ErrorCode::kIo, fmt::format("process {} died and left clocks that could not be put back ({}); put them right, or try as root, or "
                                            "delete {} to leave them as they are",
                                            journal->process, fmt::join(names, ", "), journal_.string()));
  }
  fs::remove(journal_, ignored);
  say(fmt::format("put back the clocks of {}, which process {} had left when it died", fmt::join(names, ", "), journal->process));
  return {};
}

bool has_clock_journal(const Sysfs& sysfs, const fs::path& state) {
  std::error_code error;
  return fs::exists(clock_journal_file(sysfs, state), error);
}

Result<bool> recover_clocks(const Sysfs& sysfs, const fs::path& state, const ClockControl::Remark& remark) {
  if (!has_clock_journal(sysfs, state)) return false;
  MOSAIC_TRY([[maybe_unused]] const auto control, ClockControl::open(sysfs, state, remark));
  return true;
}

}  // namespace mosaic
