#include "mosaic/input/samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>

#include "mosaic/input/array_file.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

/// A NumPy file with this header, version and data.
std::string npy(const std::string& header, const std::string& data, int version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  const std::size_t size = header.size();
  for (std::size_t i = 0; i < (version == 1 ? 2U : 4U); ++i) bytes += static_cast<char>(size >> (8 * i) & 0xffU);
  return bytes + header + data;
}

std::string header(const std::string& descr, const std::string& shape, const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

std::string gzip(const std::string& content) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("deflateInit2");
  std::string in = content;
  std::string out(content.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(in.data());
  stream.avail_in = static_cast<unsigned>(in.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// An idx file of unsigned bytes.
std::string idx(const std::vector<std::uint32_t>& extents, const std::string& data) {
  std::string bytes("\0\0\x08", 3);
  bytes += static_cast<char>(extents.size());
  for (const std::uint32_t extent : extents) {
    for (const std::uint32_t shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(extent >> shift & 0xffU);
  }
  return bytes + data;
}

TEST(ParseNpy, ReadsEveryVersion) {
  for (const int version : {1, 2, 3}) {
    const Tensor tensor = expect(parse_npy(npy(header("<i2", "(2, 1)"), std::string("\x01\0\xff\xff", 4), version)));
    EXPECT_EQ(tensor.type(), ElementType::kInt16);
    EXPECT_EQ(tensor.shape(), (Shape{2, 1}));
    EXPECT_THAT(tensor.as<std::int16_t>(), ElementsAre(1, -1));
  }
}

TEST(ParseNpy, ReadsScalarsAndEmptyArrays) {
  EXPECT_EQ(expect(parse_npy(npy(header("|u1", "()"), "\x07"))).shape(), Shape{});
  EXPECT_EQ(expect(parse_npy(npy(header("<f4", "(0, 3)"), ""))).shape(), (Shape{0, 3}));
  EXPECT_EQ(expect(parse_npy(npy(header("|b1", "(2,)"), std::string("\x01\0", 2)))).shape(), Shape{2});
}

TEST(ParseNpy, RefusesWhatItDoesNotRead) {
  struct Case {
    std::string bytes;
    const char* why;
  };
  const std::vector<Case> cases{
      {"", "not a NumPy file"},
      {"\x93NUMPY\x01", "not a NumPy file"},
      {npy(header(">f4", "(1,)"), "abcd"), "type '>f4', which is not read"},
      {npy(header("<c8", "(1,)"), "abcdefgh"), "type '<c8', which is not read"},
      {npy(header("<f4", "(1,)", "True"), "abcd"), "Fortran order"},
      {npy(header("<f4", "(2,)"), "abcd"), "needs 8 bytes, the file has 4"},
      {npy(header("<f4", "(1,)"), "abcde"), "needs 4 bytes, the file has 5"},
      {npy(header("<f4", "(-1,)"), ""), "shape is damaged"},
      {npy(header("<f4", "(x,)"), ""), "shape is damaged"},
      {npy(header("<f4", "3"), ""), "shape is damaged"},
      {npy(header("<f4", "(4611686018427387904, 4)"), ""), "needs too many bytes"},
      {npy("{'fortran_order': False, 'shape': ()}", ""), "header is damaged"},
      {npy("{'fortran_order': False, 'shape': (), 'descr':", ""), "which is not read"},
      {npy("", "abcd"), "header is damaged"},
      {npy(header("<f4", "()"), "abcd", 4), "header is damaged"},
      {npy(header("<f4", "()"), "abcd", 0), "header is damaged"},
  };
  for (const Case& each : cases) EXPECT_THAT(error_of(parse_npy(each.bytes)), HasSubstr(each.why));
}

TEST(ParseNpy, RefusesEveryTruncation) {
  for (const int version : {1, 2}) {
    const std::string bytes = npy(header("<f4", "(3,)"), "abcdefghijkl", version);
    ASSERT_TRUE(parse_npy(bytes).has_value());
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(parse_npy(bytes.substr(0, size)).has_value()) << size;
  }
}

TEST(FormatNpy, IsReadBack) {
  for (const ElementType type :
       {ElementType::kFloat32, ElementType::kFloat64, ElementType::kFloat16, ElementType::kInt64, ElementType::kUint8, ElementType::kBool}) {
    for (const Shape& shape : {Shape{}, Shape{5}, Shape{2, 3, 4}, Shape{0, 2}}) {
      Tensor tensor(type, shape);
      fill_random(tensor, 3);
      const std::string bytes = format_npy(tensor);
      EXPECT_EQ((bytes.size() - tensor.bytes().size()) % 64, 0U);  // NumPy's own alignment
      EXPECT_TRUE(compare(tensor, expect(parse_npy(bytes))).equal_bits);
    }
  }
}

TEST(FormatNpy, GivesOpaqueElementsTheirSize) { EXPECT_THAT(format_npy(Tensor(ElementType::kBfloat16, {2})), HasSubstr("'descr': '|V2'")); }

TEST(ParseIdx, ReadsUnsignedBytes) {
  const Tensor tensor = expect(parse_idx(idx({2, 1, 2}, "abcd")));
  EXPECT_EQ(tensor.shape(), (Shape{2, 1, 2}));
  EXPECT_THAT(tensor.as<std::uint8_t>(), ElementsAre('a', 'b', 'c', 'd'));
}

TEST(ParseIdx, RefusesDamage) {
  EXPECT_THAT(error_of(parse_idx("")), HasSubstr("not an idx file"));
  EXPECT_THAT(error_of(parse_idx(std::string("\0\x01\x08\x01", 4))), HasSubstr("not an idx file"));
  EXPECT_THAT(error_of(parse_idx(std::string("\0\0\x0d\x01\0\0\0\x01", 8) + "abcd")), HasSubstr("does not hold unsigned bytes"));
  EXPECT_THAT(error_of(parse_idx(std::string("\0\0\x08\x02\0\0\0\x01", 8))), HasSubstr("header is damaged"));
  EXPECT_THAT(error_of(parse_idx(idx({}, ""))), HasSubstr("header is damaged"));
  EXPECT_THAT(error_of(parse_idx(idx({2, 2}, "abc"))), HasSubstr("needs 4 bytes, the file has 3"));
  EXPECT_THAT(error_of(parse_idx(idx({0xffffffffU, 0xffffffffU}, "abc"))), HasSubstr("needs too many bytes"));
}

TEST(ParseCifar, SplitsLabelsFromPlanes) {
  const Cifar cifar = expect(parse_cifar(std::string(1, 3) + std::string(3072, 'a') + std::string(1, 9) + std::string(3072, 'b')));
  EXPECT_THAT(cifar.labels, ElementsAre(3, 9));
  ASSERT_EQ(cifar.planes.size(), 6144U);
  EXPECT_EQ(cifar.planes[3071], 'a');
  EXPECT_EQ(cifar.planes[3072], 'b');
  EXPECT_THAT(error_of(parse_cifar(std::string(3074, 'a'))), HasSubstr("3074 bytes are not a multiple of 3073"));
  EXPECT_FALSE(parse_cifar("").has_value());
}

TEST(Gunzip, UnpacksAndLeavesTheRestAlone) {
  const std::string content(300'000, 'x');
  EXPECT_EQ(expect(gunzip(gzip(content))), content);
  EXPECT_EQ(expect(gunzip("plain")), "plain");
  EXPECT_EQ(expect(gunzip("")), "");
  EXPECT_EQ(expect(gunzip(gzip(""))), "");
}

TEST(Gunzip, ReadsEveryMember) {
  EXPECT_EQ(expect(gunzip(gzip("one ") + gzip("two"))), "one two");
  EXPECT_EQ(expect(gunzip(gzip("padded") + std::string(10, '\0'))), "padded");
  EXPECT_FALSE(gunzip(gzip("one") + gzip("two").substr(0, 12)).has_value());
}

TEST(Gunzip, RefusesDamage) {
  const std::string packed = gzip("a text that is long enough to be damaged in its middle, 0123456789");
  for (std::size_t size = 2; size < packed.size(); ++size) EXPECT_EQ(error_of(gunzip(packed.substr(0, size))), "the gzip file is damaged") << size;
  std::string flipped = packed;
  flipped[packed.size() - 6] = static_cast<char>(flipped[packed.size() - 6] ^ 1);  // the checksum
  EXPECT_FALSE(gunzip(flipped).has_value());
}

class ReadSamples : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& content) {
    expect(write_file(folder_ / name, content));
    return folder_ / name;
  }
  const InputSpec spec_{.name = "x", .type = ElementType::kFloat32, .shape = {1, 2}};
  const InputSpec grey_{.name = "x", .type = ElementType::kFloat32, .shape = {1, 1, 1, 2}};
  test::TemporaryFolder folder_;
};

TEST_F(ReadSamples, TakesAnArrayAsItIsOrAsSeveral) {
  const auto array = [](const Shape& shape, const std::vector<float>& values) {
    return format_npy(expect(from_floats(ElementType::kFloat32, shape, values)));
  };
  const auto one = expect(read_samples(file("one.npy", array({1, 2}, {1, 2})), spec_, Preprocess::kTf));
  ASSERT_EQ(one.size(), 1U);
  EXPECT_THAT(one[0].tensor.as<float>(), ElementsAre(1, 2));  // no preprocessing
  for (const Shape& shape : {Shape{3, 2}, Shape{3, 1, 2}}) {
    const auto three = expect(read_samples(file("three.npy", array(shape, {1, 2, 3, 4, 5, 6})), spec_, Preprocess::kTf));
    ASSERT_EQ(three.size(), 3U);
    EXPECT_THAT(three[2].name, testing::EndsWith("three.npy#2"));
    EXPECT_EQ(three[2].tensor.shape(), (Shape{1, 2}));
    EXPECT_THAT(three[2].tensor.as<float>(), ElementsAre(5, 6));
  }
  EXPECT_THAT(error_of(read_samples(file("bad.npy", array({3}, {1, 2, 3})), spec_, Preprocess::kTf)),
              HasSubstr("holds float32 3, input 'x' wants float32 1x2"));
  EXPECT_THAT(error_of(read_samples(file("type.npy", format_npy(Tensor(ElementType::kInt32, {1, 2}))), spec_, Preprocess::kTf)),
              HasSubstr("holds int32 1x2"));
}

TEST_F(ReadSamples, ReadsIdxImagesPackedOrNot) {
  const std::string images = idx({2, 1, 2}, std::string("\0\xff\x33\0", 4));
  for (const std::string& each : {file("t10k-images-idx3-ubyte", images).string(), file("t10k-images-idx3-ubyte.gz", gzip(images)).string()}) {
    const auto samples = expect(read_samples(each, grey_, Preprocess::kTf));
    ASSERT_EQ(samples.size(), 2U) << each;
    EXPECT_THAT(samples[0].tensor.as<float>(), ElementsAre(-1, 1));
    EXPECT_FALSE(samples[0].label.has_value());
  }
}

TEST_F(ReadSamples, ReadsCifarWithItsLabels) {
  const InputSpec colour{.name = "x", .type = ElementType::kFloat32, .shape = {1, 3, 32, 32}};
  const auto samples = expect(read_samples(file("batch.bin", std::string(1, 7) + std::string(3072, 'a')), colour, Preprocess::kRaw));
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].label, 7);
  EXPECT_EQ(samples[0].tensor.as<float>()[0], 97);
  EXPECT_THAT(error_of(read_samples(file("batch.bin", std::string(3073, 'a')), grey_, Preprocess::kRaw)),
              HasSubstr("are not an image for an input of shape 1x1x1x2"));
}

TEST_F(ReadSamples, NamesTheFileThatIsWrong) {
  EXPECT_THAT(error_of(read_samples(folder_ / "none", spec_, Preprocess::kTf)), HasSubstr("none"));
  EXPECT_THAT(error_of(read_samples(file("a.txt", "hello"), grey_, Preprocess::kTf)),
              testing::AllOf(HasSubstr("a.txt"), HasSubstr("neither a JPEG nor a PNG")));
  EXPECT_THAT(error_of(read_samples(file("a.npy.gz", "\x1f\x8b"), grey_, Preprocess::kTf)),
              testing::AllOf(HasSubstr("a.npy.gz"), HasSubstr("gzip file is damaged")));
}

TEST_F(ReadSamples, ReadsLabelsLineByLine) {
  EXPECT_THAT(expect(read_labels(file("labels", "cat\n\nbig dog\n"))), ElementsAre("cat", "", "big dog"));
  EXPECT_THAT(expect(read_labels(file("labels", "cat\r\ndog"))), ElementsAre("cat", "dog"));
  EXPECT_THAT(expect(read_labels(file("labels", ""))), testing::IsEmpty());
}

TEST(SampleFiles, AreThoseOfAFolderByName) {
  const test::TemporaryFolder folder;
  for (const char* name : {"b.JPG", "a.png", "labels.csv", "t10k-idx3-ubyte", "inner/c.png"}) expect(write_file(folder / name, "x"));
  std::vector<std::string> names;
  for (const auto& file : expect(sample_files(folder.path()))) names.push_back(file.filename().string());
  EXPECT_THAT(names, ElementsAre("a.png", "b.JPG", "t10k-idx3-ubyte"));
  EXPECT_THAT(expect(sample_files(folder / "labels.csv")), ElementsAre(folder / "labels.csv"));  // a file is taken at its word
  EXPECT_THAT(error_of(sample_files(folder / "none")), HasSubstr("no such file or folder"));
  expect(write_file(folder / "empty/labels.csv", "x"));
  EXPECT_THAT(error_of(sample_files(folder / "empty")), HasSubstr("holds no image"));
}

}  // namespace
}  // namespace mosaic
