#include "serve_live.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "output.h"

namespace mosaic::cli {
namespace {

constexpr std::size_t kReasons = 8;
constexpr std::size_t kUsualWidth = 80;

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualWidth;
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

std::string live_text(const std::vector<std::string>& names, const std::vector<Serving::Now>& now, const std::vector<std::string>& reasons,
                      std::size_t width) {
  Table table({"application", "level", "placement", ">requests/s", ">on time (%)", ">p95 (ms)", ">waiting"});
  for (std::size_t t = 0; t < now.size(); ++t) {
    const Serving::Now& each = now[t];
    const bool any = each.recent.requests > 0;
    table.add({names[t], each.level.empty() ? "refused" : each.level, each.placement, fmt::format("{:.1f}", each.recent.per_second),
               any ? fmt::format("{:.1f}", each.recent.on_time_percent) : "-", any ? ms(each.recent.p95) : "-", fmt::to_string(each.waiting)});
  }
  std::string text = table.text() + "\n";
  for (const std::string& each : reasons) text += each + "\n";
  std::string shown;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    shown += shorten(std::string_view(text).substr(begin, end - begin), width) + "\x1b[K\n";
    begin = end + 1;
  }
  return shown;
}

Result<void> LiveView::check_terminal() {
  if (::isatty(STDOUT_FILENO) != 1) return fail(ErrorCode::kUnsupported, "--live draws on a terminal, and standard output is none");
  return {};
}

void LiveView::draw(const std::vector<std::string>& names, const std::vector<Serving::Now>& now, const std::vector<std::string>& reasons) {
  const std::string text = live_text(names, now, reasons, terminal_width());
  if (lines_ > 0) print(fmt::format("\x1b[{}A\r", lines_));
  print(text + "\x1b[J");
  std::fflush(stdout);
  lines_ = static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace mosaic::cli
