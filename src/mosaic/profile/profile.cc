#include "mosaic/profile/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"

namespace mosaic {
namespace {

constexpr std::int64_t kSchemaVersion = 1;

/// Nanoseconds are what the clock gives.
Json rounded(const std::vector<double>& microseconds) {
  Json list = Json::array();
  for (const double value : microseconds) list.push_back(std::round(value * 1e3) / 1e3);
  return list;
}

Json to_json(const std::vector<SliceSamples>& slices) {
  Json list = Json::array();
  for (const SliceSamples& each : slices) {
    list.push_back({{"configuration", each.configuration}, {"begin", each.begin}, {"end", each.end}, {"us", rounded(each.microseconds)}});
    if (!each.microjoules.empty()) list.back()["uj"] = rounded(each.microjoules);
  }
  return list;
}

/// 11 days at most, up to where nanoseconds survive being written and read.
bool all_finite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value) && std::fabs(value) < 1e12; });
}

Result<std::vector<SliceSamples>> read_slices(const std::vector<Json>& list, std::size_t rounds, const std::string& where) {
  std::vector<SliceSamples> slices;
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields fields(list[i], fmt::format("{} {}", where, i));
    SliceSamples slice;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    fields.required("configuration", slice.configuration).required("begin", begin).required("end", end).required("us", slice.microseconds);
    fields.optional("uj", slice.microjoules);
    if (begin < 0 || end <= begin) fields.reject(fmt::format("covers layers {} to {}", begin, end));
    if (slice.microseconds.size() != rounds) fields.reject(fmt::format("has {} samples, there were {} rounds", slice.microseconds.size(), rounds));
    if (!all_finite(slice.microseconds) || std::ranges::any_of(slice.microseconds, [](double us) { return us < 0; }))
      fields.reject("has a sample that is no time");
    if (!slice.microjoules.empty() && slice.microjoules.size() != rounds)
      fields.reject(fmt::format("has {} energies, there were {} rounds", slice.microjoules.size(), rounds));
    if (!all_finite(slice.microjoules) || std::ranges::any_of(slice.microjoules, [](double uj) { return uj < 0; }))
      fields.reject("has a sample that is no energy");
    MOSAIC_RETURN_IF_ERROR(fields.finish());
    slice.begin = static_cast<std::size_t>(begin);
    slice.end = static_cast<std::size_t>(end);
    slices.push_back(std::move(slice));
  }
  return slices;
}

Result<LinkSamples> read_link(const Json& json, std::size_t rounds, const std::string& where) {
  LinkSamples link;
  std::vector<Json> points;
  Fields fields(json, where);
  fields.required("from", link.from).required("to", link.to).required("points", points);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  for (const Json& each : points) {
    LinkSamples::Point point;
    Fields inner(each, where + ", a point");
    inner.required("bytes", point.bytes.value).required("us", point.microseconds);
    if (point.bytes.value < 0) inner.reject("has a negative size");
    if (point.microseconds.size() != rounds) inner.reject(fmt::format("has {} samples, there were {} rounds", point.microseconds.size(), rounds));
    if (!all_finite(point.microseconds)) inner.reject("has a sample that is no time");
    MOSAIC_RETURN_IF_ERROR(inner.finish());
    link.points.push_back(std::move(point));
  }
  if (link.points.empty()) return fail(ErrorCode::kInvalidInput, where + ": has no points");
  return link;
}

Result<ConfigurationPower> read_power(const Json& json, const std::string& where) {
  ConfigurationPower sample;
  Fields fields(json, where);
  fields.required("configuration", sample.configuration).required("watts", sample.power.value).required("error_watts", sample.error.value);
  fields.required("rest_watts", sample.rest.value).required("meter", sample.meter);
  if (!all_finite({sample.power.value, sample.error.value, sample.rest.value}) || !(sample.power.value > 0) || sample.error.value < 0)
    fields.reject("has a number that is no power");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return sample;
}

