#include "mosaic/base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <optional>

#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

/// No file may grow beyond `bytes` in this scope: what a full disk does to a write.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

/// Sets a variable for a scope; nothing: unsets it.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* old = std::getenv(name); old != nullptr) before_ = old;
    set(value);
  }
  ~Variable() { set(before_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name_, value->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> before_;
};

TEST(ReadFile, GivesBackWhatWasWritten) {
  const test::TemporaryFolder folder;
  std::string content(100'000, 'x');
  content[5] = '\0';
  for (const std::string& each : {std::string(), std::string("a\n"), content}) {
    expect(write_file(folder / "file", each));
    EXPECT_EQ(expect(read_file(folder / "file")), each);
  }
}

TEST(ReadFile, RefusesWhatIsNoFile) {
  const test::TemporaryFolder folder;
  const auto missing = read_file(folder / "missing");
  EXPECT_THAT(error_of(missing), HasSubstr("missing"));
  EXPECT_EQ(missing.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(error_of(read_file(folder.path())), HasSubstr("it is a folder"));
  expect(write_file(folder / "plain", "x"));
  EXPECT_THAT(error_of(read_file(folder / "plain/below")), HasSubstr("Not a directory"));
}

TEST(ReadFile, ReadsFilesThatDoNotKnowTheirSize) {
  // The kernel's own files have size 0 until they are read.
  EXPECT_THAT(expect(read_file("/proc/self/status")), HasSubstr("Name:"));
}

TEST(WriteFile, CreatesMissingFolders) {
  const test::TemporaryFolder folder;
  expect(write_file(folder / "a/b/c", "deep"));
  EXPECT_EQ(expect(read_file(folder / "a/b/c")), "deep");
}

TEST(WriteFile, LeavesNothingButTheFile) {
  const test::TemporaryFolder folder;
  expect(write_file(folder / "file", "one"));
  expect(write_file(folder / "file", "two"));
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("file"));
}

TEST(WriteFile, KeepsTheOldFileWhereTheDiskIsFull) {
  const test::TemporaryFolder folder;
  expect(write_file(folder / "file", "old"));
  const auto written = [&] {
    const SmallDisk disk(16);
    return write_file(folder / "file", std::string(1000, 'n'));
  }();
  EXPECT_THAT(error_of(written), HasSubstr("cannot write"));
  EXPECT_EQ(written.error().code, ErrorCode::kIo);
  EXPECT_EQ(expect(read_file(folder / "file")), "old");
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("file"));
}

TEST(WriteFile, RefusesToReplaceAFolder) {
  const test::TemporaryFolder folder;
  expect(write_file(folder / "folder/inner", "kept"));
  const auto written = write_file(folder / "folder", "x");
  EXPECT_EQ(written.error().code, ErrorCode::kIo) << error_of(written);
  EXPECT_EQ(expect(read_file(folder / "folder/inner")), "kept");
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("folder"));
}

TEST(WriteFile, RefusesAPathBelowAFile) {
  const test::TemporaryFolder folder;
  expect(write_file(folder / "file", "old"));
  EXPECT_EQ(write_file(folder / "file/below", "x").error().code, ErrorCode::kIo);
  EXPECT_EQ(expect(read_file(folder / "file")), "old");
}

TEST(WriteFile, WritesToDevicesWithoutReplacingThem) {
  EXPECT_TRUE(write_file("/dev/null", "x").has_value());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  if (std::filesystem::exists("/dev/full")) {
    const auto full = write_file("/dev/full", "x");
    EXPECT_THAT(error_of(full), HasSubstr("No space left"));
    EXPECT_EQ(full.error().code, ErrorCode::kIo);
  }
}

TEST(WriteFile, GivesTheRightsThatTheMaskLeaves) {
  const test::TemporaryFolder folder;
  const mode_t before = ::umask(027);
  expect(write_file(folder / "file", "x"));
  ::umask(before);
  struct stat status{};
  ASSERT_EQ(::stat((folder / "file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

/// Whether another holder of the file could take the lock now.
bool is_free(const std::filesystem::path& path) {
  const int other = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const bool got = ::flock(other, LOCK_EX | LOCK_NB) == 0;
  ::close(other);
  return got;
}

TEST(FileLock, KeepsOthersOutUntilItEnds) {
  const test::TemporaryFolder folder;
  const auto path = folder / "below/lock";
  {
    const FileLock lock = expect(FileLock::acquire(path));
    EXPECT_FALSE(is_free(path));
  }
  EXPECT_TRUE(is_free(path));
}

TEST(FileLock, MovesWithItsOwner) {
  const test::TemporaryFolder folder;
  std::optional<FileLock> first = expect(FileLock::acquire(folder / "lock"));
  const FileLock second = *std::move(first);
  first.reset();
  EXPECT_FALSE(is_free(folder / "lock"));
}

TEST(FileLock, LetsGoOfWhatItHeldWhenAnotherIsAssigned) {
  const test::TemporaryFolder folder;
  FileLock lock = expect(FileLock::acquire(folder / "one"));
  {
    FileLock other = expect(FileLock::acquire(folder / "two"));
    lock = std::move(other);
  }
  EXPECT_TRUE(is_free(folder / "one"));
  EXPECT_FALSE(is_free(folder / "two"));
}

TEST(FileLock, SaysWhereItCannotLock) {
  const test::TemporaryFolder folder;
  expect(write_file(folder / "file", ""));
  const auto lock = FileLock::acquire(folder / "file/lock");
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().code, ErrorCode::kIo);
  EXPECT_THAT(lock.error().message, HasSubstr("file/lock"));
}

TEST(CacheFolder, AsksTheVariablesInTurn) {
  struct Case {
    std::optional<std::string> own, xdg, home;
    std::string expected;
  };
  const std::vector<Case> cases{{"/own", "/xdg", "/home", "/own"},
                                {std::nullopt, "/xdg", "/home", "/xdg/mosaic"},
                                {"", "/xdg", "/home", "/xdg/mosaic"},
                                {std::nullopt, std::nullopt, "/home", "/home/.cache/mosaic"},
                                {std::nullopt, std::nullopt, std::nullopt, "/tmp/.cache/mosaic"}};
  for (const Case& each : cases) {
    const Variable own("MOSAIC_CACHE", each.own);
    const Variable xdg("XDG_CACHE_HOME", each.xdg);
    const Variable home("HOME", each.home);
    EXPECT_EQ(cache_folder(), each.expected);
  }
}

}  // namespace
}  // namespace mosaic
