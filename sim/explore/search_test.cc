#include "sim/explore/search.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>

#include "sim/explore/packed_worlds.h"
#include "sim/explore/visited_set.h"

namespace lockstep::sim::explore {
namespace {

SearchResult Explore(const Bounds& bounds, SearchOptions options = {}, StepCheck check = nullptr) {
  options.states_max = 1 << 15;
  absl::StatusOr<SearchResult> result = Search(bounds, check, options);
  EXPECT_TRUE(result.ok()) << result.status();
  return *std::move(result);
}

Bounds TwoNodes() {
  Bounds bounds;
  bounds.nodes = 2;
  bounds.terms = 1;
  bounds.entries = 1;
  bounds.elections = 1;
  return bounds;
}

// One node: its timeout, then its vote is written, then its no-op is.
TEST(SearchTest, TheSpaceOfOneNodeIsThreeEvents) {
  Bounds bounds;
  bounds.nodes = 1;
  bounds.terms = 1;
  bounds.entries = 0;
  const SearchResult result = Explore(bounds);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.progress.states, 4u);
  EXPECT_EQ(result.states_at, (std::vector<uint64_t>{1, 1, 1, 1}));
}

TEST(SearchTest, BreadthDepthAndThreadsSeeTheSameStates) {
  Bounds bounds = TwoNodes();
  bounds.crashes = 1;
  const SearchResult one = Explore(bounds);
  EXPECT_TRUE(one.complete);
  EXPECT_FALSE(one.broken.has_value());
  EXPECT_GT(one.progress.states, 500u);
  SearchOptions options;
  options.jobs = 2;
  EXPECT_EQ(Explore(bounds, options).progress.states, one.progress.states);
  options.order = Order::kDepthFirst;
  EXPECT_EQ(Explore(bounds, options).progress.states, one.progress.states);
}

TEST(SearchTest, SymmetryHalvesTheStatesOfTwoNodes) {
  Bounds bounds = TwoNodes();
  const uint64_t with = Explore(bounds).progress.states;
  bounds.symmetry = false;
  const uint64_t without = Explore(bounds).progress.states;
  EXPECT_LT(with, without);
  EXPECT_LE(without, 2 * with);
}

TEST(SearchTest, EachBudgetAddsSchedules) {
  const uint64_t plain = Explore(TwoNodes()).progress.states;
  const auto more = [&](auto change) {
    Bounds bounds = TwoNodes();
    change(bounds);
    const SearchResult result = Explore(bounds);
    EXPECT_TRUE(result.complete);
    EXPECT_FALSE(result.broken.has_value());
    return result.progress.states;
  };
  EXPECT_GT(more([](Bounds& b) { b.duplicates = 1; }), plain);
  EXPECT_GT(more([](Bounds& b) { b.heartbeats = 1; }), plain);
  EXPECT_GT(more([](Bounds& b) { b.quorum_checks = 1; }), plain);
  EXPECT_GT(more([](Bounds& b) { b.reads = 1; }), plain);
  EXPECT_GT(more([](Bounds& b) { b.snapshots = 1; }), plain);
  EXPECT_GT(more([](Bounds& b) { b.write_failures = 1; }), plain);
  EXPECT_GT(more([](Bounds& b) { b.reorder_completions = true; }), plain);
  EXPECT_GT(more([](Bounds& b) { b.crashes = 1; }), plain);
  EXPECT_LT(more([](Bounds& b) { b.in_flight = 1; }), plain);
}

// A property that does not hold: "nobody ever leads". The shortest way to a leader of two nodes takes eight events.
TEST(SearchTest, AViolationComesWithAShortestSchedule) {
  const StepCheck nobody_leads = [](const State&, const Input&, const EffectSink&,
                                    const State& after) -> std::optional<Broken> {
    if (after.role != Role::kLeader) return std::nullopt;
    return Broken{"Nobody", "somebody leads"};
  };
  const SearchResult result = Explore(TwoNodes(), {}, nobody_leads);
  ASSERT_TRUE(result.broken.has_value());
  EXPECT_EQ(result.broken->evidence, "somebody leads");
  // Timeout, the other's pre-vote, its answer; the own vote written, the request, the other's vote written, its answer.
  EXPECT_EQ(result.schedule.size(), 7u);
  EXPECT_EQ(result.schedule.front(), "node 1: election timeout");
}

TEST(SearchTest, AFullTableIsNoSuccess) {
  Bounds bounds;
  bounds.terms = 3;
  SearchOptions options;
  options.states_max = 1000;
  const absl::StatusOr<SearchResult> result = Search(bounds, nullptr, options);
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->complete);
  EXPECT_NE(result->why_incomplete, "");
}

