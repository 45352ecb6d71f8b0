#include "mosaic/http/kserve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "mosaic/base/json.h"
#include "mosaic/http/elements.h"
#include "tests/support.h"

namespace mosaic::http {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

/// a: FP32, any number of rows of three; b: INT64, one number. Outputs p and q.
ModelInfo two_inputs() {
  return {.name = "net",
          .inputs = {{.name = "a", .type = ElementType::kFloat32, .shape = {-1, 3}}, {.name = "b", .type = ElementType::kInt64, .shape = {1}}},
          .outputs = {{.name = "p", .type = ElementType::kFloat32, .shape = {2}}, {.name = "q", .type = ElementType::kBool, .shape = {2}}}};
}

ModelInfo one_input(ElementType type, Shape shape) {
  return {.name = "net", .inputs = {{.name = "x", .type = type, .shape = std::move(shape)}}, .outputs = {}};
}

constexpr const char* kB = R"({"name":"b","datatype":"INT64","shape":[1],"data":[7]})";

std::string request_with(const std::string& input_a, const std::string& more = "") {
  return R"({"inputs":[)" + input_a + "," + kB + "]" + more + "}";
}

/// What is wrong with a request whose input a is `input_a`.
std::string refusal_of(const std::string& input_a, const std::string& more = "") {
  const std::string text = request_with(input_a, more);
  return error_of(parse_infer_request(two_inputs(), text, std::nullopt));
}

constexpr const char* kA = R"({"name":"a","datatype":"FP32","shape":[1,3],"data":[1,2,3]})";

/// The tensor of a request with one input of one type.
Result<Tensor> read(ElementType type, const Shape& shape, const std::string& data) {
  const std::string text =
      R"({"inputs":[{"name":"x","datatype":")" + std::string(datatype(type)) + R"(","shape":)" + Json(shape).dump() + R"(,"data":)" + data + "}]}";
  MOSAIC_TRY(InferCall call, parse_infer_request(one_input(type, shape), text, std::nullopt));
  return std::move(call.request.inputs.at(0).tensor);
}

TEST(KServe, ReadsInputsInTheModelsOrder) {
  const std::string text = std::string(R"({"id":"42","inputs":[)") + kB + R"(,{"name":"a","shape":[2,3],"datatype":"FP32","data":[1,2,3,4,5,6.5]}]})";
  const InferCall call = expect(parse_infer_request(two_inputs(), text, std::nullopt));
  EXPECT_EQ(call.request.model, "net");
  EXPECT_EQ(call.request.id, "42");
  EXPECT_EQ(call.request.deadline, std::nullopt);
  EXPECT_TRUE(call.request.outputs.empty());
  ASSERT_EQ(call.request.inputs.size(), 2U);
  EXPECT_EQ(call.request.inputs[0].name, "a");
  EXPECT_EQ(call.request.inputs[0].tensor.shape(), (Shape{2, 3}));
  EXPECT_THAT(call.request.inputs[0].tensor.as<float>(), ElementsAre(1, 2, 3, 4, 5, 6.5F));
  EXPECT_THAT(call.request.inputs[1].tensor.as<std::int64_t>(), ElementsAre(7));
}

TEST(KServe, NestedListsAreTheShape) {
  EXPECT_THAT(expect(read(ElementType::kInt8, {2, 1, 2}, "[[[1,2]],[[3,4]]]")).as<std::int8_t>(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(error_of(read(ElementType::kInt8, {2, 2}, "[[1,2,3],[4]]")), HasSubstr("a list of 3 where shape 2x2 asks for a list of 2"));
  EXPECT_THAT(error_of(read(ElementType::kInt8, {2, 2}, "[[1,2],3,4]")), HasSubstr("list of 3"));
  EXPECT_THAT(error_of(read(ElementType::kInt8, {2, 2}, "[[1,2],[3,[4]]]")), HasSubstr("element 3 is a list or object"));
  EXPECT_THAT(error_of(read(ElementType::kInt8, {1}, "[[1]]")), HasSubstr("a list or object"));
  EXPECT_THAT(error_of(read(ElementType::kInt8, {2}, "[1,2,3]")), HasSubstr("3 elements, which is not what shape 2"));
  EXPECT_THAT(error_of(read(ElementType::kInt8, {1}, "1")), HasSubstr("must be a list"));
  EXPECT_THAT(error_of(read(ElementType::kInt8, {1}, "[]")), HasSubstr("0 elements"));
}

TEST(KServe, ScalarsAreListsOfOne) {
  EXPECT_THAT(expect(read(ElementType::kFloat64, {}, "[2.5]")).as<double>(), ElementsAre(2.5));
  EXPECT_THAT(error_of(read(ElementType::kFloat64, {}, "[[2.5]]")), HasSubstr("a list or object"));
}

TEST(KServe, NumbersMustFitTheirType) {
  EXPECT_THAT(expect(read(ElementType::kUint8, {2}, "[0,255]")).as<std::uint8_t>(), ElementsAre(0, 255));
  EXPECT_THAT(error_of(read(ElementType::kUint8, {2}, "[0,256]")), HasSubstr("input 'x': its element 1 is 256, which UINT8 does not hold"));
  EXPECT_THAT(error_of(read(ElementType::kUint8, {1}, "[-1]")), HasSubstr("-1"));
  EXPECT_THAT(error_of(read(ElementType::kInt32, {1}, "[1.5]")), HasSubstr("1.5"));
  EXPECT_THAT(error_of(read(ElementType::kInt32, {1}, "[true]")), HasSubstr("true"));
  EXPECT_THAT(error_of(read(ElementType::kInt32, {1}, "[\"1\"]")), HasSubstr("\"1\""));
  EXPECT_THAT(expect(read(ElementType::kInt64, {2}, "[-9223372036854775808,9223372036854775807]")).as<std::int64_t>(),
              ElementsAre(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
  EXPECT_THAT(error_of(read(ElementType::kInt64, {1}, "[9223372036854775808]")), HasSubstr("INT64"));
  EXPECT_THAT(expect(read(ElementType::kUint64, {1}, "[18446744073709551615]")).as<std::uint64_t>(),
              ElementsAre(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_THAT(expect(read(ElementType::kBool, {4}, "[true,false,1,0]")).as<bool>(), ElementsAre(true, false, true, false));
  EXPECT_THAT(error_of(read(ElementType::kBool, {1}, "[2]")), HasSubstr("BOOL"));
  EXPECT_THAT(error_of(read(ElementType::kFloat32, {1}, "[1e39]")), HasSubstr("FP32"));
  EXPECT_THAT(error_of(read(ElementType::kFloat32, {1}, "[null]")), HasSubstr("null"));
  EXPECT_THAT(error_of(read(ElementType::kFloat16, {1}, "[70000]")), HasSubstr("beyond the range of FP16"));
  EXPECT_THAT(error_of(read(ElementType::kFloat64, {1}, "[1e999]")), HasSubstr("not valid JSON"));
}

TEST(KServe, ShapesAreCheckedBeforeAnythingIsAllocated) {
  const auto with_shape = [](const std::string& shape) { return R"({"name":"a","datatype":"FP32","data":[1],"shape":)" + shape + "}"; };
  EXPECT_THAT(refusal_of(with_shape("[-1,3]")), HasSubstr("input 'a': each extent of its shape must be a positive integer"));
  EXPECT_THAT(refusal_of(with_shape("[0,3]")), HasSubstr("positive"));
  EXPECT_THAT(refusal_of(with_shape("[1.0,3]")), HasSubstr("positive"));
  EXPECT_THAT(refusal_of(with_shape("[18446744073709551615,3]")), HasSubstr("positive"));
  EXPECT_THAT(refusal_of(with_shape("[9223372036854775807,3]")), HasSubstr("too large"));
  EXPECT_THAT(refusal_of(with_shape("[1000000000000,3]")), HasSubstr("its data has 1 elements"));
  EXPECT_THAT(refusal_of(with_shape("[1,4]")), HasSubstr("its shape is 1x4, the model takes -1x3"));
  EXPECT_THAT(refusal_of(with_shape("[3]")), HasSubstr("its shape has 1 extents, the model takes -1x3"));
  EXPECT_THAT(refusal_of(with_shape("3")), HasSubstr("no shape"));
}

TEST(KServe, SaysWhatIsWrong) {
  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), "{", std::nullopt)), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), "[]", std::nullopt)), HasSubstr("must be an object"));
  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), "{}", std::nullopt)), HasSubstr("input 'a' is missing"));
  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), R"({"inputs":{}})", std::nullopt)), HasSubstr("'inputs' must be a list"));
  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), R"({"inputs":[1]})", std::nullopt)), HasSubstr("must hold objects"));
  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), R"({"inputs":[{}]})", std::nullopt)), HasSubstr("no name"));
  EXPECT_THAT(refusal_of(R"({"name":"c"})"), HasSubstr("'inputs' has no place for \"c\": the model has a, b"));
  EXPECT_THAT(refusal_of(kB), HasSubstr("'inputs' has \"b\" twice"));
  EXPECT_THAT(refusal_of(R"({"name":"a","shape":[1,3],"data":[1,2,3]})"), HasSubstr("datatype is missing, the model takes FP32"));
  EXPECT_THAT(refusal_of(R"({"name":"a","datatype":"BYTES","shape":[1,3],"data":["x"]})"), HasSubstr("datatype is \"BYTES\", the model takes FP32"));
  EXPECT_THAT(refusal_of(R"({"name":"a","datatype":"FP32","shape":[1,3]})"), HasSubstr("either a key 'data' or"));
  EXPECT_THAT(refusal_of(R"({"name":"a","datatype":"FP32","shape":[1,3],"data":[1,2,3],"parameters":{"binary_data_size":12}})"), HasSubstr("either"));
  EXPECT_THAT(refusal_of(R"({"name":"a","datatype":"FP32","shape":[1,3],"parameters":{"shared_memory_region":"r"}})"),
              HasSubstr("shared_memory_region"));
  EXPECT_THAT(refusal_of(kA, R"(,"id":1)"), HasSubstr("'id'"));
  EXPECT_THAT(refusal_of(kA, R"(,"outputs":[{"name":"r"}])"), HasSubstr("'outputs' has no place for \"r\": the model has p, q"));
  EXPECT_THAT(refusal_of(kA, R"(,"outputs":[{"name":"p"},{"name":"p"}])"), HasSubstr("twice"));
  EXPECT_THAT(refusal_of(kA, R"(,"outputs":[{"name":"p","parameters":{"classification":3}}])"), HasSubstr("classification"));
  EXPECT_THAT(refusal_of(kA, R"(,"outputs":[{"name":"p","parameters":{"binary_data":"yes"}}])"), HasSubstr("binary_data"));
  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), std::string(100, '['), std::nullopt)), HasSubstr("64 levels"));
}

