#include "mosaic/power/clock_journal.h"

#include <fmt/format.h>
#include <unistd.h>

#include "mosaic/base/file.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/json.h"

namespace mosaic {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSchemaVersion = 1;

Result<ClockKind> parse_kind(std::string_view text) {
  for (const ClockKind kind : {ClockKind::kCpufreq, ClockKind::kDevfreq}) {
    if (name(kind) == text) return kind;
  }
  return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is no kind of clock", text));
}

/// A folder below the root and nothing else: the journal says where to write.
bool stays_below(const fs::path& folder) {
  return !folder.empty() && folder.is_relative() && folder == folder.lexically_normal() && *folder.begin() == "sys";
}

}  // namespace

std::string format_clock_journal(const ClockJournal& journal) {
  Json json{{"schema_version", kSchemaVersion}, {"process", journal.process}, {"boot", journal.boot}, {"domains", Json::array()}};
  for (const ClockJournal::Entry& entry : journal.entries) {
    json["domains"].push_back({{"folder", entry.folder.string()},
                               {"kind", name(entry.kind)},
                               {"lower", entry.found.lower},
                               {"upper", entry.found.upper},
                               {"governor", entry.found.governor}});
    if (entry.found.chosen) json["domains"].back()["chosen"] = *entry.found.chosen;
  }
  return to_text(json);
}

Result<ClockJournal> parse_clock_journal(std::string_view text) {
  MOSAIC_TRY(const Json json, parse_json(text));
  MOSAIC_RETURN_IF_ERROR(check_schema(json, kSchemaVersion, "journal of clocks"));
  ClockJournal journal;
  std::int64_t version = 0;
  std::int64_t process = 0;
  std::vector<Json> domains;
  Fields fields(json, "journal of clocks");
  fields.required("schema_version", version).required("process", process).required("boot", journal.boot).required("domains", domains);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  journal.process = static_cast<int>(process);
  for (const Json& each : domains) {
    ClockJournal::Entry entry;
    std::string folder;
    std::string kind;
    Fields of(each, "journal of clocks, domain");
    of.required("folder", folder).required("kind", kind).required("lower", entry.found.lower).required("upper", entry.found.upper);
    of.required("governor", entry.found.governor).optional("chosen", entry.found.chosen);
    if (!stays_below(folder)) of.reject(fmt::format("'{}' is no folder of the kernel's", folder));
    MOSAIC_RETURN_IF_ERROR(of.finish());
    MOSAIC_TRY(entry.kind, parse_kind(kind));
    entry.folder = folder;
    journal.entries.push_back(std::move(entry));
  }
  return journal;
}

std::string boot_id() { return Sysfs("/").read("proc/sys/kernel/random/boot_id").value_or(""); }

fs::path state_folder() {
  if (std::string own = environment("MOSAIC_STATE"); !own.empty()) return own;
  if (::geteuid() == 0) return "/run/mosaic";
  if (const std::string xdg = environment("XDG_STATE_HOME"); !xdg.empty()) return fs::path(xdg) / "mosaic";
  const std::string home = environment("HOME");
  return fs::path(home.empty() ? "/tmp" : home) / ".local" / "state" / "mosaic";
}

fs::path clock_journal_file(const Sysfs& sysfs, const fs::path& state) {
  if (sysfs.root() == "/") return state / "clocks.json";
  return state / fmt::format("clocks-{:.12}.json", Hasher().add(sysfs.root().string()).fingerprint());
}

}  // namespace mosaic
