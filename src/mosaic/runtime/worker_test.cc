#include "mosaic/runtime/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>
#include <thread>

namespace mosaic {
namespace {

TEST(Worker, RunsTasksInTheOrderTheyWerePosted) {
  std::vector<int> seen;
  {
    Worker worker({}, Nanoseconds(0));
    for (int i = 0; i < 100; ++i) worker.post([&seen, i] { seen.push_back(i); });
  }
  ASSERT_EQ(seen.size(), 100U) << "the destructor runs what was posted";
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST(Worker, TakesTasksThatATaskPosts) {
  std::binary_semaphore done{0};
  Worker worker({}, Nanoseconds(50'000));
  worker.post([&] { worker.post([&] { done.release(); }); });
  done.acquire();
}

TEST(Worker, TakesTasksFromManyThreads) {
  std::atomic<int> count = 0;
  {
    Worker worker({}, Nanoseconds(1000));
    std::vector<std::jthread> posters;
    for (int t = 0; t < 4; ++t) {
      posters.emplace_back([&] {
        for (int i = 0; i < 250; ++i) worker.post([&] { ++count; });
      });
    }
    posters.clear();
  }
  EXPECT_EQ(count, 1000);
}

}  // namespace
}  // namespace mosaic