TEST(KServe, LeavesAsideWhatItDoesNotKnow) {
  const std::string text =
      request_with(R"({"name":"a","datatype":"FP32","shape":[1,3],"data":[1,2,3],"unit":"m","parameters":{"content_type":"np"}})",
                   R"(,"parameters":{"priority":3,"sequence_id":1},"later":[{}])");
  expect(parse_infer_request(two_inputs(), text, std::nullopt));
}

TEST(KServe, TimeoutIsTheDeadlineInMicroseconds) {
  const auto deadline = [](const std::string& timeout) {
    return parse_infer_request(two_inputs(), request_with(kA, R"(,"parameters":{"timeout":)" + timeout + "}"), std::nullopt);
  };
  EXPECT_EQ(expect(deadline("1500")).request.deadline, Nanoseconds(1'500'000));
  EXPECT_EQ(expect(deadline("0")).request.deadline, std::nullopt);
  for (const char* wrong : {"-1", "1.5", "\"1\"", "18446744073709551615", "86400000001"})  // the last one is a day and a microsecond
    EXPECT_THAT(error_of(deadline(wrong)), HasSubstr("timeout (in microseconds) must be an integer from 0 to 86400000000")) << wrong;
}

TEST(KServe, BinaryDataFollowsTheJsonInTheOrderOfTheRequest) {
  const std::string json = R"({"inputs":[{"name":"b","datatype":"INT64","shape":[1],"parameters":{"binary_data_size":8}},)"
                           R"({"name":"a","datatype":"FP32","shape":[1,3],"parameters":{"binary_data_size":12}}]})";
  const std::int64_t b = -3;
  const std::vector<float> a{1, 2, 3.5F};
  std::string body = json + std::string(20, '\0');
  std::memcpy(body.data() + json.size(), &b, 8);
  std::memcpy(body.data() + json.size() + 8, a.data(), 12);
  const InferCall call = expect(parse_infer_request(two_inputs(), body, json.size()));
  EXPECT_THAT(call.request.inputs[0].tensor.as<float>(), testing::ElementsAreArray(a));
  EXPECT_THAT(call.request.inputs[1].tensor.as<std::int64_t>(), ElementsAre(-3));

  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), body, body.size() + 1)), HasSubstr("the whole body has"));
  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), body + "x", json.size())), HasSubstr("1 bytes of binary data belong to no input"));
  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), body.substr(0, body.size() - 1), json.size())), HasSubstr("integer from 0 to 11"));
  EXPECT_THAT(error_of(parse_infer_request(two_inputs(), json, std::nullopt)), HasSubstr("integer from 0 to 0"));
}

