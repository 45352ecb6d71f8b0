#include "mosaic/onnx/model.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <charconv>
#include <fstream>
#include <limits>
#include <set>

#include "mosaic/base/check.h"
#include "mosaic/base/file.h"
#include "mosaic/onnx/proto.h"

namespace mosaic::onnx {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::numeric_limits<int>::max();  // of a protobuf message

/// The value of a key of an initialiser's external data; empty where there is none.
std::string external_key(const ::onnx::TensorProto& tensor, std::string_view key) {
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == key) return entry.value();
  }
  return "";
}

Result<std::int64_t> external_number(const ::onnx::TensorProto& tensor, std::string_view key, std::int64_t fallback) {
  const std::string text = external_key(tensor, key);
  if (text.empty()) return fallback;
  std::int64_t value = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < 0) {
    return invalid(fmt::format("external data of '{}': {} '{}' is not a number", tensor.name(), key, text));
  }
  return value;
}

/// Where a tensor's external data lie, inside `folder` even after links are followed.
Result<fs::path> external_path(const ::onnx::TensorProto& tensor, const fs::path& folder) {
  const fs::path location = external_key(tensor, "location");
  std::error_code error;
  const fs::path base = fs::weakly_canonical(folder.empty() ? fs::path(".") : folder, error);
  fs::path path = fs::weakly_canonical(base / location, error);
  const auto [end, rest] = std::mismatch(base.begin(), base.end(), path.begin(), path.end());
  if (location.empty() || location.is_absolute() || end != base.end()) {
    return invalid(fmt::format("external data of '{}' lie outside the model's folder, in '{}': refused", tensor.name(), location.string()));
  }
  if (!fs::is_regular_file(path, error))
    return invalid(fmt::format("external data of '{}' are missing: there is no file {}", tensor.name(), path.string()));
  return path;
}

Result<void> inline_external(::onnx::TensorProto& tensor, const fs::path& folder) {
  MOSAIC_TRY(const fs::path path, external_path(tensor, folder));
  const auto bytes = byte_size(static_cast<ElementType>(tensor.data_type()), shape_of(tensor));
  if (!bytes) return invalid(fmt::format("external data of '{}': type or shape cannot be read", tensor.name()));
  MOSAIC_TRY(const std::int64_t offset, external_number(tensor, "offset", 0));
  MOSAIC_TRY(const std::int64_t length, external_number(tensor, "length", bytes->value));
  std::error_code error;
  const auto size = static_cast<std::int64_t>(fs::file_size(path, error));
  if (length != bytes->value || offset > size || length > size - offset) {
    return invalid(
        fmt::format("external data of '{}': {} bytes from {} wanted, {} has {}", tensor.name(), bytes->value, offset, path.string(), size));
  }
  std::string data(static_cast<std::size_t>(length), '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(offset);
  if (!file.read(data.data(), length)) return invalid(fmt::format("external data of '{}': cannot read {}", tensor.name(), path.string()));
  tensor.clear_external_data();
  tensor.clear_data_location();
  tensor.set_raw_data(std::move(data));
  return {};
}

bool is_external(const ::onnx::TensorProto& tensor) {
  return tensor.data_location() == ::onnx::TensorProto::EXTERNAL || tensor.external_data_size() > 0;
}

template <class Visit>
Result<void> for_each_part(::onnx::SparseTensorProto& sparse, const Visit& visit) {
  MOSAIC_RETURN_IF_ERROR(visit(*sparse.mutable_values()));
  return visit(*sparse.mutable_indices());
}

/// Every tensor below a graph or function, those in attributes and sub-graphs included (nesting is bounded by the parser).
template <class Holder, class Visit>
Result<void> for_each_tensor(Holder& holder, const Visit& visit) {
  if constexpr (requires { holder.mutable_initializer(); }) {
    for (auto& tensor : *holder.mutable_initializer()) MOSAIC_RETURN_IF_ERROR(visit(tensor));
    for (auto& sparse : *holder.mutable_sparse_initializer()) MOSAIC_RETURN_IF_ERROR(for_each_part(sparse, visit));
  }
  for (auto& node : *holder.mutable_node()) {
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_t()) MOSAIC_RETURN_IF_ERROR(visit(*attribute.mutable_t()));
      for (auto& tensor : *attribute.mutable_tensors()) MOSAIC_RETURN_IF_ERROR(visit(tensor));
      if (attribute.has_sparse_tensor()) MOSAIC_RETURN_IF_ERROR(for_each_part(*attribute.mutable_sparse_tensor(), visit));
      for (auto& sparse : *attribute.mutable_sparse_tensors()) MOSAIC_RETURN_IF_ERROR(for_each_part(sparse, visit));
      if (attribute.has_g()) MOSAIC_RETURN_IF_ERROR(for_each_tensor(*attribute.mutable_g(), visit));
      for (auto& inner : *attribute.mutable_graphs()) MOSAIC_RETURN_IF_ERROR(for_each_tensor(inner, visit));
    }
  }
  return {};
}

