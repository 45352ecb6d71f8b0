#include "mosaic/power/wake_latency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>

#include "tests/fake_machine.h"

namespace mosaic {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::expect;
using test::FakeMachine;
using testing::AllOf;
using testing::HasSubstr;

// The kernel takes a 32-bit integer in the machine's own order.
TEST(WakeLatency, WritesMicroseconds) {
  const FakeMachine machine;
  machine.write("dev/cpu_dma_latency", "....");
  const std::optional held(expect(WakeLatency::hold(70us, machine.sysfs())));
  const std::string written = machine.read("dev/cpu_dma_latency");
  std::int32_t value = 0;
  ASSERT_GE(written.size(), sizeof value);
  std::memcpy(&value, written.data(), sizeof value);
  EXPECT_EQ(value, 70);
}

TEST(WakeLatency, SaysWhatTheSystemRefuses) {
  const FakeMachine machine;
  EXPECT_THAT(error_of(WakeLatency::hold(0us, machine.sysfs())), AllOf(HasSubstr("dev/cpu_dma_latency"), HasSubstr("No such file")));
  machine.link("dev/cpu_dma_latency", "/dev/full");
  EXPECT_THAT(error_of(WakeLatency::hold(0us, machine.sysfs())), HasSubstr("No space left"));
}

TEST(WakeLatency, RefusesWhatTheKernelCannotTake) {
  const FakeMachine machine;
  EXPECT_THAT(error_of(WakeLatency::hold(-1us, machine.sysfs())), HasSubstr("within -1 us"));
  EXPECT_THAT(error_of(WakeLatency::hold(2148s, machine.sysfs())), HasSubstr("2148000000 us"));
}

}  // namespace
}  // namespace mosaic