TEST(KServe, BinaryDataMustBeAsLongAsTheShapeAndBooleansZeroOrOne) {
  EXPECT_THAT(error_of(tensor_from_bytes(std::vector<std::byte>(7), ElementType::kFloat32, {2})),
              HasSubstr("7 bytes of data, which is not what FP32 of shape 2"));
  EXPECT_THAT(error_of(tensor_from_bytes(std::vector(2, std::byte{2}), ElementType::kBool, {2})), HasSubstr("element 0 is 2"));
  EXPECT_THAT(expect(tensor_from_bytes(std::vector(1, std::byte{1}), ElementType::kBool, {1})).as<bool>(), ElementsAre(true));
}

TEST(KServe, AnswersInJson) {
  InferResponse response;
  response.outputs.push_back({.name = "p", .tensor = expect(from_floats(ElementType::kFloat32, {2}, std::vector{0.1F, -2.0F}))});
  response.outputs.push_back({.name = "q", .tensor = expect(from_floats(ElementType::kBool, {2}, std::vector{1.0F, 0.0F}))});
  response.parameters["variant"] = "small";
  const Payload all = format_infer_response(response, {.model = "net", .id = "7"});
  EXPECT_EQ(all.json_size, std::nullopt);
  EXPECT_EQ(all.body,
            R"({"model_name":"net","id":"7","parameters":{"variant":"small"},"outputs":[{"name":"p","datatype":"FP32","shape":[2],"data":[0.1,-2]},)"
            R"({"name":"q","datatype":"BOOL","shape":[2],"data":[true,false]}]})");
  const Payload one = format_infer_response(response, {.model = "net", .outputs = {{"q", false}}});
  EXPECT_THAT(one.body, testing::AllOf(HasSubstr("\"q\""), testing::Not(HasSubstr("\"p\"")), testing::Not(HasSubstr("\"id\""))));
}