template <class Visit>
Result<void> for_each_tensor(Model& model, const Visit& visit) {
  MOSAIC_RETURN_IF_ERROR(for_each_tensor(*proto_of(model).mutable_graph(), visit));
  for (auto& function : *proto_of(model).mutable_functions()) MOSAIC_RETURN_IF_ERROR(for_each_tensor(function, visit));
  return {};
}

Result<Model> parse_unchecked(std::string_view bytes) {
  if (bytes.empty()) return invalid("the model is empty (0 bytes)");
  if (bytes.size() > kMostBytes) return invalid(fmt::format("the model has {} bytes, 2 GiB is the most", bytes.size()));
  Model model;
  ::onnx::ModelProto& proto = proto_of(model);
  ::google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  ::google::protobuf::io::CodedInputStream coded(&stream);
  coded.SetTotalBytesLimit(std::numeric_limits<int>::max());
  if (!proto.ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage()) return invalid("not an ONNX model, or a truncated one");
  if (!proto.has_graph() || proto.opset_import_size() == 0) return invalid("not an ONNX model: it has no graph or no operator set");
  if (proto.graph().output_size() == 0) return invalid("the model has no output");
  return model;
}

}  // namespace

Model::Model() : data_(std::make_unique<Data>()) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

Model Model::copy() const {
  Model out;
  out.data_->proto = data_->proto;
  return out;
}

Result<Model> load_model(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string bytes, read_file(path));
  auto model = parse_unchecked(bytes);
  if (!model) return within(path.string(), model.error());
  const auto read_external = [&](::onnx::TensorProto& tensor) {
    return is_external(tensor) ? inline_external(tensor, path.parent_path()) : Result<void>();
  };
  if (auto read = for_each_tensor(*model, read_external); !read) return within(path.string(), read.error());
  if (const auto size = proto_of(*model).ByteSizeLong(); size > kMostBytes) {
    return within(path.string(), {ErrorCode::kInvalidInput, fmt::format("the model with its weights has {} bytes, 2 GiB is the most", size)});
  }
  return model;
}

Result<Model> parse_model(std::string_view bytes) {
  MOSAIC_TRY(Model model, parse_unchecked(bytes));
  const auto refuse_external = [](::onnx::TensorProto& tensor) -> Result<void> {
    if (is_external(tensor)) return invalid(fmt::format("'{}' keeps its data in another file, which a model in memory cannot", tensor.name()));
    return {};
  };
  MOSAIC_RETURN_IF_ERROR(for_each_tensor(model, refuse_external));
  return model;
}

std::string serialize_model(const Model& model) {
  std::string bytes;
  {
    ::google::protobuf::io::StringOutputStream stream(&bytes);
    ::google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    MOSAIC_CHECK(proto_of(model).SerializeToCodedStream(&coded));
  }
  return bytes;
}

Result<void> save_model(const Model& model, const std::filesystem::path& path) { return write_file(path, serialize_model(model)); }

std::vector<std::string> input_names(const Model& model) {
  std::set<std::string> initialized;
  for (const auto& initializer : proto_of(model).graph().initializer()) initialized.insert(initializer.name());
  std::vector<std::string> names;
  for (const auto& input : proto_of(model).graph().input()) {
    if (!initialized.contains(input.name())) names.push_back(input.name());
  }
  return names;
}

std::vector<std::string> output_names(const Model& model) {
  std::vector<std::string> names;
  for (const auto& output : proto_of(model).graph().output()) names.push_back(output.name());
  return names;
}

}  // namespace mosaic::onnx