Json to_json(const ClockChangeSamples& clock) {
  Json changes = Json::array();
  for (const ClockChangeSamples::Change& each : clock.changes) {
    Json& change = changes.emplace_back(Json::object());
    if (each.from) change["from_hz"] = each.from->value;
    if (each.to) change["to_hz"] = each.to->value;
    change["us"] = rounded(each.microseconds);
  }
  return {{"domain", clock.domain}, {"devices", clock.devices}, {"changes", std::move(changes)}};
}

Result<ClockChangeSamples> read_clock(const Json& json, const std::string& where) {
  ClockChangeSamples clock;
  std::vector<Json> changes;
  Fields fields(json, where);
  fields.required("domain", clock.domain).required("devices", clock.devices).required("changes", changes);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  for (const Json& each : changes) {
    ClockChangeSamples::Change change;
    std::optional<std::int64_t> from;
    std::optional<std::int64_t> to;
    Fields inner(each, where + ", a change");
    inner.optional("from_hz", from).optional("to_hz", to).required("us", change.microseconds);
    if (from == to) inner.reject("changes nothing");
    if (from.value_or(1) <= 0 || to.value_or(1) <= 0) inner.reject("has a clock that is none");
    const auto is_time = [](double us) { return us >= 0; };
    if (change.microseconds.empty() || !all_finite(change.microseconds) || !std::ranges::all_of(change.microseconds, is_time))
      inner.reject("has a sample that is no time, or none");
    MOSAIC_RETURN_IF_ERROR(inner.finish());
    if (from) change.from = Hertz{*from};
    if (to) change.to = Hertz{*to};
    clock.changes.push_back(std::move(change));
  }
  return clock;
}

/// Errors: kInvalidInput for a device or clock that the board does not have.
Result<void> check_clocks(const Profile& profile, const Board& board) {
  for (const ClockChangeSamples& clock : profile.clock_changes) {
    std::vector<std::optional<Hertz>> known;
    for (const std::string& name : clock.devices) {
      const auto device = std::ranges::find(board.devices, name, &Device::name);
      if (device == board.devices.end())
        return fail(ErrorCode::kInvalidInput, fmt::format("the profile has clock '{}' of device '{}', which does not exist", clock.domain, name));
      for (const OperatingPoint& point : device->points) known.push_back(point.clock);
    }
    for (const ClockChangeSamples::Change& change : clock.changes) {
      for (const std::optional<Hertz>& end : {change.from, change.to}) {
        if (std::ranges::find(known, end) != known.end()) continue;
        return fail(ErrorCode::kInvalidInput, fmt::format("the profile has a change of clock '{}' that no operating point asks for: {}", clock.domain,
                                                          end ? fmt::format("{} Hz", end->value) : "left to the system"));
      }
    }
  }
  return {};
}

}  // namespace

std::string format_profile(const Profile& profile) {
  Json json;
  json["schema_version"] = kSchemaVersion;
  json["graph"] = {{"name", profile.graph_name}, {"fingerprint", profile.graph}, {"signatures", profile.signatures}};
  json["board"] = {{"name", profile.board_name}, {"fingerprint", profile.board}};
  if (!profile.board_option.empty()) json["board"]["file"] = profile.board_option;
  json["machine"] = profile.machine;
  json["engine"] = {{"name", profile.engine}, {"fingerprint", profile.engine_fingerprint}};
  json["simulated"] = profile.simulated;
  json["rounds"] = profile.rounds;
  json["load"] = std::round(profile.load * 100) / 100;
  json["noisy"] = profile.noisy;
  json["wholes"] = to_json(profile.wholes);
  json["slices"] = to_json(profile.slices);
  json["links"] = Json::array();
  for (const LinkSamples& link : profile.links) {
    Json points = Json::array();
    for (const auto& point : link.points) points.push_back({{"bytes", point.bytes.value}, {"us", rounded(point.microseconds)}});
    json["links"].push_back({{"from", link.from}, {"to", link.to}, {"points", points}});
  }
  json["unsupported"] = Json::array();
  for (const Unsupported& each : profile.unsupported) {
    json["unsupported"].push_back({{"configuration", each.configuration}, {"layer", each.layer}, {"reason", each.reason}});
  }
  for (const ConfigurationPower& each : profile.powers) {
    json["powers"].push_back({{"configuration", each.configuration},
                              {"watts", each.power.value},
                              {"error_watts", each.error.value},
                              {"rest_watts", each.rest.value},
                              {"meter", each.meter}});
  }
  for (const ClockChangeSamples& each : profile.clock_changes) json["clock_changes"].push_back(to_json(each));
  return to_text(json);
}

