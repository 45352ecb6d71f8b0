#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/statistics.h"
#include "mosaic/graph/graph.h"
#include "mosaic/precision/choose.h"
#include "mosaic/precision/forms.h"

namespace mosaic::precision {

/// Why a layer computes as it does.
enum class Why {
  kFaster,         ///< not in float: it saves time, and the accuracy allows it
  kNoIntegerForm,  ///< in float: nothing in it has an integer form
  kNotFaster,      ///< in float: no other form would save anything, with what conversions beside it would cost
  kSensitive,      ///< in float: another form would save time, for more noise than the assignment has room for
  kBehindFloat,    ///< in float: it could only be in int8 behind something that is
  kNotProven,      ///< in float: so is the whole network, because nothing else proved faster and accurate enough
};
[[nodiscard]] std::string_view name(Why why);

/// A layer, how it computes, and what its best other form would change, everything else the same.
struct LayerRecord {
  std::string name;
  std::string kind;
  Form form = Form::kFloat;
  Why why = Why::kNoIntegerForm;
  double microseconds = 0;  ///< in its form, between layers of the same form
  double noise = 0;         ///< that it adds, by the outputs' signal
  struct Instead {
    Form form = Form::kFloat;
    double microseconds = 0;  ///< that the whole would take more; negative: less
    double noise = 0;         ///< that the outputs would have more
  };
  std::optional<Instead> instead;  ///< none where there is no other form
};

/// `written`: the forms that the layers have in the model, where those assigned make no difference. `proven`: whether the assignment was chosen, and
/// is not float for want of a better one. Requires: all of the same network.
[[nodiscard]] std::vector<LayerRecord> explain_layers(const Graph& graph, const FormTable& table, const std::vector<LayerForms>& has,
                                                      const Assignment& chosen, const std::vector<Form>& written, bool proven);

/// A model's precision by layer and how it was found: travels in the model's metadata under `kRecordKey`.
struct Record {
  std::string outcome;  ///< "int8", "mixed", "float"
  std::string reason;   ///< in words
  int threads = 1;      ///< that times are of
  double limit_percent = 0;
  std::size_t images = 0;                   ///< that answers were compared on,
  Fingerprint images_set;                   ///< and their hash
  std::optional<double> predicted_speedup;  ///< over float, from the layers' times; the others from whole runs, with float alone
  std::optional<double> speedup;
  Interval speedup_interval{.low = 1, .high = 1};
  std::vector<LayerRecord> layers;
};
inline constexpr std::string_view kRecordKey = "mosaic.precision";

/// As JSON on one line.
[[nodiscard]] std::string format_record(const Record& record);

/// Errors: kInvalidInput, with the key.
[[nodiscard]] Result<Record> parse_record(std::string_view text);

}  // namespace mosaic::precision
