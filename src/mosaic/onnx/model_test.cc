#include "mosaic/onnx/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/base/random.h"
#include "mosaic/onnx/proto.h"
#include "tests/support.h"

namespace mosaic::onnx {
namespace {

using test::error_of;
using test::expect;
using testing::AllOf;
using testing::HasSubstr;

std::string small_model() { return serialize_model(test::conv_chain(1)); }

TEST(LoadModel, GivesBackWhatWasSaved) {
  const test::TemporaryFolder folder;
  const Model model = test::conv_chain(2);
  expect(save_model(model, folder / "net.onnx"));
  const Model loaded = expect(load_model(folder / "net.onnx"));
  EXPECT_EQ(serialize_model(loaded), serialize_model(model));
  EXPECT_EQ(serialize_model(model.copy()), serialize_model(model));
  EXPECT_THAT(input_names(loaded), testing::ElementsAre("x"));
  EXPECT_THAT(output_names(loaded), testing::ElementsAre("Relu_1"));
}

TEST(LoadModel, RefusesWhatIsNoModel) {
  const test::TemporaryFolder folder;
  const std::string whole = small_model();
  Model no_output = test::conv_chain(1);
  proto_of(no_output).mutable_graph()->clear_output();
  struct Case {
    std::string content;
    const char* why;
  };
  const std::vector<Case> cases{{"", "the model is empty (0 bytes)"},
                                {"hello, I am a text file", "not an ONNX model"},
                                {whole + "\xff\xff\xff", "not an ONNX model"},
                                {serialize_model(no_output), "the model has no output"}};
  for (const Case& each : cases) {
    expect(write_file(folder / "net.onnx", each.content));
    const auto loaded = load_model(folder / "net.onnx");
    EXPECT_THAT(error_of(loaded), AllOf(HasSubstr("net.onnx"), HasSubstr(each.why)));
    EXPECT_EQ(loaded.error().code, ErrorCode::kInvalidInput);
  }
  EXPECT_THAT(error_of(load_model(folder / "none.onnx")), HasSubstr("none.onnx"));
  EXPECT_THAT(error_of(load_model(folder.path())), HasSubstr("it is a folder"));
}

TEST(ParseModel, RefusesEveryTruncation) {
  const std::string whole = small_model();
  ASSERT_TRUE(parse_model(whole).has_value());
  for (std::size_t part = 0; part < 16; ++part) EXPECT_FALSE(parse_model(whole.substr(0, whole.size() * part / 16)).has_value()) << part;
  EXPECT_FALSE(parse_model(whole.substr(0, whole.size() - 1)).has_value());
}

TEST(ParseModel, RefusesRandomBytes) {
  Random random(1);
  for (int trial = 0; trial < 200; ++trial) {
    std::string bytes(random.below(400) + 1, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    EXPECT_FALSE(parse_model(bytes).has_value());
  }
}

TEST(PrepareModel, SurvivesDamagedModels) {
  // Read or refused with a message, whatever byte is wrong; the weights' bytes are left alone, they may be anything.
  const std::string whole = small_model();
  const auto evaluator = expect(ort::make_evaluator());
  Random random(2);
  for (int trial = 0; trial < 150; ++trial) {
    std::string bytes = whole;
    const bool front = random.below(2) == 0;
    const std::size_t at = random.below(120);
    bytes[front ? at : bytes.size() - 1 - at] = static_cast<char>(random.below(256));
    auto model = parse_model(bytes);
    if (!model) continue;
    const auto prepared = prepare(*std::move(model), {}, *evaluator);
    if (!prepared) {
      EXPECT_FALSE(prepared.error().message.empty());
    } else if (const auto graph = import_graph(*prepared, "damaged"); !graph) {
      EXPECT_FALSE(graph.error().message.empty());
    }
  }
}

/// A model with one tensor of 2,304 bytes (8 x 8 x 3 x 3 floats) in another file.
class ExternalData : public testing::Test {
 protected:
  using Keys = std::vector<std::pair<std::string, std::string>>;

  /// The error of loading the model whose weights lie where the keys say; empty where it loads.
  std::string load(const Keys& keys) {
    Model model = test::conv_chain(1);
    ::onnx::TensorProto& weight = *proto_of(model).mutable_graph()->mutable_initializer(0);
    if (data_.empty()) data_ = weight.raw_data();
    weight.clear_raw_data();
    weight.set_data_location(::onnx::TensorProto::EXTERNAL);
    for (const auto& [key, value] : keys) {
      auto& entry = *weight.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    }
    expect(save_model(model, folder_ / "models/net.onnx"));
    const auto loaded = load_model(folder_ / "models/net.onnx");
    EXPECT_FALSE(parse_model(serialize_model(model)).has_value());
    if (loaded) same_ = serialize_model(*loaded) == serialize_model(test::conv_chain(1));
    return loaded ? "" : loaded.error().message;
  }
  void SetUp() override {
    load({{"location", "w.bin"}});  // fills data_
    expect(write_file(folder_ / "models/w.bin", data_));
    expect(write_file(folder_ / "models/sub/w.bin", "0123456789" + data_ + "tail"));
    expect(write_file(folder_ / "outside.bin", data_));
  }

  test::TemporaryFolder folder_;
  std::string data_;
  bool same_ = false;
};

TEST_F(ExternalData, IsReadFromTheModelsFolder) {
  EXPECT_EQ(load({{"location", "w.bin"}}), "");
  EXPECT_TRUE(same_);
  EXPECT_EQ(load({{"location", "sub/w.bin"}, {"offset", "10"}, {"length", "2304"}}), "");
  EXPECT_TRUE(same_);
  EXPECT_EQ(load({{"location", "sub/../w.bin"}, {"length", "2304"}}), "");
}

TEST_F(ExternalData, IsReadFromTheFolderTheToolIsIn) {
  load({{"location", "w.bin"}});
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_ / "models");
  EXPECT_TRUE(load_model("net.onnx").has_value());
  std::filesystem::current_path(before);
}

TEST_F(ExternalData, IsRefusedOutsideTheModelsFolder) {
  std::filesystem::create_symlink(folder_ / "outside.bin", folder_ / "models/link.bin");
  std::filesystem::create_directory_symlink(folder_.path(), folder_ / "models/up");
  for (const std::string& location :
       {std::string("../outside.bin"), (folder_ / "outside.bin").string(), (folder_ / "models/w.bin").string(), std::string("link.bin"),
        std::string("up/outside.bin"), std::string("sub/../../outside.bin"), std::string("/etc/passwd"), std::string("")}) {
    EXPECT_THAT(load({{"location", location}}), AllOf(HasSubstr("net.onnx"), HasSubstr("conv_0_weight"), HasSubstr("outside the model's folder")))
        << location;
  }
  EXPECT_THAT(load({}), HasSubstr("outside the model's folder"));
}

TEST_F(ExternalData, FollowsLinksThatStayInTheFolder) {
  std::filesystem::create_symlink("w.bin", folder_ / "models/link.bin");
  EXPECT_EQ(load({{"location", "link.bin"}}), "");
}

TEST_F(ExternalData, MustBeThere) {
  EXPECT_THAT(load({{"location", "none.bin"}}), HasSubstr("missing: there is no file"));
  EXPECT_THAT(load({{"location", "sub"}}), HasSubstr("missing: there is no file"));
}

TEST_F(ExternalData, MustBeLongEnough) {
  EXPECT_THAT(load({{"location", "w.bin"}, {"offset", "1"}}), HasSubstr("2304 bytes from 1 wanted"));
  EXPECT_THAT(load({{"location", "w.bin"}, {"offset", "2305"}}), HasSubstr("w.bin has 2304"));
  EXPECT_THAT(load({{"location", "w.bin"}, {"length", "2300"}}), HasSubstr("2304 bytes from 0 wanted"));
  EXPECT_THAT(load({{"location", "sub/w.bin"}, {"length", "2308"}}), HasSubstr("wanted"));
  EXPECT_THAT(load({{"location", "w.bin"}, {"offset", "9223372036854775807"}}), HasSubstr("wanted"));
}

TEST_F(ExternalData, HasNumbersForItsPlace) {
  for (const char* number : {"-1", "x", "1x", "9223372036854775808", " 1"}) {
    EXPECT_THAT(load({{"location", "w.bin"}, {"offset", number}}), HasSubstr("is not a number")) << number;
    EXPECT_THAT(load({{"location", "w.bin"}, {"length", number}}), HasSubstr("is not a number")) << number;
  }
}

TEST_F(ExternalData, IsRefusedWhereverAModelInMemoryHidesIt) {
  Model sparse = test::conv_chain(1);
  auto& values = *proto_of(sparse).mutable_graph()->add_sparse_initializer()->mutable_values();
  values.set_name("hidden");
  values.set_data_location(::onnx::TensorProto::EXTERNAL);
  EXPECT_THAT(error_of(parse_model(serialize_model(sparse))), HasSubstr("'hidden' keeps its data in another file"));

  Model nested = test::conv_chain(1);
  auto& attribute = *proto_of(nested).mutable_graph()->mutable_node(0)->add_attribute();
  auto& inner = *attribute.mutable_g()->add_node()->add_attribute()->mutable_t();
  inner.set_name("nested");
  inner.add_external_data()->set_key("location");
  EXPECT_THAT(error_of(parse_model(serialize_model(nested))), HasSubstr("'nested' keeps its data in another file"));
}

}  // namespace
}  // namespace mosaic::onnx
