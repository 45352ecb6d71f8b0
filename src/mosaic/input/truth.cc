#include "mosaic/input/truth.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "mosaic/base/file.h"
#include "mosaic/base/text.h"
#include "mosaic/input/array_file.h"
#include "mosaic/input/samples.h"

namespace mosaic {
namespace {

std::size_t column(const std::vector<std::string>& header, std::string_view wanted) {
  return static_cast<std::size_t>(std::ranges::find(header, wanted) - header.begin());
}

std::string normal(const std::string& path) { return std::filesystem::path(path).lexically_normal().generic_string(); }

/// Whether two samples come from one file.
bool of_one_file(const std::string& a, const std::string& b) {
  std::error_code error;
  const auto file = [](const std::string& sample) { return sample.substr(0, sample.rfind('#')); };
  return file(a) == file(b) || std::filesystem::equivalent(file(a), file(b), error);
}

Result<std::map<std::string, std::int64_t>> parse_table(const std::string& file, std::string_view text) {
  const std::vector<std::string> lines = lines_of(text);
  const std::vector<std::string> header = lines.empty() ? std::vector<std::string>{} : split(lines.front(), ',');
  const std::size_t name = column(header, "file");
  const std::size_t label = column(header, "class");
  if (name == header.size() || label == header.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("{}: a CSV file with columns 'file' and 'class' was expected", file));
  std::map<std::string, std::int64_t> out;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const std::vector<std::string> cells = split(lines[i], ',');
    std::int64_t value = 0;
    const std::string cell = cells.size() > std::max(name, label) ? cells[label] : "";
    const auto parsed = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != cell.data() + cell.size())
      return fail(ErrorCode::kInvalidInput, fmt::format("{}: line {} has no class", file, i + 1));
    const auto [found, is_new] = out.emplace(normal(cells[name]), value);
    if (!is_new && found->second != value) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{}: line {} says that {} is of class {}, and a line before says {}", file, i + 1, cells[name], value, found->second));
    }
  }
  return out;
}

}  // namespace

Result<Truth> Truth::read(const std::filesystem::path& path) {
  MOSAIC_TRY(std::string raw, read_file(path));
  const auto text = gunzip(std::move(raw));
  if (!text) return within(path.string(), text.error());
  Truth truth;
  truth.file_ = path.string();
  if (is_idx(path, *text)) {
    const auto labels = parse_idx(*text);
    if (!labels) return within(path.string(), labels.error());
    const auto values = labels->as<std::uint8_t>();
    truth.in_order_.assign(values.begin(), values.end());
    return truth;
  }
  MOSAIC_TRY(truth.by_name_, parse_table(truth.file_, *text));
  return truth;
}

std::optional<std::int64_t> Truth::of(const std::string& sample, std::size_t index) const {
  if (is_ordered()) return index < in_order_.size() ? std::optional(in_order_[index]) : std::nullopt;
  const auto found = by_name_.find(name_of(sample));
  return found != by_name_.end() ? std::optional(found->second) : std::nullopt;
}

std::string Truth::name_of(const std::string& path) const {
  const std::string whole = normal(path);
  for (std::size_t begin = 0;;) {
    std::string end = whole.substr(begin);
    if (by_name_.contains(end) || by_name_.lower_bound(end + "#") != by_name_.lower_bound(end + "$")) return end;
    const std::size_t slash = whole.find('/', begin);
    if (slash == std::string::npos) return "";
    begin = slash + 1;
  }
}

Result<void> Truth::check_names(std::span<const std::string> names) const {
  if (is_ordered()) return {};
  std::map<std::string, std::string> meant;
  for (const std::string& each : names) {
    const std::string name = name_of(each);
    if (name.empty()) continue;
    const auto [found, is_new] = meant.emplace(name, each);
    if (!is_new && !of_one_file(found->second, each)) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{} means both {} and {} by {}: put the folder before the name there", file_, found->second, each, name));
    }
  }
  if (meant.empty()) return fail(ErrorCode::kInvalidInput, fmt::format("{} names none of the images", file_));
  return {};
}

Result<void> Truth::check_count(std::size_t samples) const {
  if (!is_ordered() || samples == in_order_.size()) return {};
  return fail(ErrorCode::kInvalidInput,
              fmt::format("{} has the classes of {} images in their order, and there are {}", file_, in_order_.size(), samples));
}

}  // namespace mosaic
