#include "sim/event_queue.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"
#include "sim/choices.h"

namespace lockstep::sim {
namespace {

QueuedEvent At(int64_t time, uint64_t argument = 0) {
  QueuedEvent event;
  event.time = time;
  event.argument = argument;
  return event;
}

TEST(EventQueueTest, TheEarliestComesFirst) {
  EventQueue queue;
  for (int64_t time : {5, 3, 9, 1, 7}) queue.Push(At(time));
  EXPECT_EQ(queue.next_time(), 1);
  std::vector<int64_t> times;
  while (!queue.empty()) times.push_back(queue.Pop().time);
  EXPECT_EQ(times, (std::vector<int64_t>{1, 3, 5, 7, 9}));
}

TEST(EventQueueTest, EventsOfTheSameTimeKeepTheirOrder) {
  EventQueue queue;
  for (uint64_t i = 0; i < 100; ++i) queue.Push(At(4, i));
  for (uint64_t i = 0; i < 100; ++i) EXPECT_EQ(queue.Pop().argument, i);
}

TEST(EventQueueTest, AgreesWithAStableSortWhilePushesAndPopsMix) {
  Choices choices = Choices::Seeded(1);
  EventQueue queue;
  std::vector<QueuedEvent> expected;
  uint64_t number = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (expected.empty() || choices.Below(5) < 3) {
      const QueuedEvent event = At(choices.Between(0, 200), number++);
      queue.Push(event);
      expected.push_back(event);
      continue;
    }
    const auto least = std::min_element(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
      return a.time != b.time ? a.time < b.time : a.argument < b.argument;
    });
    const QueuedEvent popped = queue.Pop();
    ASSERT_EQ(popped.time, least->time);
    ASSERT_EQ(popped.argument, least->argument);
    expected.erase(least);
    ASSERT_EQ(queue.size(), expected.size());
  }
}

}  // namespace
}  // namespace lockstep::sim