TEST(SearchTest, AStoppedSearchGoesOnFromItsCheckpoint) {
  Bounds bounds = TwoNodes();
  bounds.crashes = 1;
  const SearchProgress all = Explore(bounds).progress;
  SearchOptions options;
  options.checkpoint = ::testing::TempDir() + "/explore.checkpoint";
  std::remove(options.checkpoint.c_str());
  std::atomic<bool> stop{true};
  options.stop = &stop;
  uint32_t runs = 1;
  SearchResult result = Explore(bounds, options);
  EXPECT_FALSE(result.complete);
  const std::vector<uint64_t> first = result.states_at;
  while (!result.complete && runs < 1000) {
    result = Explore(bounds, options);  // One batch further each time.
    ++runs;
  }
  EXPECT_TRUE(result.complete);
  EXPECT_GT(runs, 5u);
  EXPECT_EQ(result.progress.states, all.states);
  EXPECT_EQ(result.progress.named, all.named);
  EXPECT_EQ(result.progress.transitions, all.transitions);
  EXPECT_EQ(result.states_at, Explore(bounds).states_at);

  bounds.entries = 0;
  EXPECT_EQ(Search(bounds, nullptr, options).status().code(), absl::StatusCode::kDataLoss);
  std::FILE* file = std::fopen(options.checkpoint.c_str(), "ab");
  std::fputs("12345678", file);
  std::fclose(file);
  EXPECT_FALSE(Search(bounds, nullptr, options).ok());
  std::remove(options.checkpoint.c_str());
}

TEST(SearchTest, BadBoundsAreRefused) {
  Bounds bounds;
  bounds.nodes = 9;
  EXPECT_EQ(Search(bounds, nullptr, {}).status().code(), absl::StatusCode::kInvalidArgument);
  bounds = {};
  bounds.changes = 1;
  EXPECT_EQ(Search(bounds, nullptr, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PackedWorldsTest, WorldsComeBackAsTheyWere) {
  PackedWorlds packed;
  for (uint32_t i = 0; i < 10'000; ++i) {
    World world;
    world.processes = {i, i + 1, i + 2, 0, 0};
    world.ghost = i * 3;
    world.used[10] = static_cast<uint8_t>(i);
    for (uint32_t j = 0; j < i % 7; ++j) world.messages.push_back(i + j);
    packed.Push(world);
  }
  std::vector<World> front, back;
  packed.PopFront(6000, front);
  packed.PopBack(4000, back);
  EXPECT_TRUE(packed.empty());
  ASSERT_EQ(front.size(), 6000u);
  ASSERT_EQ(back.size(), 4000u);
  for (uint32_t i = 0; i < 10'000; ++i) {
    const World& world = i < 6000 ? front[i] : back[9999 - i];
    EXPECT_EQ(world.processes[1], i + 1);
    EXPECT_EQ(world.ghost, i * 3);
    EXPECT_EQ(world.used[10], static_cast<uint8_t>(i));
    ASSERT_EQ(world.messages.size(), i % 7);
  }
}

// In the order of the slots, a million would take minutes without the room being there first.
TEST(VisitedSetTest, WhatOneGivesAnotherTakes) {
  VisitedSet first(1 << 21);
  first.Reserve(1 << 20);
  uint64_t fingerprint = 1;
  for (uint64_t i = 0; i < 1 << 20; ++i)
    first.Insert(fingerprint = fingerprint * 6364136223846793005u + 1442695040888963407u);
  VisitedSet second(1 << 21);
  second.Reserve(first.size());
  first.ForEach([&second](uint64_t each) { EXPECT_TRUE(second.Insert(each)); });
  EXPECT_EQ(second.size(), first.size());
}

TEST(VisitedSetTest, EachFingerprintIsNewOnce) {
  VisitedSet set(1 << 20);
  EXPECT_TRUE(set.Insert(0));
  EXPECT_FALSE(set.Insert(0));
  for (uint64_t i = 2; i < 800; ++i) EXPECT_TRUE(set.Insert(i * 7));
  for (uint64_t i = 2; i < 800; ++i) EXPECT_FALSE(set.Insert(i * 7));
  EXPECT_EQ(set.size(), 799u);
}

}  // namespace
}  // namespace lockstep::sim::explore
