#pragma once

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace mosaic::test {

/// What is wrong with a text in Prometheus' format 0.0.4; empty for nothing. Every line parses; each metric has HELP and TYPE once, before its
/// samples; no series stands twice; buckets of a histogram do not fall, and its last one is its count.
inline std::string check_prometheus_text(const std::string& text) {
  static const std::regex help(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\]|\\\\|\\n)*)");
  static const std::regex type(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary))");
  static const std::regex sample(
      R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\\\|\\"|\\n)*",?)*\})? (NaN|[+-]Inf|[+-]?[0-9.]+(?:e[+-]?[0-9]+)?))re");
  if (text.empty() || text.back() != '\n') return "the text must end with a line's end";
  std::set<std::string> helped;
  std::set<std::string> series;
  std::map<std::string, std::string> types;
  std::string metric;  // the one whose samples follow
  double bucket = 0;   // the count of the one before
  bool rest = false;   // that was the last one
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, help)) {
      if (!helped.insert(found[1]).second) return "HELP stands twice: " + line;
    } else if (std::regex_match(line, found, type)) {
      metric = found[1];
      if (!helped.contains(metric)) return "no HELP before " + line;
      if (!types.emplace(metric, found[2]).second) return "TYPE stands twice: " + line;
    } else if (std::regex_match(line, found, sample)) {
      const std::string name = found[1];
      const std::string labels = found[2];
      const std::string kind = metric.empty() ? "" : types[metric];
      const std::string part = name.starts_with(metric) ? name.substr(metric.size()) : "?";
      const bool of_histogram = kind == "histogram" && (part == "_bucket" || part == "_sum" || part == "_count");
      const bool of_summary = kind == "summary" && (part.empty() || part == "_sum" || part == "_count");
      if (kind.empty() || !(of_histogram || of_summary || (part.empty() && kind != "histogram"))) return "not below its TYPE: " + line;
      if (!series.insert(name + labels).second) return "stands twice: " + line;
      const double value = std::strtod(found[3].str().c_str(), nullptr);
      if (of_histogram && part == "_bucket" && value < bucket) return "fewer than in the bucket before: " + line;
      if (of_histogram && part == "_count" && value != bucket) return "not the count of all buckets: " + line;
      if (of_histogram && part == "_sum" && !rest) return "no bucket for the rest: " + line;
      if (of_histogram && part != "_sum") bucket = part == "_bucket" ? value : 0;
      rest = labels.find("le=\"+Inf\"") != std::string::npos;
    } else {
      return "does not parse: " + line;
    }
  }
  return "";
}

}  // namespace mosaic::test
