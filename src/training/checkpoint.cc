#include "training/checkpoint.h"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <cstring>

#include "mosaic/base/file.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/json.h"

namespace mosaic::training {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "mosaic training checkpoint\n";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kChecksum = 32;

std::string checksum(std::string_view bytes) { return Hasher().add(bytes).fingerprint(); }

std::unexpected<Error> damaged(std::string what) { return fail(ErrorCode::kInvalidInput, std::move(what)); }

/// What the header says; the values' numbers are still to be read.
Result<Checkpoint> parse_header(std::string_view text, std::vector<std::size_t>& sizes) {
  MOSAIC_TRY(const Json json, parse_json(text));
  MOSAIC_RETURN_IF_ERROR(check_schema(json, kVersion, "a checkpoint"));
  Checkpoint checkpoint;
  std::int64_t version = 0;
  std::vector<std::string> names;
  std::vector<std::int64_t> counts;
  Fields fields(json, "checkpoint");
  fields.required("schema_version", version)
      .required("network", checkpoint.network)
      .required("options", checkpoint.options)
      .required("epoch", checkpoint.epoch)
      .required("step", checkpoint.step)
      .required("losses", checkpoint.losses)
      .required("tensors", names)
      .required("sizes", counts);
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  if (names.size() != counts.size()) return damaged("names and sizes of its tensors do not fit");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (counts[i] < 0) return damaged("a tensor of negative size");
    sizes.push_back(static_cast<std::size_t>(counts[i]));
    checkpoint.tensors.push_back({.name = names[i], .values = {}});
  }
  return checkpoint;
}

}  // namespace

std::string format_checkpoint(const Checkpoint& checkpoint) {
  Json names = Json::array();
  Json sizes = Json::array();
  for (const Checkpoint::Values& each : checkpoint.tensors) {
    names.push_back(each.name);
    sizes.push_back(each.values.size());
  }
  const Json header{{"schema_version", kVersion}, {"network", checkpoint.network}, {"options", checkpoint.options}, {"epoch", checkpoint.epoch},
                    {"step", checkpoint.step},    {"losses", checkpoint.losses},   {"tensors", std::move(names)},   {"sizes", std::move(sizes)}};
  std::string bytes(kMagic);
  bytes += header.dump();
  bytes += '\n';
  for (const Checkpoint::Values& each : checkpoint.tensors)
    bytes.append(reinterpret_cast<const char*>(each.values.data()), each.values.size() * sizeof(float));
  return bytes + checksum(bytes);
}

Result<Checkpoint> parse_checkpoint(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return damaged("not a checkpoint of mosaic's training");
  if (bytes.size() < kMagic.size() + kChecksum || checksum(bytes.substr(0, bytes.size() - kChecksum)) != bytes.substr(bytes.size() - kChecksum))
    return damaged("damaged: its checksum does not fit its content");
  bytes.remove_suffix(kChecksum);
  bytes.remove_prefix(kMagic.size());
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return damaged("damaged: it has no header");
  std::vector<std::size_t> sizes;
  MOSAIC_TRY(Checkpoint checkpoint, parse_header(bytes.substr(0, end), sizes));
  bytes.remove_prefix(end + 1);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] > bytes.size() / sizeof(float)) return damaged("damaged: tensors are missing");
    std::vector<float>& values = checkpoint.tensors[i].values;
    values.resize(sizes[i]);
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    bytes.remove_prefix(values.size() * sizeof(float));
  }
  if (!bytes.empty()) return damaged(fmt::format("damaged: {} bytes too many", bytes.size()));
  return checkpoint;
}

Result<Checkpoint> read_checkpoint(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string bytes, read_file(path));
  auto checkpoint = parse_checkpoint(bytes);
  if (!checkpoint) {
    Error error = checkpoint.error();
    error.message += "; remove it, or leave --resume out, to start anew";
    return within(path.string(), std::move(error));
  }
  return checkpoint;
}

Result<void> write_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path) {
  return write_file(path, format_checkpoint(checkpoint));
}

}  // namespace mosaic::training