Result<Profile> parse_profile(std::string_view text, std::string_view where) {
  const std::string label(where);
  auto json = parse_json(text);
  if (!json) return within(where, json.error());
  if (auto schema = check_schema(*json, kSchemaVersion, "profile"); !schema) return within(where, schema.error());

  Profile profile;
  std::int64_t version = 0;
  std::int64_t rounds = 0;
  Json graph;
  Json board;
  Json engine;
  std::vector<Json> wholes;
  std::vector<Json> slices;
  std::vector<Json> links;
  std::vector<Json> unsupported;
  std::vector<Json> powers;
  std::vector<Json> clocks;
  Fields fields(*json, label);
  fields.required("schema_version", version).required("graph", graph).required("board", board).required("machine", profile.machine);
  fields.required("engine", engine).required("simulated", profile.simulated).required("rounds", rounds).required("load", profile.load);
  fields.required("noisy", profile.noisy)
      .required("wholes", wholes)
      .required("slices", slices)
      .required("links", links)
      .required("unsupported", unsupported)
      .optional("powers", powers)
      .optional("clock_changes", clocks);
  if (rounds < 1) fields.reject("has no completed round");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  profile.rounds = static_cast<std::size_t>(rounds);

  Fields graph_fields(graph, label + ": key 'graph'");
  graph_fields.required("name", profile.graph_name).required("fingerprint", profile.graph).required("signatures", profile.signatures);
  MOSAIC_RETURN_IF_ERROR(graph_fields.finish());
  Fields board_fields(board, label + ": key 'board'");
  board_fields.required("name", profile.board_name).required("fingerprint", profile.board).optional("file", profile.board_option);
  MOSAIC_RETURN_IF_ERROR(board_fields.finish());
  Fields engine_fields(engine, label + ": key 'engine'");
  engine_fields.required("name", profile.engine).required("fingerprint", profile.engine_fingerprint);
  MOSAIC_RETURN_IF_ERROR(engine_fields.finish());

  MOSAIC_TRY(profile.wholes, read_slices(wholes, profile.rounds, label + ": whole"));
  MOSAIC_TRY(profile.slices, read_slices(slices, profile.rounds, label + ": slice"));
  for (std::size_t i = 0; i < links.size(); ++i) {
    MOSAIC_TRY(LinkSamples link, read_link(links[i], profile.rounds, fmt::format("{}: link {}", where, i)));
    profile.links.push_back(std::move(link));
  }
  for (std::size_t i = 0; i < unsupported.size(); ++i) {
    Unsupported each;
    std::int64_t layer = 0;
    Fields inner(unsupported[i], fmt::format("{}: unsupported {}", where, i));
    inner.required("configuration", each.configuration).required("layer", layer).required("reason", each.reason);
    if (layer < 0) inner.reject("names a negative layer");
    MOSAIC_RETURN_IF_ERROR(inner.finish());
    each.layer = static_cast<std::size_t>(layer);
    profile.unsupported.push_back(std::move(each));
  }
  for (std::size_t i = 0; i < powers.size(); ++i) {
    MOSAIC_TRY(ConfigurationPower sample, read_power(powers[i], fmt::format("{}: power {}", where, i)));
    profile.powers.push_back(std::move(sample));
  }
  for (std::size_t i = 0; i < clocks.size(); ++i) {
    MOSAIC_TRY(ClockChangeSamples clock, read_clock(clocks[i], fmt::format("{}: clock {}", where, i)));
    profile.clock_changes.push_back(std::move(clock));
  }
  return profile;
}

