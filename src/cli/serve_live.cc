#include "serve_live.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "output.h"

namespace mosaic::cli {
namespace {

constexpr std::size_t kReasons = 8;
constexpr double kWorthSaying = 0.05;  // of a unit's time

TerminalSize terminal_size() {
  winsize size{};
  TerminalSize usual;
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return usual;
  return {.columns = size.ws_col > 0 ? size.ws_col : usual.columns, .rows = size.ws_row > 0 ? size.ws_row : usual.rows};
}

std::string state_of(const Serving::Now& application) {
  if (!application.present) return "away";
  return application.level.empty() ? "refused" : application.level;
}

std::vector<std::string> table_lines(const LiveState& state) {
  Table table({"application", "level", "placement", ">requests/s", ">on time (%)", ">p95 (ms)", ">waiting"});
  for (std::size_t t = 0; t < state.now.applications.size(); ++t) {
    const Serving::Now& each = state.now.applications[t];
    table.add({state.names[t], state_of(each), each.placement, fmt::format("{:.1f}", each.recent.per_second),
               each.recent.requests > 0 ? fmt::format("{:.1f}", each.recent.on_time_percent) : "-",
               each.recent.p95.count() > 0 ? ms(each.recent.p95) : "-", fmt::to_string(each.waiting)});
  }
  std::vector<std::string> lines;
  const std::string text = table.text();
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// The load of others where there is some, measured by the kernel.
std::string load_line(const LiveState& state) {
  std::string busy;
  for (std::size_t unit = 0; unit < state.now.others.size(); ++unit) {
    if (state.now.others[unit] < kWorthSaying) continue;
    busy += fmt::format("{}{} {:.0f} %", busy.empty() ? "" : ", ", state.units[unit], 100 * state.now.others[unit]);
  }
  return "load of others: " + (state.now.others.empty() ? "not known yet" : busy.empty() ? "none" : busy);
}

}  // namespace

manager::Assignment WatchedPolicy::step(const manager::Situation& situation) {
  manager::Assignment assignment = policy_->step(situation);
  if (!assignment.reason.empty()) {
    const std::scoped_lock lock(mutex_);
    reasons_.push_back(fmt::format("{:8.1f} s  {}", std::chrono::duration<double>(situation.now).count(), assignment.reason));
    if (reasons_.size() > kReasons) reasons_.pop_front();
  }
  return assignment;
}

std::vector<std::string> WatchedPolicy::reasons() const {
  const std::scoped_lock lock(mutex_);
  return {reasons_.begin(), reasons_.end()};
}

std::string live_text(const LiveState& state, const TerminalSize& size) {
  const std::size_t room = std::max<std::size_t>(2, size.rows) - 1;  // the cursor stands below
  std::vector<std::string> lines = table_lines(state);
  lines.push_back(load_line(state));
  if (lines.size() > room) {
    const std::size_t more = lines.size() - room + 1;
    lines.resize(room - 1);
    lines.push_back(fmt::format("... and {} more lines than there is room for", more));
  }
  const std::size_t reasons = std::min(state.reasons.size(), room - lines.size());
  lines.insert(lines.end(), state.reasons.end() - static_cast<std::ptrdiff_t>(reasons), state.reasons.end());
  std::string text;
  for (std::string& each : lines) {
    std::ranges::replace_if(each, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
    text += shorten(each, size.columns) + '\n';
  }
  return text;
}

Result<void> LiveView::check_terminal() {
  if (::isatty(STDOUT_FILENO) != 1) return fail(ErrorCode::kUnsupported, "--live draws on a terminal, and standard output is none");
  const char* const kind = std::getenv("TERM");
  if (kind != nullptr && std::string_view(kind) == "dumb")
    return fail(ErrorCode::kUnsupported, "--live draws on a terminal, and TERM says that this one cannot be drawn on: dumb");
  return {};
}

void LiveView::draw(const LiveState& state) {
  const TerminalSize size = terminal_size();
  std::string frame;
  if (lines_ > 0) frame = size == size_ ? fmt::format("\x1b[{}A\r", lines_) : "\x1b[H\x1b[2J";  // in another size, old lines stand anywhere
  lines_ = 0;
  size_ = size;
  for (const char c : live_text(state, size)) {
    if (c == '\n') {
      frame += "\x1b[K";
      ++lines_;
    }
    frame += c;
  }
  print(frame + "\x1b[J");
  std::fflush(stdout);
}

}  // namespace mosaic::cli
