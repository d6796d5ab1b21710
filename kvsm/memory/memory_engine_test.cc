// Many keys, so that the tree grows, splits and shrinks; what commands mean is checked by the model's test.
#include "kvsm/memory/memory_engine.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace lockstep::kvsm {
namespace {

// Numbers that look drawn, the same in every run.
class Sequence {
 public:
  explicit Sequence(uint64_t seed) : state_(seed) {}
  uint64_t Next(uint64_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % below;
  }

 private:
  uint64_t state_;
};

class MemoryEngineTest : public testing::Test {
 protected:
  void Put(const std::string& key) {
    const auto at = keys.find(key);
    const int64_t version = at == keys.end() ? 1 : at->second + 1;
    engine.Append({key, "v", 0, ++revision, version, 0, 0});
    keys[key] = version;
  }
  void Delete(const std::string& key) {
    engine.Append({key, "", 0, ++revision, 0, 0, 0});
    keys.erase(key);
  }
  int64_t CountIn(const std::string& begin, const std::string& end) const {
    const auto from = keys.lower_bound(begin);
    const auto to = keys.lower_bound(end);
    return begin < end ? std::distance(from, to) : 0;
  }
  void Check(Sequence& sequence, const std::string& some, const std::string& other) {
    EXPECT_EQ(engine.key_count(), static_cast<int64_t>(keys.size()));
    EXPECT_EQ(engine.Count(KeyRange::Between(some, other), kNewest), CountIn(some, other));
    EXPECT_EQ(engine.Count(KeyRange::From(some), kNewest), std::distance(keys.lower_bound(some), keys.end()));
    auto expected = keys.lower_bound(some);
    uint64_t left = sequence.Next(300);
    engine.Scan(KeyRange::From(some), kNewest, [&](const VersionView& version) {
      EXPECT_NE(expected, keys.end());
      if (expected == keys.end()) return false;
      EXPECT_EQ(version.key, expected->first);
      EXPECT_EQ(version.version, expected->second);
      ++expected;
      return left-- > 0;
    });
  }
  void Run(uint64_t seed, const std::function<std::string(uint64_t)>& name) {
    Sequence sequence(seed);
    for (int i = 0; i < 60'000; ++i) {
      // It grows to thousands of keys, shrinks to nearly none, and grows again.
      const bool grows = i % 30'000 < 20'000;
      const std::string key = name(sequence.Next(5000));
      if (grows || !keys.contains(key)) {
        Put(key);
      } else {
        Delete(key);
      }
      if (!grows && !keys.empty()) {
        auto next = keys.lower_bound(key);
        Delete(next == keys.end() ? keys.begin()->first : next->first);
      }
      if (i % 97 == 0) Check(sequence, key, name(sequence.Next(5000)));
      if (i % 1000 == 999) {
        engine.Compact(revision - static_cast<Revision>(sequence.Next(800)));
        while (engine.Collect(10'000)) {
        }
      }
    }
  }

  MemoryEngine engine;
  std::map<std::string, int64_t> keys;
  Revision revision = 1;
};

TEST_F(MemoryEngineTest, KeysWithALongCommonPrefix) {
  Run(1, [](uint64_t n) { return "/registry/pods/default/" + std::to_string(n); });
}

TEST_F(MemoryEngineTest, KeysOfZeroBytesThatDifferInLength) {
  Run(2, [](uint64_t n) { return std::string(n % 70, '\0') + static_cast<char>(n / 70); });
}

TEST_F(MemoryEngineTest, KeysOfManyBranches) {
  Run(3, [](uint64_t n) { return std::to_string(n * 2654435761u) + (n % 3 == 0 ? "/x" : ""); });
}

TEST_F(MemoryEngineTest, KeysThatComeInOrder) {
  for (int i = 0; i < 20'000; ++i)
    Put(std::string(1, static_cast<char>('a' + i / 10'000)) + std::to_string(100'000 + i));
  Sequence sequence(4);
  for (int i = 0; i < 200; ++i) {
    Check(sequence, "a" + std::to_string(100'000 + sequence.Next(20'000)),
          "b" + std::to_string(100'000 + sequence.Next(20'000)));
  }
}

TEST_F(MemoryEngineTest, ABusyKeysPastIsFoundAndForgotten) {
  for (int i = 0; i < 10'000; ++i) Put("busy");
  VersionView found;
  for (Revision at = 2; at <= revision; at += 7) {
    ASSERT_TRUE(engine.Find("busy", at, found));
    EXPECT_EQ(found.mod_revision, at);
  }
  EXPECT_FALSE(engine.Find("busy", 1, found));
  engine.Compact(revision);
  EXPECT_EQ(engine.bytes(), BytesOf(found = {"busy", "v", 0, 0, 1, 0, 0}));
  // A pinned revision is seen until it is unpinned, though it is compacted.
  EXPECT_TRUE(engine.Collect(5));
  engine.Pin(revision);
  while (engine.Collect(100)) {
  }
  EXPECT_FALSE(engine.Find("busy", revision - 1, found));
  EXPECT_TRUE(engine.Find("busy", revision, found));
}

TEST_F(MemoryEngineTest, WhatIsPinnedStaysThoughItIsCompacted) {
  Put("a");
  Put("b");
  engine.Pin(revision);
  const Revision pinned = revision;
  Put("a");
  Delete("b");
  engine.Compact(revision);
  while (engine.Collect(100)) {
  }
  VersionView found;
  EXPECT_TRUE(engine.Find("b", pinned, found));
  EXPECT_TRUE(engine.Find("a", pinned, found));
  EXPECT_EQ(found.version, 1);
  engine.Unpin(pinned);
  while (engine.Collect(100)) {
  }
  EXPECT_FALSE(engine.Find("a", pinned, found));
  EXPECT_EQ(engine.key_count(), 1);
}

}  // namespace
}  // namespace lockstep::kvsm