Result<Profile> read_profile(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string text, read_file(path));
  return parse_profile(text, path.string());
}

Result<void> write_profile(const Profile& profile, const std::filesystem::path& path) { return write_file(path, format_profile(profile)); }

Result<void> check_profile(const Profile& profile, const Graph& graph, const Board& board, const Fingerprint& engine) {
  const auto wrong = [](std::string message) { return fail(ErrorCode::kInvalidInput, std::move(message)); };
  if (profile.graph != graph.fingerprint) {
    return wrong(fmt::format("the profile is of another model: '{}' ({:.8}), this is '{}' ({:.8})", profile.graph_name, profile.graph, graph.name,
                             graph.fingerprint));
  }
  if (profile.board_name != board.name && profile.board != board.fingerprint) {
    return wrong(
        fmt::format("the profile is of board '{}'{}, this is '{}'{}: give --board with its name or file, or measure this one with 'mosaic profile'",
                    profile.board_name, profile.simulated ? " (simulated)" : "", board.name, board.simulated() ? " (simulated)" : ""));
  }
  if (profile.machine != board.machine) {
    return wrong(fmt::format("the profile was measured on another machine: '{}', this is '{}': measure again with 'mosaic profile'", profile.machine,
                             board.machine));
  }
  if (profile.board != board.fingerprint) {
    return wrong(
        fmt::format("the profile is of another board '{}': its devices, operating points, memory spaces or simulation have changed since "
                    "({:.8}, now {:.8}): measure again with 'mosaic profile'",
                    profile.board_name, profile.board, board.fingerprint));
  }
  if (!engine.empty() && profile.engine_fingerprint != engine) {
    return wrong(fmt::format("the profile was measured with another engine, {}: measure again with 'mosaic profile'", profile.engine));
  }
  const auto known = [&](const std::string& configuration) { return board.find_configuration(configuration).has_value(); };
  for (const auto* list : {&profile.slices, &profile.wholes}) {
    for (const SliceSamples& slice : *list) {
      if (slice.end > graph.layers.size() || !known(slice.configuration)) {
        return wrong(
            fmt::format("the profile has a slice of layers {} to {} on '{}', which do not exist", slice.begin, slice.end, slice.configuration));
      }
    }
  }
  for (const LinkSamples& link : profile.links) {
    for (const std::string& end : {link.from, link.to}) {
      if (!end.empty() && std::ranges::find(board.devices, end, &Device::name) == board.devices.end())
        return wrong(fmt::format("the profile has a link from '{}' to '{}': there is no device '{}'", link.from, link.to, end));
    }
  }
  for (const ConfigurationPower& each : profile.powers) {
    if (!known(each.configuration)) return wrong(fmt::format("the profile has a power of '{}', which does not exist", each.configuration));
  }
  MOSAIC_RETURN_IF_ERROR(check_clocks(profile, board));
  for (const Unsupported& each : profile.unsupported) {
    if (each.layer >= graph.layers.size() || !known(each.configuration))
      return wrong(fmt::format("the profile speaks of layer {} on '{}', which do not exist", each.layer, each.configuration));
    const Device& device = board.device_of(*board.find_configuration(each.configuration));
    for (const NodeId node : graph.layers[each.layer].nodes) {
      const std::string& op = graph.node(node).op;
      if (each.reason == lacks_by_board(op) && !device.lacks(op))
        return wrong(
            fmt::format("the profile was measured while the board file said that {} lacks {}: measure again with 'mosaic profile'", device.name, op));
    }
  }
  return {};
}

}  // namespace mosaic