TEST(KServe, AnswersInBinaryWhereAskedTo) {
  InferResponse response;
  response.outputs.push_back({.name = "p", .tensor = expect(from_floats(ElementType::kFloat32, {1}, std::vector{1.0F}))});
  response.outputs.push_back({.name = "q", .tensor = expect(from_floats(ElementType::kUint8, {2}, std::vector{5.0F, 6.0F}))});
  const std::string text =
      request_with(kA, R"(,"parameters":{"binary_data_output":true},"outputs":[{"name":"q"},{"name":"p","parameters":{"binary_data":false}}])");
  const InferCall call = expect(parse_infer_request(two_inputs(), text, std::nullopt));
  EXPECT_THAT(call.request.outputs, ElementsAre("p", "q"));
  const Payload payload = format_infer_response(response, call.form);
  const std::string json = R"({"model_name":"net","outputs":[{"name":"p","datatype":"FP32","shape":[1],"data":[1]},)"
                           R"({"name":"q","datatype":"UINT8","shape":[2],"parameters":{"binary_data_size":2}}]})";
  EXPECT_EQ(payload.json_size, json.size());
  EXPECT_EQ(payload.body, json + "\x05\x06");
}

TEST(KServe, NumbersOfEveryTypeReadBackToTheSameBits) {
  for (const ElementType type : {ElementType::kFloat32, ElementType::kFloat64, ElementType::kFloat16, ElementType::kBfloat16, ElementType::kInt8,
                                 ElementType::kInt16, ElementType::kInt32, ElementType::kInt64, ElementType::kUint8, ElementType::kUint16,
                                 ElementType::kUint32, ElementType::kUint64, ElementType::kBool}) {
    Tensor tensor(type, {16, 8});
    fill_random(tensor, 3);
    if (type == ElementType::kBool)
      std::ranges::transform(tensor.as<std::uint8_t>(), tensor.as<std::uint8_t>().begin(), [](auto v) { return v % 2; });
    if (type == ElementType::kFloat32) tensor.as<float>()[0] = -0.0F;
    if (type == ElementType::kFloat64) tensor.as<double>()[0] = std::numeric_limits<double>::denorm_min();
    if (type == ElementType::kUint64) tensor.as<std::uint64_t>()[0] = std::numeric_limits<std::uint64_t>::max();
    std::string text;
    append_json(tensor, text);
    EXPECT_TRUE(compare(tensor, expect(read(type, {16, 8}, text))).equal_bits) << datatype(type);
    const Tensor binary = expect(tensor_from_bytes(tensor.bytes(), type, {16, 8}));
    EXPECT_TRUE(compare(tensor, binary).equal_bits) << datatype(type);
  }
}

TEST(KServe, WhatIsNotFiniteIsNullInJson) {
  Tensor tensor(ElementType::kFloat32, {3});
  tensor.as<float>()[0] = std::numeric_limits<float>::infinity();
  tensor.as<float>()[1] = std::nanf("");
  std::string text;
  append_json(tensor, text);
  EXPECT_EQ(text, "[null,null,0]");
}

TEST(KServe, DescribesServerAndModels) {
  EXPECT_EQ(format_server_metadata("1.2"), R"({"name":"mosaic","version":"1.2","extensions":["binary_tensor_data"]})");
  EXPECT_EQ(format_model_metadata(one_input(ElementType::kFloat16, {-1, 3})),
            R"({"name":"net","platform":"mosaic_onnx","inputs":[{"name":"x","datatype":"FP16","shape":[-1,3]}],"outputs":[]})");
  EXPECT_EQ(format_models({two_inputs()}), R"({"models":["net"]})");
  EXPECT_EQ(format_model_ready("net", false), R"({"name":"net","ready":false})");
  EXPECT_EQ(format_error("a \"b\"\xff"), "{\"error\":\"a \\\"b\\\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace mosaic::http
