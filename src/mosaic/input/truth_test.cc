#include "mosaic/input/truth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mosaic/base/file.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::AllOf;
using testing::HasSubstr;

class TruthFiles : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& text) {
    expect(write_file(folder_ / name, text));
    return folder_ / name;
  }
  Truth table(const std::string& rows) { return expect(Truth::read(file("truth.csv", "file,class\n" + rows))); }
  test::TemporaryFolder folder_;
};

TEST_F(TruthFiles, NameFilesInATable) {
  for (const std::string text : {"file,note,class\na.jpg,x,3\n\nb.jpg,,10\n", "file,note,class\r\na.jpg,x,3\r\nb.jpg,,10\r\n"}) {
    const Truth truth = expect(Truth::read(file("truth.csv", text)));
    EXPECT_EQ(truth.of("photos/a.jpg", 7), 3);
    EXPECT_EQ(truth.of("b.jpg", 0), 10);
    EXPECT_FALSE(truth.of("c.jpg", 0).has_value());
    expect(truth.check_count(99));
  }
  for (const char* text : {"name,class\n", ""}) {
    EXPECT_THAT(error_of(Truth::read(file("truth.csv", text))), HasSubstr("columns 'file' and 'class'"));
  }
  for (const char* line : {"a.jpg", "a.jpg,", "a.jpg,cat", "a.jpg,3x"}) {
    EXPECT_THAT(error_of(Truth::read(file("truth.csv", "file,class\n" + std::string(line)))), HasSubstr("line 2 has no class")) << line;
  }
}

TEST_F(TruthFiles, NameSamplesOfAFile) {
  const Truth truth = table("set.npy#0,4\nset.npy#1,5\n");
  EXPECT_EQ(truth.of("a/set.npy#1", 0), 5);
  EXPECT_FALSE(truth.of("a/set.npy", 0).has_value());
  expect(truth.check_names(std::vector<std::string>{"a/set.npy"}));
}

// Cameras and folders by class number their files alike.
TEST_F(TruthFiles, MeanOneFileByOneName) {
  const std::vector<std::string> files{"day/1.jpg", "night/1.jpg"};
  EXPECT_THAT(error_of(table("1.jpg,3\n").check_names(files)), AllOf(HasSubstr("both day/1.jpg and night/1.jpg"), HasSubstr("by 1.jpg")));
  const Truth truth = table("day/1.jpg,3\n./night/1.jpg,4\n");
  expect(truth.check_names(files));
  EXPECT_EQ(truth.of("photos/day/1.jpg", 0), 3);
  EXPECT_EQ(truth.of("night/1.jpg", 0), 4);
  expect(table("1.jpg,3\n").check_names(std::vector<std::string>{"day/1.jpg", "day/1.jpg"}));  // one file, twice
  EXPECT_THAT(error_of(truth.check_names(std::vector<std::string>{"1.jpg"})), HasSubstr("names none of the images"));
}

TEST_F(TruthFiles, GiveOneClassToOneName) {
  EXPECT_THAT(error_of(Truth::read(file("truth.csv", "file,class\na.jpg,3\na.jpg,4\n"))),
              AllOf(HasSubstr("line 3"), HasSubstr("a.jpg is of class 4"), HasSubstr("says 3")));
  expect(Truth::read(file("truth.csv", "file,class\na.jpg,3\na.jpg,3\n")));
}

TEST_F(TruthFiles, GiveClassesInOrder) {
  const Truth truth = expect(Truth::read(file("t10k-labels-idx1-ubyte", std::string("\0\0\x08\x01\0\0\0\x03\x05\0\x09", 11))));
  EXPECT_TRUE(truth.is_ordered());
  EXPECT_EQ(truth.of("any", 0), 5);
  EXPECT_EQ(truth.of("any", 2), 9);
  EXPECT_FALSE(truth.of("any", 3).has_value());
  expect(truth.check_names(std::vector<std::string>{"a.png"}));
  expect(truth.check_count(3));
  EXPECT_THAT(error_of(truth.check_count(2)), AllOf(HasSubstr("classes of 3 images"), HasSubstr("there are 2")));
}

}  // namespace
}  // namespace mosaic
