#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"
#include "mosaic/cost/chain_calibration.h"

namespace mosaic {
namespace {

constexpr std::int64_t kSchemaVersion = 1;

Result<void> read_term(const Json& json, const std::string& where, Calibration& calibration) {
  Fields fields(json, where);
  CalibrationTerm term;
  double value = 0;
  double deviation = 0;
  fields.required("term", term.name).required("expected", term.expected).required("spread", term.spread);
  fields.required("value", value).required("deviation", deviation);
  const bool finite = std::isfinite(term.expected) && std::isfinite(value) && std::fabs(value) < 1e9;
  if (!finite || !(term.spread > 0) || !(deviation >= 0)) fields.reject("its numbers make no sense");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  calibration.terms.push_back(std::move(term));
  calibration.coefficients.push_back(value);
  calibration.deviations.push_back(deviation);
  return {};
}

}  // namespace

std::string format_calibration(const BoardCalibration& of) {
  Json json{{"schema_version", kSchemaVersion},
            {"graph", {{"name", of.graph_name}, {"fingerprint", of.graph}}},
            {"board", {{"name", of.board_name}, {"fingerprint", of.board}}},
            {"simulated", of.simulated},
            {"runs", of.calibration.runs},
            {"residual_percent", of.calibration.residual_percent},
            {"terms", Json::array()}};
  for (std::size_t t = 0; t < of.calibration.terms.size(); ++t) {
    const CalibrationTerm& term = of.calibration.terms[t];
    json["terms"].push_back({{"term", term.name},
                             {"expected", term.expected},
                             {"spread", term.spread},
                             {"value", of.calibration.coefficients[t]},
                             {"deviation", of.calibration.deviations[t]}});
  }
  return to_text(json);
}

Result<BoardCalibration> parse_calibration(std::string_view text, std::string_view where) {
  auto json = parse_json(text);
  if (!json) return within(where, json.error());
  if (auto schema = check_schema(*json, kSchemaVersion, "calibration"); !schema) return within(where, schema.error());
  BoardCalibration of;
  std::int64_t version = 0;
  std::int64_t runs = 0;
  Json graph;
  Json board;
  std::vector<Json> terms;
  Fields fields(*json, std::string(where));
  fields.required("schema_version", version).required("graph", graph).required("board", board).required("simulated", of.simulated);
  fields.required("runs", runs).required("residual_percent", of.calibration.residual_percent).required("terms", terms);
  if (runs < 0) fields.reject(fmt::format("{} runs", runs));
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  of.calibration.runs = static_cast<std::size_t>(runs);
  Fields graph_fields(graph, fmt::format("{}, key 'graph'", where));
  graph_fields.required("name", of.graph_name).required("fingerprint", of.graph);
  MOSAIC_RETURN_IF_ERROR(graph_fields.finish());
  Fields board_fields(board, fmt::format("{}, key 'board'", where));
  board_fields.required("name", of.board_name).required("fingerprint", of.board);
  MOSAIC_RETURN_IF_ERROR(board_fields.finish());
  for (std::size_t t = 0; t < terms.size(); ++t) {
    MOSAIC_RETURN_IF_ERROR(read_term(terms[t], fmt::format("{}, term {}", where, t), of.calibration));
  }
  return of;
}

Result<BoardCalibration> read_calibration(const std::filesystem::path& path, const Graph& graph, const Board& board) {
  MOSAIC_TRY(const std::string text, read_file(path));
  MOSAIC_TRY(BoardCalibration of, parse_calibration(text, path.string()));
  if (of.graph != graph.fingerprint || of.board != board.fingerprint) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} is a calibration of model '{}' on board '{}', not of '{}' on '{}' as they are now; make one "
                            "with 'mosaic calibrate'",
                            path.string(), of.graph_name, of.board_name, graph.name, board.name));
  }
  const std::vector<CalibrationTerm> wanted = chain_terms(board, Milliseconds(1));
  const bool same = std::ranges::equal(of.calibration.terms, wanted, {}, &CalibrationTerm::name, &CalibrationTerm::name);
  if (!same) return fail(ErrorCode::kInvalidInput, fmt::format("{}: its terms are not those of board '{}'", path.string(), board.name));
  return of;
}

}  // namespace mosaic
