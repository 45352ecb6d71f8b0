#include "mosaic/power/sysfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fake_machine.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::FakeMachine;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Sysfs, ReadsAnAttributeWithoutItsLineEnd) {
  const FakeMachine machine;
  machine.write("sys/a/governor", "schedutil\n");
  EXPECT_EQ(expect(machine.sysfs().read("sys/a/governor")), "schedutil");
  EXPECT_THAT(error_of(machine.sysfs().read("sys/a/none")), AllOf(HasSubstr("sys/a/none"), HasSubstr("No such file")));
}

TEST(Sysfs, ReadsIntegersAndNothingElse) {
  const FakeMachine machine;
  machine.write("a", "-1200\n");
  machine.write("b", "<unsupported>\n");
  machine.write("c", "12 13\n");
  EXPECT_EQ(expect(machine.sysfs().read_integer("a")), -1200);
  EXPECT_THAT(error_of(machine.sysfs().read_integer("b")), HasSubstr("'<unsupported>', which is no integer"));
  EXPECT_FALSE(machine.sysfs().read_integer("c").has_value());
}

TEST(Sysfs, WritesInPlaceAsAttributesWantIt) {
  const FakeMachine machine;
  machine.write("a", "a longer value\n");
  expect(machine.sysfs().write("a", "1200"));
  EXPECT_EQ(machine.read("a"), "1200\n");
}

// As root all files may be written; those of /proc that have no way of being written may not.
TEST(Sysfs, SaysWhatItCouldNotWrite) {
  const FakeMachine machine;
  machine.link("readonly", "/proc/sys/kernel/cap_last_cap");
  std::filesystem::create_directories(machine.sysfs().path("folder"));
  machine.link("full", "/dev/full");
  EXPECT_THAT(error_of(machine.sysfs().write("readonly", "1")), HasSubstr("readonly"));
  EXPECT_THAT(error_of(machine.sysfs().write("folder", "1")), HasSubstr("Is a directory"));
  EXPECT_THAT(error_of(machine.sysfs().write("full", "17")), AllOf(HasSubstr("'17'"), HasSubstr("No space left")));
  EXPECT_FALSE(machine.sysfs().write("not/there", "1").has_value());
}

TEST(Sysfs, ListsByNumber) {
  const FakeMachine machine;
  for (const char* name : {"hwmon10", "hwmon2", "hwmon1", "other"}) machine.write(std::string("sys/") + name + "/name", "x\n");
  EXPECT_THAT(machine.sysfs().list("sys"), ElementsAre("hwmon1", "hwmon2", "hwmon10", "other"));
  EXPECT_THAT(machine.sysfs().list("nowhere"), IsEmpty());
}

TEST(ParseIntegers, LeavesOutWhatIsNone) { EXPECT_THAT(parse_integers("408000  600000\t x 816000\n"), ElementsAre(408000, 600000, 816000)); }

}  // namespace
}  // namespace mosaic
